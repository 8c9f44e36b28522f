//! Proving a feature: a program that shows it by itself, built with the flags
//! that are said to bring it, and run.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use cfgmatrix_core::{Dialect, Language, Os, Proof, Target, Toolchain, packages_text};

use crate::identify::{CompilerCommand, IdentifyError};
use crate::trial::{Outcome, Ran, Runner, Trial, library_file, rpath};

/// What a proof's file name says of how it must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expectation {
    /// It is built and ends well.
    Holds,
    /// It is not built.
    Fails,
    /// It is built, and something is said about it.
    Warns,
    /// It is built, ends badly, and says what its first line expects.
    Aborts,
}

impl Expectation {
    fn of(file: &str) -> Self {
        match file.rsplit('.').nth(1) {
            Some("fails") => Self::Fails,
            Some("warns") => Self::Warns,
            Some("aborts") => Self::Aborts,
            _ => Self::Holds,
        }
    }
}

/// A feature to be proved with one compiler.
#[derive(Clone, Debug)]
pub struct FeatureTrial<'a> {
    /// The programs that prove it, file name and source; where there is none,
    /// it is only tried whether the flags are taken.
    pub proofs: Vec<(&'a str, &'a str)>,
    /// Language.
    pub language: Language,
    /// Tokens for compiling.
    pub compile: Vec<String>,
    /// Tokens for linking.
    pub link: Vec<String>,
    /// Name of the run-time library that it needs, such as `libgomp`.
    pub runtime: Option<&'a str>,
    /// How what is built can run.
    pub runner: Runner,
    /// How the compiler's command line is shaped.
    pub dialect: Dialect,
    /// Whether the driver may be asked to show where it looks for libraries.
    pub verbose: bool,
}

/// What was found out about a feature.
#[derive(Clone, Debug)]
pub struct Proved {
    /// Whether it works.
    pub proof: Proof,
    /// What the program said.
    pub value: Option<String>,
    /// The run-time library's file, as the linker found it.
    pub runtime: Option<PathBuf>,
    /// The directory that the program needs to be told of to find it.
    pub rpath: Option<PathBuf>,
    /// Files that the linker read.
    pub linked: Vec<PathBuf>,
    /// Directories in which the linker looked, where it found too little.
    pub searched: Vec<PathBuf>,
}

impl Proved {
    fn new(works: Option<bool>, evidence: String) -> Self {
        Self {
            proof: Proof {
                works,
                evidence,
                ..Proof::default()
            },
            value: None,
            runtime: None,
            rpath: None,
            linked: Vec::new(),
            searched: Vec::new(),
        }
    }
}

/// What to install where OpenMP's run-time library is missing: packages by
/// package manager.
#[must_use]
pub fn openmp_packages(toolchain: &Toolchain<'_>) -> BTreeMap<String, String> {
    if toolchain.family.openmp_runtime.as_deref() != Some("libomp") {
        return BTreeMap::new();
    }
    let version = toolchain.version.as_ref();
    let apt = version
        .and_then(|version| version.parts().first())
        .map_or_else(
            || "libomp-dev".to_owned(),
            |major| format!("libomp-{major}-dev"),
        );
    let packages = [
        ("apt", apt),
        ("brew", "libomp".to_owned()),
        ("dnf", "libomp-devel".to_owned()),
    ];
    packages
        .into_iter()
        .map(|(manager, package)| (manager.to_owned(), package))
        .collect()
}

/// The same as a sentence.
#[must_use]
pub fn openmp_hint(toolchain: &Toolchain<'_>) -> Option<String> {
    let runtime = toolchain.family.openmp_runtime.as_deref()?;
    let packages = openmp_packages(toolchain);
    if packages.is_empty() {
        return Some(format!("install its run-time library {runtime}"));
    }
    let packages = packages_text(&packages);
    Some(format!("install its run-time library ({packages})"))
}

/// Where a separately installed libomp is: where the user says, or where
/// macOS's package managers put it.
pub fn libomp_root(named: impl IntoIterator<Item = PathBuf>, target: Target) -> Option<PathBuf> {
    let usual = [
        "/opt/homebrew/opt/libomp",
        "/usr/local/opt/libomp",
        "/opt/local/lib/libomp",
    ];
    let usual = usual
        .iter()
        .map(PathBuf::from)
        .filter(|_| target.os == Os::Macos);
    named
        .into_iter()
        .chain(usual)
        .find(|root| root.join("lib").is_dir())
}

/// Whether a proof's file is in a language.
#[must_use]
pub fn is_in(file: &str, language: Language) -> bool {
    let suffix = file.rsplit('.').next().unwrap_or_default();
    match language {
        Language::C => suffix == "c",
        Language::Cxx => suffix == "cpp",
        Language::Fortran => ["f", "F", "f90", "F90"].contains(&suffix),
        _ => false,
    }
}

