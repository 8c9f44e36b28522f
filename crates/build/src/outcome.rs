//! What happened when a configuration was built and tested.
//!
//! One document a variant, written whole or not at all, so that what is there
//! can be believed even after a crash.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What happened when one variant was configured, built and tested.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Outcome {
    /// The version of this document's format, [`Outcome::FORMAT_VERSION`].
    pub format_version: u32,
    /// The variant's name.
    pub variant: String,
    /// The id of its configuration: 64 hexadecimal digits.
    pub id: String,
    /// The id of what was done with it: the configuration's id, the steps and the
    /// sources' directory. Where that is another, the outcome is of something else.
    pub job: String,
    /// Its value of each axis, in the order of the matrix.
    #[serde(with = "tuple_vec_map")]
    pub axes: Vec<(String, String)>,
    /// How it ended.
    pub status: Status,
    /// What was done, in order; after a step that failed come none.
    pub steps: Vec<StepOutcome>,
    /// What the variant is said to be, and what was seen of it.
    pub claims: Vec<Claim>,
    /// SHA-256 of what all that was built does when it runs; the same for two
    /// variants that are one program under two names. Nothing where nothing was
    /// looked at.
    pub fingerprint: Option<String>,
    /// Seconds from the first step's start to the end.
    pub seconds: f64,
    /// The environment that the steps were given over what the caller's passes.
    pub environment: BTreeMap<String, String>,
}

/// How a variant, or one of its steps, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Status {
    /// Everything was done, and nothing contradicts what it is said to be.
    Passed,
    /// A step failed.
    Failed,
    /// A step took longer than it may.
    TimedOut,
    /// All steps passed, and yet it is not what it is said to be.
    Refuted,
    /// The user ended the run.
    Interrupted,
}

impl Status {
    /// Its word, as in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::TimedOut => "timed-out",
            Self::Refuted => "refuted",
            Self::Interrupted => "interrupted",
        }
    }
}

/// What a step is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepName {
    /// Prepares a build.
    Configure,
    /// Builds.
    Build,
    /// Tests what was built.
    Test,
    /// Puts what was built where it is used from.
    Install,
    /// The command that was given, whatever it does.
    Command,
}

impl StepName {
    /// Its word, as in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configure => "configure",
            Self::Build => "build",
            Self::Test => "test",
            Self::Install => "install",
            Self::Command => "command",
        }
    }
}

/// How one step went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StepOutcome {
    /// What it is for.
    pub name: StepName,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// How it ended; never [`Status::Refuted`].
    pub status: Status,
    /// The exit status; nothing where a signal ended it or it never started.
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Seconds that it took, all attempts together.
    pub seconds: f64,
    /// How often it was started.
    pub attempts: u32,
    /// Where what it printed is, relative to the run's directory, with `/`.
    pub log: String,
    /// The line that most likely says why it failed.
    pub first_error: Option<String>,
    /// The most bytes of memory that it was seen to have, with all that it
    /// started; nothing where it was too short to be looked at.
    #[serde(default)]
    pub peak_memory: Option<u64>,
    /// What is to be known of it however it ended, such as
    /// [`StepOutcome::NO_TESTS`].
    #[serde(default)]
    pub notes: Vec<String>,
}

impl StepOutcome {
    /// The note of a test that passed since there is nothing to test.
    pub const NO_TESTS: &str = "no tests";
}

/// One thing that a variant is said to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// What it is about, such as `compiler`, `optimisation`, `blas.threading`.
    pub about: String,
    /// The file that it is about, relative to the build directory, with `/`.
    pub artifact: Option<String>,
    /// What the configuration says.
    pub claimed: String,
    /// What was seen; nothing where it could not be seen.
    pub observed: Option<String>,
    /// Whether the two agree.
    pub verdict: Verdict,
    /// Where that is known from.
    pub evidence: String,
}

/// Whether what was seen is what was claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is.
    Proved,
    /// It is not.
    Refuted,
    /// Nothing could be seen that tells.
    Unknown,
}

impl Outcome {
    /// The version of the document's format.
    pub const FORMAT_VERSION: u32 = 1;

    /// Whether it is seen not to be what it is said to be.
    #[must_use]
    pub fn is_refuted(&self) -> bool {
        let mut claims = self.claims.iter();
        claims.any(|claim| claim.verdict == Verdict::Refuted)
    }

    /// The step that did not pass.
    #[must_use]
    pub fn failed_step(&self) -> Option<&StepOutcome> {
        self.steps.iter().find(|step| step.status != Status::Passed)
    }

    /// Whether all was done and yet nothing tested: the project has no tests. What
    /// a command does of its own is not known, and counts as tested.
    #[must_use]
    pub fn is_untested(&self) -> bool {
        let found_none = |step: &StepOutcome| {
            let mut notes = step.notes.iter();
            notes.any(|note| note == StepOutcome::NO_TESTS)
        };
        let tests = |step: &StepOutcome| match step.name {
            StepName::Test => !found_none(step),
            StepName::Command => true,
            StepName::Configure | StepName::Build | StepName::Install => false,
        };
        self.status == Status::Passed && !self.steps.iter().any(tests)
    }
}
