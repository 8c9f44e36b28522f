//! MPI implementations: their wrappers, how those are asked, and the launcher
//! that belongs to them.

use serde::Deserialize;

use super::knowledge::KnowledgeBase;
use super::layer::{check_format, invalid, invalid_key};
use super::search::{PrintedMark, SearchPlace};
use crate::document::{Document, UniqueMap, objects};
use crate::error::Error;
use crate::name::{Language, UnknownWord};

/// How a wrapper shows what it starts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Show {
    /// Arguments that print the compiler.
    #[serde(default)]
    pub command: Vec<String>,
    /// Arguments that print what is added for compiling.
    #[serde(default)]
    pub compile: Vec<String>,
    /// Arguments that print what is added for linking.
    #[serde(default)]
    pub link: Vec<String>,
    /// Arguments that print the whole command line, the compiler first.
    #[serde(default)]
    pub all: Vec<String>,
    /// What says so.
    pub source: String,
    #[serde(default, rename = "note")]
    _note: Option<String>,
}

/// A program that starts the ranks.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MpiLauncher {
    /// Names of its executable, the usual one first.
    pub executables: Vec<String>,
    /// Arguments before the number of ranks.
    pub ranks: Vec<String>,
    /// Arguments that allow more ranks than processors.
    #[serde(default)]
    pub oversubscribe: Vec<String>,
    /// Environment without which it refuses to start as root.
    #[serde(default)]
    pub env: UniqueMap<String, String>,
    /// What it prints of itself.
    #[serde(default)]
    pub identify: Option<PrintedMark>,
    /// What says so.
    pub source: String,
    #[serde(default, rename = "note")]
    _note: Option<String>,
}

/// An MPI implementation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mpi {
    format_version: u32,
    /// Identifier, such as `openmpi`.
    pub id: String,
    /// Its maker's name for it.
    pub name: String,
    /// Other words that mean it.
    pub aliases: Vec<String>,
    /// Implementations whose marks this one shows too, so that it wins over them.
    #[serde(default)]
    pub masks: Vec<String>,
    /// Its binary interface: `openmpi`, `mpich` or `other`. Programs and BLACS of
    /// one run with all implementations of it.
    pub abi: String,
    /// Wrappers by language, the usual name first.
    pub wrappers: UniqueMap<Language, Vec<String>>,
    /// How a wrapper tells what it is.
    #[serde(deserialize_with = "objects")]
    pub identify: Vec<PrintedMark>,
    /// How a wrapper shows what it starts; the first that works is taken.
    #[serde(deserialize_with = "objects")]
    pub show: Vec<Show>,
    /// Variables that bind a wrapper to another compiler, the strongest first.
    #[serde(default)]
    pub compiler_variables: UniqueMap<Language, Vec<String>>,
    /// Programs that start the ranks.
    #[serde(deserialize_with = "objects")]
    pub launchers: Vec<MpiLauncher>,
    /// What `MPI_Get_library_version` says.
    #[serde(default)]
    pub library_version: Option<String>,
    /// Directories of wrappers beside those of `PATH`.
    #[serde(default)]
    pub places: Vec<SearchPlace>,
    /// Package names by package manager.
    #[serde(default)]
    pub install: UniqueMap<String, String>,
    /// What is worth knowing of it as a whole.
    #[serde(default)]
    pub note: Option<String>,
}

impl Mpi {
    pub(super) fn parse(document: &Document) -> Result<Self, Error> {
        let mpi: Self = document.json()?;
        check_format(document, mpi.format_version)?;
        Ok(mpi)
    }

    /// The variable that binds its wrapper of a language to a compiler.
    #[must_use]
    pub fn compiler_variable(&self, language: Language) -> Option<&str> {
        let names = self.compiler_variables.get(&language)?;
        names.first().map(String::as_str)
    }

    /// The usual name of its wrapper of a language.
    #[must_use]
    pub fn wrapper(&self, language: Language) -> Option<&str> {
        self.wrappers.get(&language)?.first().map(String::as_str)
    }

    pub(super) fn check(&self, document: &Document, base: &KnowledgeBase) -> Result<(), Error> {
        if !["openmpi", "mpich", "other"].contains(&self.abi.as_str()) {
            let message = format!(
                "unknown abi `{}`, expected one of `openmpi`, `mpich`, `other`",
                self.abi
            );
            return Err(invalid_key(document, "abi", message));
        }
        if let Some(name) = self
            .masks
            .iter()
            .find(|name| !base.mpi_ids().any(|known| known == name.as_str()))
        {
            let word = UnknownWord::new("MPI implementation", name, base.mpi_ids());
            return Err(super::layer::unknown(&word, document.place_of_key("masks")));
        }
        for (number, mark) in self.identify.iter().enumerate() {
            mark.check()
                .map_err(|message| invalid(document, "identify", number, message))?;
        }
        for (number, launcher) in self.launchers.iter().enumerate() {
            if launcher.executables.is_empty() {
                let message = "a launcher needs `executables`".to_owned();
                return Err(invalid(document, "launchers", number, message));
            }
            if let Some(mark) = &launcher.identify {
                mark.check()
                    .map_err(|message| invalid(document, "launchers", number, message))?;
            }
        }
        Ok(())
    }
}