/// A program that shows nothing but that it can be built and run.
fn plain(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::C => ("plain.c", "int main(void) { return 0; }\n"),
        Language::Cxx => ("plain.cpp", "int main() { return 0; }\n"),
        _ => ("plain.f90", "program plain\nend program plain\n"),
    }
}

impl FeatureTrial<'_> {
    /// Builds and runs what proves the feature; all of it must hold.
    ///
    /// # Errors
    /// The compiler or a program cannot be started, or does not end.
    pub fn prove(&self, compiler: &CompilerCommand) -> Result<Proved, IdentifyError> {
        if self.proofs.is_empty() {
            let (file, source) = plain(self.language);
            let mut proved = self.attempt(compiler, file, source, Expectation::Holds)?;
            if proved.proof.holds() {
                // Accepted is not proved.
                proved.proof.works = None;
                proved.proof.evidence =
                    "the flags are taken, and a program runs; nothing shows what they did"
                        .to_owned();
            }
            return Ok(proved);
        }
        let mut last = None;
        for (file, source) in &self.proofs {
            let expectation = Expectation::of(file);
            let mut proved = self.attempt(compiler, file, source, expectation)?;
            if proved.proof.holds() && !self.is_due_to_flags(compiler, file, source, expectation)? {
                proved.proof.works = None;
                proved.proof.evidence =
                    format!("{file} ends so without the flags too, and shows nothing");
            }
            if !proved.proof.holds() {
                return Ok(proved);
            }
            last = Some(proved);
        }
        Ok(last.expect("there is at least one proof"))
    }

    /// Whether what must be refused, or warned of, is neither without the flags.
    fn is_due_to_flags(
        &self,
        compiler: &CompilerCommand,
        file: &str,
        source: &str,
        expectation: Expectation,
    ) -> Result<bool, IdentifyError> {
        if !matches!(expectation, Expectation::Fails | Expectation::Warns) {
            return Ok(true);
        }
        let without = Self {
            proofs: Vec::new(),
            compile: Vec::new(),
            link: Vec::new(),
            ..self.clone()
        };
        Ok(!without
            .attempt(compiler, file, source, expectation)?
            .proof
            .holds())
    }

    fn attempt(
        &self,
        compiler: &CompilerCommand,
        file: &str,
        source: &str,
        expectation: Expectation,
    ) -> Result<Proved, IdentifyError> {
        let verbose = self.verbose && expectation != Expectation::Warns;
        let flags = verbose.then(|| "-v".to_owned());
        let mut flags: Vec<OsString> = flags.into_iter().map(OsString::from).collect();
        flags.extend(self.compile.iter().map(OsString::from));
        let mut libs: Vec<OsString> = Vec::new();
        // What stands among the tokens for compiling is there already.
        let given = !self.link.is_empty()
            && self
                .compile
                .windows(self.link.len())
                .any(|part| part == self.link);
        for token in self.link.iter().filter(|_| !given) {
            // Libraries come after the objects that need them.
            let after = token.starts_with("-l") || self.dialect == Dialect::Msvc;
            if after { &mut libs } else { &mut flags }.push(token.into());
        }
        let mut trial = Trial {
            source,
            file,
            object: None,
            flags,
            libs,
            runner: self.runner.clone(),
            dialect: self.dialect,
        };
        let built = match trial.build(compiler)? {
            Err(unbuilt) => {
                let expected = expectation == Expectation::Fails;
                let works = match tells_nothing(&unbuilt.first_error) {
                    Some(_) => None,
                    None => Some(expected),
                };
                let mut proved = Proved::new(works, unbuilt.first_error.clone());
                if expected {
                    proved.proof.evidence =
                        format!("refused, as it must be: {}", unbuilt.first_error);
                } else {
                    proved.proof.error = Some(unbuilt.first_error);
                }
                proved.proof.command = unbuilt.command;
                proved.proof.status = unbuilt.status;
                proved.searched = unbuilt.searched;
                return Ok(proved);
            }
            Ok(built) => built,
        };
        let settled = |works, evidence: String| {
            let mut proved = Proved::new(Some(works), evidence);
            proved.proof.command.clone_from(&built.command);
            proved.proof.status = Some(0);
            proved.linked.clone_from(&built.linked);
            proved
        };
        match expectation {
            Expectation::Fails => {
                return Ok(settled(
                    false,
                    format!("{file} must be refused, and was built"),
                ));
            }
            Expectation::Warns => {
                let said = built
                    .said
                    .lines()
                    .map(str::trim)
                    .find(|line| !line.is_empty());
                return Ok(match said {
                    Some(said) => settled(true, format!("warned, as it must: {said}")),
                    None => settled(
                        false,
                        format!("{file} must be warned of, and nothing was said"),
                    ),
                });
            }
            _ => {}
        }
        let mut ran = built.run(&[], &[])?;
        let mut linked = built.linked.clone();
        let mut needed = None;
        // A compiler in a directory of its own brings a library that the loader
        // does not know of.
        if let (Outcome::Failed { .. }, Expectation::Holds) = (&ran.outcome, expectation)
            && let Some(directory) = self.runtime_file(&linked).and_then(Path::parent)
            && self.dialect != Dialect::Msvc
        {
            let directory = directory.to_owned();
            trial.libs.push(rpath(&directory));
            if let Ok(built) = trial.build(compiler)? {
                let again = built.run(&[], &[])?;
                if matches!(again.outcome, Outcome::Ran { .. }) {
                    linked.clone_from(&built.linked);
                    needed = Some(directory);
                    ran = again;
                }
            }
        }
        let mut proved = self.judge(ran, source, expectation);
        proved.runtime = self.runtime_file(&linked).map(PathBuf::from);
        proved.rpath = needed;
        proved.linked = linked;
        if !proved.proof.holds() && proved.proof.command.is_empty() {
            proved.proof.command = built.command;
        }
        Ok(proved)
    }

    fn judge(&self, ran: Ran, source: &str, expectation: Expectation) -> Proved {
        let mut proved = match (ran.outcome, expectation) {
            (Outcome::NotRun, _) => {
                let mut proved =
                    Proved::new(None, "built, not run: it is for another system".to_owned());
                proved.proof.status = Some(0);
                return proved;
            }
            (Outcome::Ran { stdout }, Expectation::Aborts) => {
                let said = stdout.lines().next().unwrap_or("nothing");
                Proved::new(
                    Some(false),
                    format!("it must be stopped, and ended well, saying {said}"),
                )
            }
            (Outcome::Ran { stdout }, _) => {
                let lines: Vec<&str> = stdout
                    .lines()
                    .map(str::trim)
                    .filter(|line| !line.is_empty())
                    .collect();
                let mut proved = Proved::new(Some(true), lines.join(", "));
                proved.value = (!lines.is_empty()).then(|| lines.join(", "));
                proved
            }
            (Outcome::Failed { said }, Expectation::Aborts) => {
                let expected = expected_text(source);
                if ran.text.contains(expected) {
                    Proved::new(
                        Some(true),
                        format!("stopped, as it must be, with {expected}"),
                    )
                } else {
                    Proved::new(
                        Some(false),
                        format!("it must be stopped with {expected}, and said {said}"),
                    )
                }
            }
            (Outcome::Failed { said }, _) if tells_nothing(&said).is_some() => {
                Proved::new(None, said)
            }
            (Outcome::Failed { said }, _) => {
                let mut proved =
                    Proved::new(Some(false), format!("built, and does not run: {said}"));
                proved.proof.error = Some(said);
                proved
            }
            (Outcome::NotBuilt { first_error }, _) => Proved::new(Some(false), first_error),
        };
        proved.proof.command = ran.command;
        proved.proof.status = ran.status;
        proved
    }

    fn runtime_file<'l>(&self, linked: &'l [PathBuf]) -> Option<&'l Path> {
        library_file(linked, self.runtime?.strip_prefix("lib")?)
    }
}

