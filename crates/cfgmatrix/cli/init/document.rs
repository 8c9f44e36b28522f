//! The matrix file as it is written: what was found, and the rest of the
//! language in comments. A line that begins with `#` and no space is an example:
//! without the `#` it is part of the language.

use std::fmt::Write as _;

use cfgmatrix_core::{Language, Provides};

use super::examples;
use super::machine::{Choice, Compiler, language_name, provides_word};
use super::project::{Fact, Finding, Project};

/// A value of an axis: what it is called, how TOML writes it, and what is said beside it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) value: String,
    pub(super) note: Option<String>,
}

/// What goes into the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) languages: Vec<Language>,
    /// None stands for those of the machine that it is expanded on.
    pub(super) compilers: Vec<Entry>,
    pub(super) mpi: Vec<Entry>,
    pub(super) blas: Vec<Entry>,
    pub(super) modes: Vec<&'static str>,
    pub(super) features: Vec<&'static str>,
    pub(super) expect: Option<u64>,
}

/// A text of TOML.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            _ if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A list of TOML, of values that are TOML.
pub(super) fn list(values: impl Iterator<Item = String>) -> String {
    format!("[{}]", values.collect::<Vec<_>>().join(", "))
}

impl Plan {
    pub(super) fn new(name: String, project: &Project, choice: &Choice) -> Self {
        let mut plan = Self {
            name,
            languages: project.languages(),
            mpi: choice.mpi.clone(),
            blas: choice.blas.clone(),
            modes: vec!["debug", "release"],
            ..Self::default()
        };
        plan.take_compilers(&choice.compilers);
        if project.has(&Fact::OpenMp) {
            plan.features.push("openmp");
        }
        plan
    }

    /// A matrix that asks a machine for what a project uses.
    pub(super) fn for_survey(project: &Project) -> Self {
        let any = |word: &str| Entry {
            id: word.to_owned(),
            value: quoted(word),
            note: None,
        };
        let provides = project.provides();
        let mut choice = Choice::default();
        if project.has(&Fact::Mpi) || provides.contains(&Provides::Scalapack) {
            choice.mpi.push(any("none"));
        }
        if !provides.is_empty() {
            choice.blas.push(any("sequential"));
        }
        Self::new("init".to_owned(), project, &choice)
    }

    pub(super) fn take_compilers(&mut self, compilers: &[Compiler]) {
        self.compilers = compilers.iter().map(|one| one.entry.clone()).collect();
    }

    /// The file without a comment: what it means.
    pub(super) fn axes_alone(&self) -> String {
        let mut text = format!("schema = 1\nname = {}\n", quoted(&self.name));
        if let Some(line) = self.languages_line() {
            writeln!(text, "{line}").expect(FITS);
        }
        text.push_str("[axes]\n");
        let entries = |entries: &[Entry]| list(entries.iter().map(|entry| entry.value.clone()));
        let compilers = if self.compilers.is_empty() {
            INSTALLED.to_owned()
        } else {
            entries(&self.compilers)
        };
        writeln!(text, "compiler = {compilers}").expect(FITS);
        for (axis, values) in [("mpi", &self.mpi), ("blas", &self.blas)] {
            if !values.is_empty() {
                writeln!(text, "{axis} = {}", entries(values)).expect(FITS);
            }
        }
        if !self.modes.is_empty() {
            writeln!(text, "mode = {}", self.mode_list()).expect(FITS);
        }
        if !self.features.is_empty() {
            writeln!(
                text,
                "[require-features]\nfeatures = {}",
                self.feature_list()
            )
            .expect(FITS);
        }
        text
    }

    fn languages_line(&self) -> Option<String> {
        let words = self
            .languages
            .iter()
            .map(|language| quoted(language.as_str()));
        (!self.languages.is_empty()).then(|| format!("languages = {}", list(words)))
    }

    fn mode_list(&self) -> String {
        list(self.modes.iter().map(|mode| quoted(mode)))
    }

    fn feature_list(&self) -> String {
        list(self.features.iter().map(|feature| quoted(feature)))
    }

    /// The whole file.
    pub(super) fn document(&self, project: &Project, choice: &Choice) -> String {
        let mut text = String::new();
        text.push_str(HEAD);
        self.write_top(&mut text, project);
        text.push_str("\n[axes]\n");
        comment(
            &mut text,
            "One value of each axis makes a variant; the last axis turns fastest.",
        );
        self.write_compilers(&mut text, choice);
        self.write_mpi(&mut text, project);
        self.write_blas(&mut text, project, choice);
        text.push('\n');
        comment(
            &mut text,
            "`debug`: debug information, no optimisation. `release`: as fast as the language's rules allow.",
        );
        writeln!(text, "mode = {}", self.mode_list()).expect(FITS);
        self.write_features(&mut text, project);
        examples::write(self, &mut text);
        text
    }

    fn write_top(&self, text: &mut String, project: &Project) {
        text.push_str("schema = 1\n\n");
        let is_name = |finding: &&Finding| matches!(finding.fact, Fact::Name(_));
        for finding in project.findings.iter().filter(is_name) {
            evidence(text, "", finding);
        }
        writeln!(text, "name = {}", quoted(&self.name)).expect(FITS);
        text.push('\n');
        comment(
            text,
            "How many variants there are. Another number is an error, so that no change goes unseen.",
        );
        match self.expect {
            Some(expect) => writeln!(text, "expect = {expect}").expect(FITS),
            None => text.push_str("#expect = 16\n"),
        }
        text.push('\n');
        let mut told: Vec<(&str, usize)> = Vec::new();
        for finding in project.findings.iter() {
            let place = (finding.file, finding.line);
            if !matches!(finding.fact, Fact::Language(_)) || told.contains(&place) {
                continue;
            }
            told.push(place);
            let here = project
                .findings
                .iter()
                .filter(|other| (other.file, other.line) == place);
            let names: Vec<&str> = here
                .filter_map(|finding| match finding.fact {
                    Fact::Language(language) => Some(language_name(language)),
                    _ => None,
                })
                .collect();
            evidence(text, &format!("{}: ", names.join(", ")), finding);
        }
        match self.languages_line() {
            Some(line) => writeln!(text, "{line}").expect(FITS),
            None => {
                comment(text, "Without it, each compiler's own: C, C++ and Fortran.");
                text.push_str("#languages = [\"c\", \"cxx\"]\n");
            }
        }
    }

