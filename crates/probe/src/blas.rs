//! BLAS files on this machine: found by directory, proved by what the linked
//! program says of itself.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use cfgmatrix_core::{
    Arch, Blas, BlasPlace, BlasSeen, Dialect, Interface, Linkage, Os, Proof, Target, Threading,
    Version,
};

use crate::identify::{CompilerCommand, IdentifyError};
use crate::trial::{Built, Outcome, Runner, Trial, compile, rpath};
use crate::wildcard;

/// A library's file, and what linking it takes.
#[derive(Clone, Debug)]
pub struct BlasFile {
    /// The archive or shared library.
    pub file: PathBuf,
    /// The directory in which the running program must find it.
    pub directory: PathBuf,
    /// All directories of its place that are there, that one first.
    pub directories: Vec<PathBuf>,
    /// Directories with its headers.
    pub include: Vec<PathBuf>,
    /// Kind of file.
    pub linkage: Linkage,
    /// What the archive needs after it.
    pub needs: Vec<String>,
    /// Tokens that link it in place of the file itself, where it consists of several.
    pub libs: Vec<String>,
}

/// What is looked for.
pub struct BlasSearch<'a> {
    /// The library.
    pub library: &'a Blas,
    /// Its threading.
    pub threading: Threading,
    /// Its integers.
    pub interface: Interface,
    /// System built for.
    pub target: Target,
    /// Compiler family that links it.
    pub family: &'a str,
    /// Where the directories are.
    pub directories: BlasDirectories<'a>,
}

/// Where a library's directories are.
pub struct BlasDirectories<'a> {
    /// System built for.
    pub target: Target,
    /// Directories that the user names for the library, the first one first.
    pub roots: Vec<PathBuf>,
    /// The value of an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
}

impl BlasSearch<'_> {
    /// The files that there are of one kind, in the order of preference, and
    /// the directories that were looked into.
    #[must_use]
    pub fn files(&self, linkage: Linkage) -> (Vec<BlasFile>, Vec<PathBuf>) {
        let mut found = Vec::new();
        let mut searched = Vec::new();
        let here = |place: &&BlasPlace| {
            place.holds(self.threading, self.interface, self.target)
                && place.suits(self.family)
                // Calls are made by their plain names.
                && place.symbol_prefix.is_empty()
                && place.symbol_suffix.is_empty()
        };
        // Where the user names a directory, nothing else is taken silently.
        let named = |place: &&BlasPlace| self.directories.roots.is_empty() || mentions_root(place);
        for place in self.library.places.iter().filter(here).filter(named) {
            let (files, directories) = self.directories.files(place, linkage);
            found.extend(files);
            searched.extend(directories);
        }
        (found, searched)
    }
}

