//! What is wanted of a plan, and what there is to plan with.

use cfgmatrix_core::{Threading, UnknownWord};
use serde::Serialize;

use super::cores::Cores;

/// Whether the application itself runs in OpenMP threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Application {
    /// It does.
    Openmp,
    /// It has one thread.
    Sequential,
    /// Nothing tells; it is planned for as if it did.
    Unknown,
}

impl Application {
    /// The word used in documents and output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Openmp => "openmp",
            Self::Sequential => "sequential",
            Self::Unknown => "unknown",
        }
    }

    pub(super) fn may_be_threaded(self) -> bool {
        self != Self::Sequential
    }
}

impl std::str::FromStr for Application {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let all = [Self::Openmp, Self::Sequential, Self::Unknown];
        let found = all.into_iter().find(|one| one.as_str() == text);
        found.ok_or_else(|| UnknownWord::new("application", text, all.map(Self::as_str)))
    }
}

/// Which layer the threads of a job go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Prefer {
    /// The application: many small matrices.
    Application,
    /// BLAS: one big matrix.
    Blas,
    /// Both, as far as they go together.
    Balanced,
}

impl Prefer {
    /// The word used in documents and output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Blas => "blas",
            Self::Balanced => "balanced",
        }
    }
}

impl std::str::FromStr for Prefer {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let all = [Self::Application, Self::Blas, Self::Balanced];
        let found = all.into_iter().find(|one| one.as_str() == text);
        found.ok_or_else(|| UnknownWord::new("preference", text, all.map(Self::as_str)))
    }
}

/// How many jobs run at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Jobs {
    /// As many as are wanted; fewer where there are not the cores.
    Wanted(usize),
    /// As many as fill the machine, and no more than there are.
    Automatic {
        /// How many there are.
        at_most: usize,
    },
}

/// The BLAS of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlasDemand {
    /// The library's id in the knowledge base.
    pub library: String,
    /// How its calls run.
    pub threading: Threading,
    /// Variables that set how many threads it has, the strongest first, as the
    /// knowledge base has them for this threading.
    pub variables: Vec<String>,
}

impl BlasDemand {
    pub(super) fn is_threaded(&self) -> bool {
        self.threading != Threading::Sequential
    }

    /// Whether its threads can be counted from outside.
    pub(super) fn can_be_held(&self) -> bool {
        !self.is_threaded() || !self.variables.is_empty()
    }

    /// The variable that it alone reads, if there is one and it is the strongest.
    pub(super) fn own_variable(&self) -> Option<&str> {
        let first = self.variables.first()?;
        (first != "OMP_NUM_THREADS").then_some(first)
    }

    pub(super) fn title(&self) -> String {
        format!("{} {}", self.library, self.threading.as_str())
    }
}

/// What a plan is made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Logical CPUs that may be used.
    pub logical: usize,
    /// Physical cores that these are of; nothing where that is not known.
    pub physical: Option<usize>,
    /// Whether two threads may share a core.
    pub smt: bool,
    /// Whether these are all the cores that the process has, so that a job on its
    /// own may be bound to them.
    pub whole_machine: bool,
    /// Jobs at a time.
    pub jobs: Jobs,
    /// MPI ranks of each job; 1 without MPI.
    pub ranks: usize,
    /// What the application runs in.
    pub application: Application,
    /// Its BLAS, if it has one.
    pub blas: Option<BlasDemand>,
    /// Which layer gets the threads.
    pub prefer: Prefer,
}

impl Demand {
    /// One job that has nothing yet but the cores of a machine.
    #[must_use]
    pub fn on(cores: &Cores) -> Self {
        Self {
            logical: cores.usable(),
            physical: cores.usable_physical(),
            smt: false,
            whole_machine: cores.quota.is_none(),
            jobs: Jobs::Wanted(1),
            ranks: 1,
            application: Application::Unknown,
            blas: None,
            prefer: Prefer::Balanced,
        }
    }

    /// How many threads there is room for.
    pub(super) fn room(&self) -> usize {
        match self.physical {
            Some(physical) if !self.smt => physical.min(self.logical),
            _ => self.logical,
        }
    }
}
