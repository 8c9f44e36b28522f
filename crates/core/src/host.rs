//! The host report: what was found on a machine, with the evidence. Written by
//! `probe` there, read here or elsewhere; what it says of a machine is all that
//! binding a matrix to it needs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::error::Error;
use crate::name::{Language, Target};
use crate::toolchain::{Interface, Linkage, Provides, Threading, families_have};
use crate::version::Version;

/// Everything that was found on a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostReport {
    /// Of the document.
    pub format_version: u32,
    /// The machine.
    pub host: Host,
    /// Compilers, in order of family and version.
    pub toolchains: Vec<HostToolchain>,
    /// BLAS libraries.
    #[serde(default)]
    pub blas: Vec<HostBlas>,
    /// MPI implementations.
    #[serde(default)]
    pub mpi: Vec<HostMpi>,
    /// ScaLAPACK with an MPI and a BLAS.
    #[serde(default)]
    pub scalapack: Vec<HostScalapack>,
    /// What was met and is in none of the lists, and why.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// A machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Its system.
    #[serde(flatten)]
    pub target: Target,
    /// Processors that programs may use.
    pub processors: usize,
}

/// Whether something works, and how that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Whether it works; null where that cannot be told here.
    pub works: Option<bool>,
    /// What was seen, or what speaks against it, in one line.
    pub evidence: String,
    /// The command that decided, as a list of arguments; empty where none was run.
    #[serde(default)]
    pub command: Vec<String>,
    /// Its exit status; null where a signal ended it.
    #[serde(default)]
    pub status: Option<i32>,
    /// The first line that it said of an error.
    #[serde(default)]
    pub error: Option<String>,
    /// What to do about it.
    #[serde(default)]
    pub hint: Option<String>,
    /// Packages by package manager that would mend it.
    #[serde(default)]
    pub install: BTreeMap<String, String>,
}

impl Proof {
    /// Whether it was seen to work.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.works == Some(true)
    }
}

/// One family at one version for one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostToolchain {
    /// Family id.
    pub family: String,
    /// Its own version.
    pub version: Option<Version>,
    /// The family it is built from.
    pub base: Option<HostBase>,
    /// Target as the compiler writes it.
    pub target: Option<String>,
    /// The system of that target, where it is one that is known.
    pub system: Option<Target>,
    /// The product, where several are sold under one family.
    #[serde(default)]
    pub product: Option<String>,
    /// The rule that decided what it is.
    pub decided_by: String,
    /// Default C library, such as `glibc 2.36`.
    #[serde(default)]
    pub c_library: Option<String>,
    /// Default C++ library, such as `libstdc++ 20230508`.
    #[serde(default)]
    pub cxx_library: Option<String>,
    /// Drivers by language.
    pub drivers: BTreeMap<Language, HostDriver>,
    /// Features that were tried.
    pub features: Vec<HostFeature>,
}

/// The family that a compiler is built from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostBase {
    /// Family id.
    pub family: String,
    /// Version.
    pub version: Option<Version>,
}

/// A compiler driver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostDriver {
    /// The path that it is started by.
    pub path: String,
    /// Arguments that are part of its name (`zig cc`).
    #[serde(default)]
    pub arguments: Vec<String>,
    /// The file behind all links.
    pub realpath: String,
    /// SHA-256 of that file.
    pub sha256: String,
    /// Other paths of the same file.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Programs that start it (ccache) or stand for it (Cray's `cc`).
    #[serde(default)]
    pub wrappers: Vec<HostWrapper>,
    /// Environment that it needs.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

/// A program that stands before a compiler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostWrapper {
    /// What it is, such as `ccache`.
    pub kind: String,
    /// The command, as a list of arguments.
    pub command: Vec<String>,
    /// Its version.
    #[serde(default)]
    pub version: Option<Version>,
}

/// What was seen of a feature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostFeature {
    /// Feature id.
    pub feature: String,
    /// Language.
    pub language: Language,
    /// Whether it works.
    #[serde(flatten)]
    pub proof: Proof,
    /// What the program said, such as a version.
    #[serde(default)]
    pub value: Option<String>,
    /// Separately installed parts that were there, such as `libomp`.
    #[serde(default)]
    pub parts: Vec<String>,
    /// Tokens for compiling that were tried.
    #[serde(default)]
    pub compile: Vec<String>,
    /// Tokens for linking that were tried.
    #[serde(default)]
    pub link: Vec<String>,
    /// Directory in which the program finds the run-time library, where the
    /// loader does not look there by itself.
    #[serde(default)]
    pub rpath: Option<String>,
    /// The run-time library's file, as the linker found it.
    #[serde(default)]
    pub runtime: Option<String>,
}

