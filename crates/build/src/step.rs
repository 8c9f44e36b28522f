//! One thing to do for a variant.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::outcome::StepName;

/// A process to start for a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it is for.
    pub name: StepName,
    /// A path, or a name to be looked up in PATH.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Where it is started. A step before it may have to make it.
    pub directory: PathBuf,
    /// Variables over those of the variant
    /// ([`cfgmatrix_core::emit::environment`]), of which they replace some.
    pub environment: Vec<(String, OsString)>,
    /// The place among its arguments of the number of jobs, where its program
    /// knows no jobserver: it is told how many it may have when it is started.
    pub jobs_at: Option<usize>,
}

impl Step {
    pub(crate) fn new(name: StepName, program: impl Into<PathBuf>, directory: &Path) -> Self {
        Self {
            name,
            program: program.into(),
            arguments: Vec::new(),
            directory: directory.to_owned(),
            environment: Vec::new(),
            jobs_at: None,
        }
    }

    pub(crate) fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub(crate) fn args<A: Into<OsString>>(
        mut self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// An option and the number of jobs: this one, or what there is at its start.
    pub(crate) fn jobs(mut self, option: &str, jobs: Option<String>) -> Self {
        self = self.arg(option);
        if jobs.is_none() {
            self.jobs_at = Some(self.arguments.len());
        }
        self.arg(jobs.unwrap_or_else(|| "1".to_owned()))
    }

    /// An option and its value, joined, as in `--prefix=` and a path.
    pub(crate) fn joined(self, option: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        let mut argument = OsString::from(option);
        argument.push(value);
        self.arg(argument)
    }

    pub(crate) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// The program and its arguments, for people.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let arguments = self.arguments.iter();
        std::iter::once(self.program.as_os_str())
            .chain(arguments.map(OsString::as_os_str))
            .map(|word| word.to_string_lossy().into_owned())
            .collect()
    }
}
