//! How many threads each layer of a job gets: jobs, MPI ranks, the
//! application's own threads and those of BLAS.
//!
//! ```text
//! Cores (this machine) ─► Demand ─► Plan ─► Variable (the environment)
//! ```
//!
//! [`Cores`] reads the machine. A [`Plan`] is pure: it follows from its [`Demand`]
//! alone. [`tune`] measures what a plan can only guess.

mod cgroup;
mod cores;
mod demand;
mod plan;
mod split;
pub mod tune;
mod variables;

pub use cgroup::Quota;
pub use cores::{Cores, Node};
pub use demand::{Application, BlasDemand, Demand, Jobs, Prefer};
pub use plan::{Plan, PlanError};
pub use variables::Variable;

#[cfg(test)]
mod tests;