/// A file of a BLAS library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostBlas {
    /// Library id.
    pub library: String,
    /// Its version.
    pub version: Option<Version>,
    /// How its calls run: what it says, else what its place says.
    pub threading: Threading,
    /// Width of its integers, as a call showed it.
    pub interface: Interface,
    /// Kind of file.
    pub linkage: Linkage,
    /// System it is for.
    pub system: Target,
    /// The file that is linked.
    pub file: String,
    /// The file behind all links.
    pub realpath: String,
    /// SHA-256 of that file.
    pub sha256: String,
    /// Families whose compilers its tokens are for; none stands for all.
    #[serde(default)]
    pub families: Vec<String>,
    /// OpenMP run-time library that its threads are of.
    #[serde(default)]
    pub runtime: Option<String>,
    /// What it brings.
    #[serde(default)]
    pub provides: Vec<Provides>,
    /// Decoration of its symbols.
    #[serde(default)]
    pub symbol_prefix: String,
    /// Likewise.
    #[serde(default)]
    pub symbol_suffix: String,
    /// Tokens for compiling, with the headers' directories.
    #[serde(default)]
    pub compile: Vec<String>,
    /// Directories that the linker looks in, and that a program must look in
    /// when it starts; none for an archive.
    pub directories: Vec<String>,
    /// Tokens for linking, after the objects and without directories.
    pub libs: Vec<String>,
    /// What is linked in place of `libs` beside LAPACKE or ScaLAPACK.
    #[serde(default)]
    pub lapack_libs: Vec<String>,
    /// What is linked before `lapack_libs` for LAPACKE, where the library does
    /// not bring it itself.
    #[serde(default)]
    pub lapacke_libs: Vec<String>,
    /// Whether it works.
    #[serde(flatten)]
    pub proof: Proof,
    /// What the program saw.
    #[serde(default)]
    pub seen: Option<BlasSeen>,
}

/// What a program that calls a BLAS saw of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlasSeen {
    /// The file that `dgemm` came from; the program itself where it was linked in.
    pub dgemm_from: Option<String>,
    /// The threading that the library says it has.
    pub threading: Option<Threading>,
    /// Integers, by an argument that tells the widths apart.
    pub interface: Option<Interface>,
    /// Threads that were started, by the number that was asked for.
    pub threads: BTreeMap<u32, u32>,
    /// How complex functions return: `returned` as in C, `hidden` through an
    /// argument before the others.
    pub complex: Option<String>,
    /// Numerical and threading libraries that were loaded with it.
    pub mapped: Vec<String>,
}

/// An MPI implementation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostMpi {
    /// Implementation id.
    pub implementation: String,
    /// Its version.
    pub version: Option<Version>,
    /// Binary interface: `openmpi`, `mpich` or `other`.
    pub abi: String,
    /// System it is for.
    pub system: Target,
    /// Wrappers by language.
    pub wrappers: BTreeMap<Language, HostMpiWrapper>,
    /// The launcher that belongs to it.
    pub launcher: Option<HostMpiLauncher>,
    /// Whether two ranks ran together.
    #[serde(flatten)]
    pub proof: Proof,
}

/// An MPI compiler wrapper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostMpiWrapper {
    /// The path that it is started by.
    pub path: String,
    /// The file behind all links.
    pub realpath: String,
    /// SHA-256 of that file.
    pub sha256: String,
    /// Other paths of it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The compiler underneath, as the wrapper names it.
    pub compiler: Option<String>,
    /// What that compiler is: `gcc 12.2.0`.
    pub compiler_is: Option<String>,
    /// Tokens for compiling.
    pub compile: Vec<String>,
    /// Tokens for linking.
    pub link: Vec<String>,
    /// The variable that binds it to another compiler.
    pub compiler_variable: Option<String>,
}