/// A proof says so itself where it cannot tell, such as for want of a macro.
fn tells_nothing(said: &str) -> Option<&str> {
    said.split_once("cannot tell:").map(|(_, why)| why)
}

/// The text that the first comment of a program expects.
fn expected_text(source: &str) -> &str {
    let after = source.split_once("expect:").map_or("", |(_, after)| after);
    let line = after.lines().next().unwrap_or_default();
    line.trim_end_matches("*/").trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_tells_what_is_expected() {
        assert_eq!(Expectation::of("std.c17.c"), Expectation::Holds);
        assert_eq!(Expectation::of("warn.error.fails.c"), Expectation::Fails);
        assert_eq!(Expectation::of("warn.all.warns.c"), Expectation::Warns);
        assert_eq!(
            Expectation::of("sanitize.address.aborts.cpp"),
            Expectation::Aborts
        );
        assert!(is_in("openmp.F90", Language::Fortran) && !is_in("openmp.F90", Language::C));
    }

    #[test]
    fn the_expected_text_is_in_the_first_comment() {
        assert_eq!(
            expected_text("/* expect: heap-buffer-overflow */\nint x;"),
            "heap-buffer-overflow"
        );
        assert_eq!(
            expected_text("! expect: runtime error\nend"),
            "runtime error"
        );
    }
}
