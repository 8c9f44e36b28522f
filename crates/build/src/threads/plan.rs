//! From what is wanted and what is there to a number of threads for each layer.

use serde::Serialize;

use super::demand::{Demand, Jobs, Prefer};
use super::split::{Layers, layers};

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// No core, no job or no rank.
    #[error("a plan needs at least one {what}, and 0 were given")]
    None {
        /// `core`, `job` or `rank`.
        what: &'static str,
    },
    /// Not one job fits.
    #[error("{ranks} MPI ranks do not fit on {cores}: each rank needs one of its own")]
    Ranks {
        /// How many are asked for.
        ranks: usize,
        /// `2 physical cores`.
        cores: String,
        /// Logical CPUs, where these would be enough.
        logical: Option<usize>,
        /// How many would fit.
        room: usize,
    },
}

impl PlanError {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::None { .. } => None,
            Self::Ranks {
                logical: Some(logical),
                ..
            } => Some(format!(
                "`--smt` uses all {logical} logical CPUs, two threads to a core"
            )),
            Self::Ranks { room, .. } => Some(format!("at most `--ranks {room}` fits here")),
        }
    }
}

/// How many threads each layer gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Cores that the plan may use.
    pub cores: usize,
    /// Jobs at a time.
    pub jobs: usize,
    /// MPI ranks of each job.
    pub ranks: usize,
    /// OpenMP threads of each rank.
    pub application: usize,
    /// Threads of each BLAS call that one of these makes.
    pub blas: usize,
    /// Threads of a BLAS call that the application makes while it has no other
    /// thread at work.
    pub blas_alone: usize,
    /// Threads at work at a time, at most: never more than `cores`.
    pub total: usize,
    /// Whether the plan can be kept by variables.
    pub held: bool,
    /// Why it is so, in the order of the layers.
    pub reasons: Vec<String>,
    /// What stands against it.
    pub warnings: Vec<String>,
    #[serde(skip)]
    pub(super) demand: Demand,
}

impl Plan {
    /// The plan for a demand.
    ///
    /// # Errors
    /// A demand of nothing, or of more ranks than there are cores.
    pub fn new(demand: &Demand) -> Result<Self, PlanError> {
        demand.check()?;
        let mut reasons = Vec::new();
        let room = room(demand, &mut reasons);
        if demand.ranks > room {
            return Err(PlanError::Ranks {
                ranks: demand.ranks,
                cores: counted(room, "core"),
                logical: (demand.ranks <= demand.logical).then_some(demand.logical),
                room,
            });
        }
        let jobs = jobs(demand, room, &mut reasons);
        let share = room / (jobs * demand.ranks);
        let Layers {
            application,
            blas,
            blas_alone,
        } = layers(demand, share, &mut reasons);
        let total = jobs * demand.ranks * (application * blas).max(blas_alone);
        let warnings: Vec<String> = not_held(demand, share).into_iter().collect();
        leftover(room, total, jobs * demand.ranks, &mut reasons);
        if demand.ranks > 1 && total > jobs * demand.ranks {
            reasons.push(format!(
                "the MPI launcher must give each rank {}: by default some bind a rank to one",
                counted((application * blas).max(blas_alone), "core")
            ));
        }
        Ok(Self {
            cores: room,
            jobs,
            ranks: demand.ranks,
            application,
            blas,
            blas_alone,
            total,
            held: warnings.is_empty(),
            reasons,
            warnings,
            demand: demand.clone(),
        })
    }
}

impl Plan {
    /// Plans of jobs of which any may run beside any other: all have one number
    /// of jobs at a time.
    ///
    /// # Errors
    /// As [`Plan::new`], of the first demand that has no plan.
    pub fn for_all(demands: &[Demand]) -> Result<Vec<Self>, PlanError> {
        let plans: Vec<Self> = demands.iter().map(Self::new).collect::<Result<_, _>>()?;
        let Some(jobs) = plans.iter().map(|plan| plan.jobs).min() else {
            return Ok(plans);
        };
        let together = plans.into_iter().map(|plan| {
            if plan.jobs == jobs {
                return Ok(plan);
            }
            let demand = Demand {
                jobs: Jobs::Wanted(jobs),
                ..plan.demand
            };
            let mut plan = Self::new(&demand)?;
            let reason = format!(
                "{} at a time, though {} would fit: others need more cores, and may run beside it",
                counted(jobs, "job"),
                plan.cores / plan.ranks
            );
            plan.reasons.insert(0, reason);
            Ok(plan)
        });
        together.collect()
    }
}