    fn write_compilers(&self, text: &mut String, choice: &Choice) {
        if self.compilers.is_empty() {
            comment(
                text,
                "No compiler that builds this project was found here. These are the ones of the machine",
            );
            comment(
                text,
                "that the file is expanded on, with `cfgmatrix expand --installed`.",
            );
            writeln!(text, "compiler = {INSTALLED}").expect(FITS);
        } else {
            comment(
                text,
                "Those that work here. `{ installed = true }` stands for all that a machine has.",
            );
            write_values(text, "compiler", &self.compilers);
        }
        for left_out in &choice.left_out {
            comment(text, &format!("Left out: {left_out}"));
        }
    }

    fn write_mpi(&self, text: &mut String, project: &Project) {
        text.push('\n');
        for finding in project.of(&Fact::Mpi) {
            evidence(text, "", finding);
        }
        if self.mpi.is_empty() {
            let why = if project.has(&Fact::Mpi) {
                "No MPI that works was found here; `cfgmatrix probe` says more."
            } else {
                "MPI implementations; `none` is a build without."
            };
            comment(text, why);
            text.push_str("#mpi = [\"none\", \"openmpi\", \"mpich\"]\n");
        } else {
            write_values(text, "mpi", &self.mpi);
        }
    }

    fn write_blas(&self, text: &mut String, project: &Project, choice: &Choice) {
        text.push('\n');
        let is_blas = |finding: &&Finding| matches!(finding.fact, Fact::Provides(_));
        let mut told: Vec<(&str, usize)> = Vec::new();
        for finding in project.findings.iter().filter(is_blas) {
            let place = (finding.file, finding.line);
            if !told.contains(&place) {
                evidence(text, "", finding);
                told.push(place);
            }
        }
        comment(
            text,
            "BLAS: `sequential` or `threaded` of the library that the compiler's users expect, or a table:",
        );
        comment(
            text,
            "{ id = \"mkl\", library = \"mkl\", threading = \"openmp\", interface = \"ilp64\" }",
        );
        if self.blas.is_empty() {
            text.push_str("#blas = [\"sequential\", \"threaded\"]\n");
        } else {
            for &provides in &choice.blas_left_out {
                comment(
                    text,
                    &format!(
                        "{} is used, too: name a library that provides it.",
                        provides_word(provides).to_uppercase()
                    ),
                );
            }
            if !choice.has_blas {
                comment(
                    text,
                    "None that fits was found here; `cfgmatrix doctor` says what to install.",
                );
            }
            write_values(text, "blas", &self.blas);
        }
    }

    fn write_features(&self, text: &mut String, project: &Project) {
        text.push('\n');
        comment(
            text,
            "What every variant must have. A compiler that lacks it is excluded, with the reason.",
        );
        for finding in project.of(&Fact::OpenMp) {
            evidence(text, "", finding);
        }
        if self.features.is_empty() {
            text.push_str("#[require-features]\n#features = [\"openmp\"]\n");
        } else {
            writeln!(
                text,
                "[require-features]\nfeatures = {}",
                self.feature_list()
            )
            .expect(FITS);
        }
    }
}

/// What a write to a string cannot fail with.
pub(super) const FITS: &str = "a string takes all that is written to it";

const INSTALLED: &str = "{ installed = true }";

const HEAD: &str = "\
# Written by `cfgmatrix init` from the project's files and from what is installed here. Change it as you like.
#
#   cfgmatrix expand               the variants, and their flags
#   cfgmatrix expand --installed   the same with this machine's compilers and libraries
#   cfgmatrix why VARIANT          where each flag comes from
#
# A line that begins with `#` and no space is an example: take the `#` away to use it.
";

fn comment(text: &mut String, what: &str) {
    writeln!(text, "# {}", one_line(what)).expect(FITS);
}

/// What others wrote must not end a comment.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// Where something was seen: `# CMakeLists.txt:7: find_package(OpenMP)`.
fn evidence(text: &mut String, before: &str, finding: &Finding) {
    let Finding {
        file,
        line,
        text: seen,
        ..
    } = finding;
    comment(text, &format!("{before}{file}:{line}: {seen}"));
}

/// An axis, a value a line where values have notes or are tables.
fn write_values(text: &mut String, axis: &str, values: &[Entry]) {
    let plain = values
        .iter()
        .all(|entry| entry.note.is_none() && !entry.value.starts_with('{'));
    if plain {
        let line = list(values.iter().map(|entry| entry.value.clone()));
        return writeln!(text, "{axis} = {line}").expect(FITS);
    }
    let width = values
        .iter()
        .filter(|entry| entry.note.is_some())
        .map(|entry| entry.value.chars().count() + 1)
        .max()
        .unwrap_or(0);
    writeln!(text, "{axis} = [").expect(FITS);
    for entry in values {
        let value = format!("{},", entry.value);
        match &entry.note {
            Some(note) => writeln!(text, "  {value:width$}  # {}", one_line(note)),
            None => writeln!(text, "  {value}"),
        }
        .expect(FITS);
    }
    text.push_str("]\n");
}
