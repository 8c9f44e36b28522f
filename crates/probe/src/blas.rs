//! BLAS files on this machine: found by directory, proved by what the linked
//! program says of itself.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use cfgmatrix_core::{Arch, Blas, BlasPlace, Interface, Linkage, Os, Target, Threading};

use crate::identify::{CompilerCommand, IdentifyError};
use crate::trial::{Outcome, Trial, rpath};

/// A library's file, and what linking it takes.
#[derive(Clone, Debug)]
pub struct BlasFile {
    /// The archive or shared library.
    pub file: PathBuf,
    /// The directory in which the running program must find it.
    pub directory: PathBuf,
    /// Directories with its headers.
    pub include: Vec<PathBuf>,
    /// Kind of file.
    pub linkage: Linkage,
    /// What the archive needs after it.
    pub needs: Vec<String>,
}

/// What is looked for.
#[derive(Clone, Debug)]
pub struct BlasSearch<'a> {
    /// The library.
    pub library: &'a Blas,
    /// Its threading.
    pub threading: Threading,
    /// Its integers.
    pub interface: Interface,
    /// System built for.
    pub target: Target,
    /// Directories that the user names for it, the first one first.
    pub roots: Vec<PathBuf>,
}

impl BlasSearch<'_> {
    /// The files that there are of one kind, in the order of preference, and
    /// the directories that were looked into.
    #[must_use]
    pub fn files(&self, linkage: Linkage) -> (Vec<BlasFile>, Vec<PathBuf>) {
        let mut found = Vec::new();
        let mut searched = Vec::new();
        let here = |place: &&BlasPlace| place.holds(self.threading, self.interface, self.target);
        // Where the user names a directory, nothing else is taken silently.
        let named = |place: &&BlasPlace| self.roots.is_empty() || mentions_root(place);
        for place in self.library.places.iter().filter(here).filter(named) {
            let include: Vec<PathBuf> = self
                .expand(&place.include)
                .filter(|path| path.is_dir())
                .collect();
            for directory in self.expand(&place.library) {
                if let Some(file) = file_of(place, &directory, linkage) {
                    found.push(BlasFile {
                        file,
                        directory: directory.clone(),
                        include: include.clone(),
                        linkage,
                        needs: place.static_libs.clone(),
                    });
                }
                searched.push(directory);
            }
        }
        (found, searched)
    }

    fn expand(&self, templates: &[String]) -> impl Iterator<Item = PathBuf> {
        templates.iter().flat_map(|template| -> Vec<PathBuf> {
            match template.strip_prefix("{root}") {
                Some(rest) => {
                    let rest = rest.trim_start_matches('/');
                    self.roots.iter().map(|root| root.join(rest)).collect()
                }
                None if template.contains("{multiarch}") => {
                    let triplet = multiarch(self.target);
                    triplet
                        .map(|triplet| template.replace("{multiarch}", triplet).into())
                        .into_iter()
                        .collect()
                }
                None => vec![template.into()],
            }
        })
    }
}

fn mentions_root(place: &BlasPlace) -> bool {
    place
        .library
        .iter()
        .any(|template| template.contains("{root}"))
}

fn file_of(place: &BlasPlace, directory: &Path, linkage: Linkage) -> Option<PathBuf> {
    let name = match linkage {
        Linkage::Static => place.archive.as_deref()?,
        _ => place.file.as_deref()?,
    };
    let file = directory.join(name);
    file.is_file().then_some(file)
}

/// Debian's directory name for a system.
fn multiarch(target: Target) -> Option<&'static str> {
    if target.os != Os::Linux {
        return None;
    }
    Some(match target.arch {
        Arch::X86 => "i386-linux-gnu",
        Arch::X86_64 => "x86_64-linux-gnu",
        Arch::Arm => "arm-linux-gnueabihf",
        Arch::Aarch64 => "aarch64-linux-gnu",
        Arch::Ppc64 => "powerpc64-linux-gnu",
        Arch::Ppc64le => "powerpc64le-linux-gnu",
        Arch::Riscv64 => "riscv64-linux-gnu",
        Arch::S390x => "s390x-linux-gnu",
        _ => return None,
    })
}

/// What a trial said of a BLAS file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlasProof {
    /// It multiplies matrices; the threading that it says it has, if it can be asked.
    Works {
        /// Its own word.
        threading: Option<Threading>,
        /// Files that the linker read.
        linked: Vec<PathBuf>,
    },
    /// It does not, and this is what was said.
    Broken {
        /// What was said.
        said: String,
    },
}

/// Links a program with the file, runs it, and asks the library what it is.
///
/// # Errors
/// The compiler cannot be started, or does not end.
pub fn prove_blas(
    compiler: &CompilerCommand,
    search: &BlasSearch<'_>,
    file: &BlasFile,
    runs_here: bool,
) -> Result<BlasProof, IdentifyError> {
    let query = search.library.query.as_ref();
    let integer = if search.interface == Interface::Ilp64 {
        "long long"
    } else {
        "int"
    };
    let ask = query.map_or_else(String::new, |query| query.symbol.clone());
    let source = SOURCE
        .replace("INTEGER", integer)
        .replace(
            "DECLARE",
            &query.map_or_else(String::new, |_| format!("extern int {ask}(void);")),
        )
        .replace(
            "ASK",
            &if ask.is_empty() {
                "-1".to_owned()
            } else {
                format!("{ask}()")
            },
        );
    let mut libs: Vec<OsString> = vec![file.file.clone().into()];
    if file.linkage == Linkage::Static {
        libs.extend(file.needs.iter().map(OsString::from));
    } else {
        libs.push(rpath(&file.directory));
    }
    let trial = Trial {
        source: &source,
        file: "blas.c",
        flags: Vec::new(),
        libs,
        runs_here,
    };
    Ok(match trial.attempt(compiler)? {
        Outcome::NotBuilt { first_error } => BlasProof::Broken { said: first_error },
        Outcome::Failed { said, .. } => BlasProof::Broken { said },
        Outcome::NotRun { linked } => BlasProof::Works {
            threading: None,
            linked,
        },
        Outcome::Ran { stdout, linked } => match stdout.trim().strip_prefix("17 ") {
            Some(answer) => BlasProof::Works {
                threading: query.and_then(|query| query.values.get(answer).copied()),
                linked,
            },
            None => BlasProof::Broken {
                said: format!("2x3 + 11 is 17, and its dgemm gave {}", stdout.trim()),
            },
        },
    })
}

const SOURCE: &str = r#"
#include <stdio.h>
extern void dgemm_(const char *, const char *, const INTEGER *, const INTEGER *, const INTEGER *,
                   const double *, const double *, const INTEGER *, const double *, const INTEGER *,
                   const double *, double *, const INTEGER *);
DECLARE
int main(void) {
    const INTEGER one = 1;
    const double a = 2, b = 3, factor = 1;
    double c = 11;
    dgemm_("N", "N", &one, &one, &one, &factor, &a, &one, &b, &one, &factor, &c, &one);
    printf("%g %d\n", c, ASK);
    return 0;
}
"#;