/// `1 core`, `2 cores`.
pub(super) fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

impl Demand {
    fn check(&self) -> Result<(), PlanError> {
        let (Jobs::Wanted(jobs) | Jobs::Automatic { at_most: jobs }) = self.jobs;
        let cores = self.physical.unwrap_or(1).min(self.logical);
        let given = [("core", cores), ("job", jobs), ("rank", self.ranks)];
        match given.into_iter().find(|(_, count)| *count == 0) {
            Some((what, _)) => Err(PlanError::None { what }),
            None => Ok(()),
        }
    }
}

/// Why variables alone do not keep the plan, where they do not.
fn not_held(demand: &Demand, share: usize) -> Option<String> {
    let free = demand.blas.as_ref().filter(|blas| !blas.can_be_held())?;
    Some(format!(
        "{}: no variable is known that sets its threads, so this plan is not kept by itself; \
         choose sequential, or start each rank with `taskset` on {}",
        free.title(),
        counted(share, "core")
    ))
}

/// How many threads there is room for, and why.
fn room(demand: &Demand, reasons: &mut Vec<String>) -> usize {
    let room = demand.room();
    match demand.physical {
        None => reasons.push(format!(
            "{}: how many physical cores they are of is not known, so that each counts as one",
            counted(demand.logical, "logical CPU")
        )),
        Some(physical) if physical < demand.logical && demand.smt => reasons.push(format!(
            "{} of {}: two threads may share a core (--smt)",
            counted(demand.logical, "logical CPU"),
            counted(physical, "core")
        )),
        Some(physical) if physical < demand.logical => reasons.push(format!(
            "{} of {}: one thread to a core, for two would share its arithmetic units (--smt uses both)",
            counted(physical, "core"),
            counted(demand.logical, "logical CPU")
        )),
        Some(_) => {}
    }
    room
}

/// How many jobs at a time, and why not as many as are wanted.
fn jobs(demand: &Demand, room: usize, reasons: &mut Vec<String>) -> usize {
    let fit = room / demand.ranks;
    let each = match demand.ranks {
        1 => String::new(),
        ranks => format!(" of {ranks} ranks"),
    };
    match demand.jobs {
        Jobs::Wanted(wanted) if wanted > fit => {
            reasons.push(format!(
                "{} at a time, not {wanted}: no more{each} fit on {}",
                counted(fit, "job"),
                counted(room, "core")
            ));
            fit
        }
        Jobs::Wanted(wanted) => wanted,
        Jobs::Automatic { at_most } if uses_threads(demand) => {
            if at_most > 1 && fit > 1 {
                reasons.push(
                    "1 job at a time: its threads have all cores (--jobs shares them)".to_owned(),
                );
            }
            1
        }
        Jobs::Automatic { at_most } => {
            let jobs = fit.min(at_most);
            if jobs > 1 {
                reasons.push(format!(
                    "{} at a time: each has one thread{}",
                    counted(jobs, "job"),
                    if each.is_empty() { "" } else { " a rank" }
                ));
            }
            jobs
        }
    }
}

/// Whether a job can use more than one core a rank, as it is preferred.
fn uses_threads(demand: &Demand) -> bool {
    let blas = demand.blas.as_ref();
    let threaded_blas = blas.is_some_and(|blas| {
        blas.is_threaded() && (demand.prefer != Prefer::Application || !blas.can_be_held())
    });
    demand.application.may_be_threaded() || threaded_blas
}

/// Says which cores are left over, and why.
fn leftover(room: usize, total: usize, ranks: usize, reasons: &mut Vec<String>) {
    let left = room - total;
    if left == 0 {
        return;
    }
    let why = if total == ranks && room >= 2 * ranks {
        "nothing in the job takes more threads".to_owned()
    } else if ranks > 1 && room % ranks == left {
        format!("{room} is not a multiple of {ranks}")
    } else {
        "no even split of the layers has more".to_owned()
    };
    let verb = if left == 1 { "is" } else { "are" };
    reasons.push(format!("{} {verb} left over: {why}", counted(left, "core")));
}