impl BlasDirectories<'_> {
    /// The files of a place, and the directories that were looked into.
    #[must_use]
    pub fn files(&self, place: &BlasPlace, linkage: Linkage) -> (Vec<BlasFile>, Vec<PathBuf>) {
        let include: Vec<PathBuf> = self
            .expand(&place.include)
            .filter(|path| path.is_dir())
            .collect();
        let searched: Vec<PathBuf> = self.expand(&place.library).collect();
        let files = searched
            .iter()
            .enumerate()
            .filter_map(|(number, directory)| {
                let file = file_of(place, directory, linkage)?;
                let shown = directory.to_string_lossy();
                let libs = place
                    .libs
                    .iter()
                    .map(|token| token.replace("{directory}", &shown));
                // What follows belongs to it (LAPACK beside BLAS), or is another choice.
                let beside = searched[number + 1..].iter().filter(|path| path.is_dir());
                Some(BlasFile {
                    file,
                    directory: directory.clone(),
                    directories: std::iter::once(directory).chain(beside).cloned().collect(),
                    include: include.clone(),
                    linkage,
                    needs: place.static_libs.clone(),
                    libs: libs.collect(),
                })
            });
        (files.collect(), searched)
    }

    fn expand(&self, templates: &[String]) -> impl Iterator<Item = PathBuf> {
        templates.iter().flat_map(|template| -> Vec<PathBuf> {
            match template
                .strip_prefix('{')
                .and_then(|rest| rest.split_once('}'))
            {
                Some(("root", rest)) => {
                    let rest = rest.trim_start_matches('/');
                    self.roots.iter().map(|root| root.join(rest)).collect()
                }
                // Where Python environments have their packages.
                Some(("python", rest)) => ["VIRTUAL_ENV", "CONDA_PREFIX"]
                    .iter()
                    .flat_map(|name| {
                        let template = format!("{{{name}}}/lib/python*/site-packages{rest}");
                        self.expand(&[template]).collect::<Vec<_>>()
                    })
                    .collect(),
                Some((name, rest)) => {
                    let start = (self.variable)(name).filter(|value| !value.is_empty());
                    let path =
                        start.map(|start| Path::new(&start).join(rest.trim_start_matches('/')));
                    path.iter()
                        .flat_map(|path| wildcard::expand(path))
                        .collect()
                }
                _ if template.contains("{multiarch}") => {
                    let triplet = multiarch(self.target);
                    triplet
                        .map(|triplet| template.replace("{multiarch}", triplet).into())
                        .into_iter()
                        .collect()
                }
                _ => vec![template.into()],
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
pub(crate) fn multiarch(target: Target) -> Option<&'static str> {
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

/// The program that says what a linked BLAS is.
const PROGRAM: &str = include_str!("programs/blas.c");

/// A program for systems on which a process cannot ask where a function came
/// from: it only multiplies.
const MULTIPLICATION: &str = r#"
#include <stdio.h>
#ifdef ILP64
typedef long long integer;
#else
typedef int integer;
#endif
extern void dgemm_(const char *, const char *, const integer *, const integer *, const integer *,
                   const double *, const double *, const integer *, const double *, const integer *,
                   const double *, double *, const integer *);
int main(void) {
    const integer one = 1;
    const double a = 2, b = 3, factor = 1;
    double c = 11;
    dgemm_("N", "N", &one, &one, &one, &factor, &a, &one, &b, &one, &factor, &c, &one);
    printf("dgemm_ok %d\n", c == 17);
    return 0;
}
"#;

/// A BLAS to be linked and run.
#[derive(Clone, Debug)]
pub struct BlasTrial<'a> {
    /// The library.
    pub library: &'a Blas,
    /// The file that must be found at work; none where it is in a system's cache only.
    pub file: &'a Path,
    /// Kind of file.
    pub linkage: Linkage,
    /// Believed width of its integers.
    pub interface: Interface,
    /// Decoration of its symbols.
    pub prefix: &'a str,
    /// Likewise.
    pub suffix: &'a str,
    /// What links it, after the objects.
    pub libs: Vec<OsString>,
    /// System built for.
    pub target: Target,
    /// How what is built can run.
    pub runner: Runner,
    /// Numbers of threads to ask for, one run each.
    pub threads: &'a [u32],
    /// The program, where it was compiled before by [`BlasTrial::compile`].
    pub object: Option<&'a Path>,
    /// Symbols whose presence is asked beside the library's own queries, undecorated.
    pub has: &'a [&'a str],
}

/// What a trial said of a BLAS file.
#[derive(Clone, Debug)]
pub struct BlasProof {
    /// Whether it works as what it is taken for.
    pub proof: Proof,
    /// What the program saw.
    pub seen: BlasSeen,
    /// The version that it says it has.
    pub version: Option<Version>,
    /// Files that the linker read.
    pub linked: Vec<PathBuf>,
    /// Those symbols of [`BlasTrial::has`] that are there.
    pub has: Vec<String>,
    /// Whether another library answered, so that what was seen is not of this one.
    pub is_another: bool,
}

impl BlasTrial<'_> {
    /// Links a program with the library, runs it, and asks the library what it is.
    ///
    /// # Errors
    /// The compiler or the program cannot be started, or does not end.
    pub fn prove(&self, compiler: &CompilerCommand) -> Result<BlasProof, IdentifyError> {
        let posix = self.is_posix();
        let mut flags = self.definitions();
        if posix {
            // The library must see the program's counting pthread_create.
            flags.push("-rdynamic".into());
        }
        let mut libs: Vec<OsString> = Vec::new();
        if self.linkage == Linkage::Static && posix {
            // An archive gives only what is asked for.
            let symbols = self
                .library
                .queries
                .iter()
                .map(|query| query.symbol.as_str());
            let symbols = symbols.chain(self.has.iter().copied());
            libs.extend(symbols.map(|symbol| format!("-Wl,-u,{symbol}").into()));
        }
        libs.extend(self.libs.iter().cloned());
        if self.target.os == Os::Linux {
            libs.extend(["-ldl", "-lpthread", "-lm"].map(OsString::from));
        }
        let trial = Trial {
            source: self.program().1,
            file: self.program().0,
            object: self.object,
            flags,
            libs,
            runner: self.runner.clone(),
            dialect: Dialect::Unix,
        };
        match trial.build(compiler)? {
            Err(unbuilt) => Ok(BlasProof {
                proof: Proof {
                    works: Some(false),
                    evidence: format!("does not link: {}", unbuilt.first_error),
                    command: unbuilt.command,
                    status: unbuilt.status,
                    error: Some(unbuilt.first_error),
                    ..Proof::default()
                },
                seen: BlasSeen::default(),
                version: None,
                linked: Vec::new(),
                has: Vec::new(),
                is_another: false,
            }),
            Ok(built) => self.ask(&built),
        }
    }

    fn is_posix(&self) -> bool {
        self.target.os != Os::Windows
    }

    fn program(&self) -> (&'static str, &'static str) {
        (
            "blas.c",
            if self.is_posix() {
                PROGRAM
            } else {
                MULTIPLICATION
            },
        )
    }

    fn definitions(&self) -> Vec<OsString> {
        let mut definitions: Vec<OsString> = Vec::new();
        if self.interface == Interface::Ilp64 {
            definitions.push("-DILP64".into());
        }
        for (name, decoration) in [("PREFIX", self.prefix), ("SUFFIX", self.suffix)] {
            if !decoration.is_empty() {
                definitions.push(format!("-D{name}={decoration}").into());
            }
        }
        definitions
    }

    /// Compiles the program into a directory, for trials that differ in nothing
    /// but what is linked.
    ///
    /// # Errors
    /// The compiler cannot be started, or does not end.
    pub fn compile(
        &self,
        compiler: &CompilerCommand,
        directory: &Path,
    ) -> Result<Option<PathBuf>, IdentifyError> {
        compile(compiler, &self.definitions(), self.program(), directory)
    }

    fn ask(&self, built: &Built) -> Result<BlasProof, IdentifyError> {
        let mut result = BlasProof {
            proof: Proof {
                command: built.command.clone(),
                status: Some(0),
                ..Proof::default()
            },
            seen: BlasSeen::default(),
            version: None,
            linked: built.linked.clone(),
            has: Vec::new(),
            is_another: false,
        };
        let queries = self.library.queries.iter();
        let queries: Vec<String> = queries
            .map(|query| format!("{}:{}", query.call.as_str(), query.symbol))
            .chain(self.has.iter().map(|symbol| format!("has:{symbol}")))
            .collect();
        for &threads in self.threads {
            let environment = thread_count(threads);
            let ran = built.run(&queries, &environment)?;
            let said = match ran.outcome {
                Outcome::Ran { stdout } => Said::parse(&stdout),
                Outcome::NotRun => {
                    "built, not run: it is for another system"
                        .clone_into(&mut result.proof.evidence);
                    return Ok(result);
                }
                Outcome::Failed { said } | Outcome::NotBuilt { first_error: said } => {
                    // A program that is stopped has not come to say what it saw.
                    let said = if said.starts_with("dgemm_ok") {
                        "it was stopped".to_owned()
                    } else {
                        said
                    };
                    result.proof.works = Some(false);
                    result.proof.evidence = format!("linked, and does not run: {said}");
                    result.proof.error = Some(said);
                    result.proof.status = ran.status;
                    return Ok(result);
                }
            };
            result.version = self.library.told_version(&said.queries);
            let has = self
                .has
                .iter()
                .filter(|symbol| said.queries.contains_key(**symbol));
            result.has = has.map(|&symbol| symbol.to_owned()).collect();
            let seen = &mut result.seen;
            if let Some(created) = said.number("threads_created") {
                seen.threads.insert(threads, created);
            }
            seen.dgemm_from = said.text("dgemm_from");
            seen.interface = match said.values.get("interface").map(String::as_str) {
                Some("lp64") => Some(Interface::Lp64),
                Some("ilp64") => Some(Interface::Ilp64),
                _ => None,
            };
            seen.complex = said.text("complex");
            seen.threading = self.library.told_threading(&said.queries, &said.mapped);
            let program = said.text("program");
            if seen.dgemm_from.is_some() && seen.dgemm_from == program {
                seen.dgemm_from = Some("the program itself".to_owned());
            }
            seen.mapped = said.mapped;
            if said.values.get("dgemm_ok").map(String::as_str) != Some("1") {
                result.proof.works = Some(false);
                "dgemm gives a wrong product".clone_into(&mut result.proof.evidence);
                return Ok(result);
            }
        }
        self.judge(&mut result);
        Ok(result)
    }

    /// Whether what ran is what was meant.
    fn judge(&self, result: &mut BlasProof) {
        let seen = &result.seen;
        let other = seen.dgemm_from.as_ref().filter(|from| !self.is_from(from));
        let wrong = if let Some(from) = other {
            result.is_another = true;
            result.proof.hint = Some(
                "look for what puts another library before it, such as LD_LIBRARY_PATH or LD_PRELOAD".to_owned(),
            );
            let file = self.file.display();
            Some(format!("dgemm came from {from}, not from {file}"))
        } else if let Some(interface) = seen.interface
            && interface != self.interface
        {
            let (is, believed) = (interface.as_str(), self.interface.as_str());
            Some(format!("its integers are {is}, not {believed}"))
        } else {
            None
        };
        result.proof.works = Some(wrong.is_none());
        result.proof.evidence = wrong.unwrap_or_else(|| {
            let mut said = vec![match &seen.dgemm_from {
                Some(from) => format!("dgemm came from {from}"),
                None => "dgemm gives the right product".to_owned(),
            }];
            said.extend(
                seen.threading
                    .map(|threading| format!("it says that it is {}", threading.as_str())),
            );
            said.extend(
                seen.interface
                    .map(|interface| interface.as_str().to_owned()),
            );
            let counts = seen.threads.iter();
            let counts: Vec<String> = counts
                .map(|(asked, started)| format!("{started} of {asked}"))
                .collect();
            if !counts.is_empty() {
                said.push(format!(
                    "threads started for those asked: {}",
                    counts.join(", ")
                ));
            }
            said.join("; ")
        });
    }

    fn is_from(&self, from: &str) -> bool {
        if self.linkage == Linkage::Static {
            return from == "the program itself";
        }
        let real = |path: &Path| dunce::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let (from, file) = (real(Path::new(from)), real(self.file));
        // A library of several files lies in one directory.
        // Its LAPACK lies beside it, or the library consists of several files.
        from == file || from.parent() == file.parent()
    }
}

/// The variables that ask a library for a number of threads.
fn thread_count(threads: u32) -> Vec<(OsString, OsString)> {
    const VARIABLES: [&str; 4] = [
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "MKL_NUM_THREADS",
    ];
    let value = OsString::from(threads.to_string());
    VARIABLES.map(|name| (name.into(), value.clone())).into()
}

/// The answers of the program, `key value` a line.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) values: BTreeMap<String, String>,
    pub(crate) queries: BTreeMap<String, String>,
    pub(crate) mapped: Vec<String>,
}