/// A program that starts ranks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostMpiLauncher {
    /// The path that it is started by.
    pub path: String,
    /// The file behind all links.
    pub realpath: String,
    /// Arguments before the number of ranks.
    pub ranks: Vec<String>,
    /// Environment without which it refuses to start as root.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

/// ScaLAPACK with an MPI and a BLAS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostScalapack {
    /// The library's file.
    pub file: String,
    /// The file behind all links.
    pub realpath: String,
    /// SHA-256 of that file.
    pub sha256: String,
    /// MPI implementation.
    pub mpi: String,
    /// BLAS library below it.
    pub blas: String,
    /// How the calls of that BLAS run.
    pub threading: Threading,
    /// Width of integers.
    pub interface: Interface,
    /// Tokens for linking, before the objects.
    pub link: Vec<String>,
    /// Tokens for linking, after the objects.
    pub libs: Vec<String>,
    /// Whether it works.
    #[serde(flatten)]
    pub proof: Proof,
}

/// Packages by package manager as a message names them: `apt: gcc-12, brew: gcc@12`.
#[must_use]
pub fn packages_text(packages: &BTreeMap<String, String>) -> String {
    let named = packages.iter();
    let named: Vec<String> = named
        .map(|(manager, names)| format!("{manager}: {names}"))
        .collect();
    named.join(", ")
}

impl HostReport {
    /// The format that this version writes and reads.
    pub const FORMAT_VERSION: u32 = 1;

    /// Reads a report.
    ///
    /// # Errors
    /// It is none, or one of a newer format.
    pub fn parse(document: &Document) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Format {
            format_version: u32,
        }
        let format: Format = document.json()?;
        if format.format_version != Self::FORMAT_VERSION {
            return Err(Error::Invalid {
                message: format!(
                    "this host report is of format {}, and this version reads {}",
                    format.format_version,
                    Self::FORMAT_VERSION
                ),
                hint: Some(if format.format_version > Self::FORMAT_VERSION {
                    "a newer cfgmatrix wrote it: use that one here too, or probe that machine with this one".to_owned()
                } else {
                    "probe that machine again: `cfgmatrix probe --format json`".to_owned()
                }),
                place: document.place_of_key("format_version"),
            });
        }
        document.json()
    }
}

impl HostToolchain {
    /// Family and version, for messages; with the C library where it is not the
    /// one that its system is known by.
    #[must_use]
    pub fn title(&self) -> String {
        let mut title = match &self.version {
            Some(version) => format!("{} {version}", self.family),
            None => self.family.clone(),
        };
        if let Some(library) = self.other_c_library() {
            title.push_str(&format!(" ({library})"));
        }
        title
    }

    /// The C library, where it is not the one that its system is known by.
    #[must_use]
    pub fn other_c_library(&self) -> Option<&str> {
        let usual = ["glibc", "libSystem"];
        let library = self.c_library.as_deref();
        library.filter(|library| !usual.iter().any(|usual| library.starts_with(usual)))
    }

    /// What was seen of a feature in a language.
    #[must_use]
    pub fn feature(&self, feature: &str, language: Language) -> Option<&HostFeature> {
        self.features
            .iter()
            .find(|seen| seen.feature == feature && seen.language == language)
    }
}

impl HostDriver {
    /// The command as build tools take it: the path, and the arguments that are
    /// part of its name.
    #[must_use]
    pub fn command(&self) -> String {
        let words = std::iter::once(&self.path).chain(&self.arguments);
        words.map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    /// Whether it goes by a name or a path.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        let paths = [&self.path, &self.realpath]
            .into_iter()
            .chain(&self.aliases);
        let mut own = paths.flat_map(|path| {
            let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
            [
                path.as_str(),
                file,
                file.strip_suffix(".exe").unwrap_or(file),
            ]
        });
        own.any(|known| known == name) || self.command() == name
    }
}

impl HostBlas {
    /// Whether compilers of a family link it as it is recorded.
    #[must_use]
    pub fn suits(&self, family: &str) -> bool {
        families_have(&self.families, family)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_of_another_format_is_refused() {
        let document = Document::embedded("host.json", "{\n\"format_version\": 2}");
        let error = HostReport::parse(&document).unwrap_err();
        assert_eq!(
            error.to_string(),
            "host.json:2:19: this host report is of format 2, and this version reads 1"
        );
        assert!(error.hint().unwrap().contains("newer"));
    }
}
