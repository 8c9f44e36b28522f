//! The environment that keeps a plan.

use cfgmatrix_core::{Os, Target, Threading};
use serde::Serialize;

use super::demand::Application;
use super::plan::Plan;

const OMP_NUM_THREADS: &str = "OMP_NUM_THREADS";

/// An environment variable with the reason for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// What it does here.
    pub reason: String,
}

impl Variable {
    pub(super) fn new(name: &str, value: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            value: value.into(),
            reason: reason.into(),
        }
    }
}

impl Plan {
    /// The variables that make a job of this system keep the plan, by name.
    #[must_use]
    pub fn variables(&self, target: Target) -> Vec<Variable> {
        let mut variables = vec![self.openmp_threads(target)];
        variables.extend(self.blas_threads());
        if self.has_openmp() {
            variables.push(Variable::new(
                "OMP_MAX_ACTIVE_LEVELS",
                "1",
                "a parallel region inside of another one has one thread",
            ));
        }
        variables.extend(self.binding());
        variables.sort_by(|a, b| a.name.cmp(&b.name));
        variables
    }

    fn threading(&self) -> Threading {
        let blas = self.demand.blas.as_ref();
        blas.map_or(Threading::Sequential, |blas| blas.threading)
    }

    fn has_openmp(&self) -> bool {
        self.demand.application != Application::Sequential || self.threading() == Threading::Openmp
    }

    /// OMP_NUM_THREADS is set in any case: without it a runtime takes all CPUs.
    fn openmp_threads(&self, target: Target) -> Variable {
        let application = self.demand.application.may_be_threaded();
        let blas = self.demand.blas.as_ref();
        let one_pool = blas.filter(|blas| blas.threading == Threading::Openmp);
        match one_pool {
            Some(blas) if !application && blas.own_variable().is_none() => Variable::new(
                OMP_NUM_THREADS,
                self.blas_alone.to_string(),
                format!("threads of {}", blas.title()),
            ),
            Some(blas) if application && self.application > 1 => {
                let reason = format!(
                    "threads of the application, and one for {} inside of its parallel regions",
                    blas.title()
                );
                // Microsoft's OpenMP is of the time before lists, and the level is 1 there in any case.
                let value = match target.os {
                    Os::Windows => self.application.to_string(),
                    _ => format!("{},1", self.application),
                };
                Variable::new(OMP_NUM_THREADS, value, reason)
            }
            _ => Variable::new(
                OMP_NUM_THREADS,
                self.application.to_string(),
                "threads of the application",
            ),
        }
    }

    /// The strongest of the library's variables, where it is one of its own:
    /// the weaker ones are not read then.
    fn blas_threads(&self) -> Option<Variable> {
        let blas = self.demand.blas.as_ref()?;
        let name = blas.own_variable()?;
        let weaker = match blas.variables.as_slice() {
            [_, weaker @ ..] if !weaker.is_empty() => format!(", before {}", weaker.join(", ")),
            _ => String::new(),
        };
        let reason = format!(
            "threads of {}: it reads this one first{weaker}",
            blas.title()
        );
        Some(Variable::new(name, self.blas_alone.to_string(), reason))
    }

    fn binding(&self) -> Vec<Variable> {
        // Places are numbered from the process' first core: of two jobs, or two
        // ranks that no launcher keeps apart, both would be bound to the same ones.
        let alone = self.jobs == 1 && self.ranks == 1;
        // A part of the machine, or of its time, is shared with others; only the
        // scheduler knows which core is free.
        let whole = self.demand.whole_machine && self.total == self.cores;
        // Threads that are not OpenMP's are born with the affinity of the bound
        // thread that starts them, which is one core. OpenBLAS 0.3.21 with
        // pthreads then starts none at all, whatever its variable says (measured).
        let all_openmp = self.blas_alone == 1 || self.threading() == Threading::Openmp;
        if !(alone && whole && all_openmp && self.has_openmp() && self.total > 1) {
            return Vec::new();
        }
        let place = if self.demand.smt { "threads" } else { "cores" };
        vec![
            Variable::new("OMP_PLACES", place, "what a thread is bound to"),
            Variable::new(
                "OMP_PROC_BIND",
                "close",
                "the one job has all cores: its threads stay where they are",
            ),
        ]
    }
}