impl Said {
    pub(crate) fn parse(text: &str) -> Self {
        let mut said = Self::default();
        for line in text.lines() {
            let (key, value) = line.split_once(' ').unwrap_or((line, ""));
            match key {
                "mapped" => said.mapped.push(value.to_owned()),
                "query" => {
                    let (symbol, answer) = value.split_once(' ').unwrap_or((value, ""));
                    said.queries.insert(symbol.to_owned(), answer.to_owned());
                }
                _ => {
                    said.values.insert(key.to_owned(), value.to_owned());
                }
            }
        }
        // The loader's order is another one each time.
        said.mapped.sort();
        said
    }

    fn number(&self, key: &str) -> Option<u32> {
        self.values.get(key)?.parse().ok()
    }

    pub(crate) fn text(&self, key: &str) -> Option<String> {
        self.values
            .get(key)
            .filter(|value| !value.is_empty())
            .cloned()
    }
}

/// What links a file: itself, what an archive needs after it, and where the
/// running program finds it.
#[must_use]
pub fn link_of(file: &BlasFile) -> Vec<OsString> {
    if !file.libs.is_empty() {
        let mut libs: Vec<OsString> = file.libs.iter().map(OsString::from).collect();
        libs.push(rpath(&file.directory));
        return libs;
    }
    let mut libs: Vec<OsString> = vec![file.file.clone().into()];
    if file.linkage == Linkage::Static {
        libs.extend(file.needs.iter().map(OsString::from));
    } else {
        libs.push(rpath(&file.directory));
    }
    libs
}
