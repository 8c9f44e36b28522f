//! Integers in, rows out: products under constraints, one row at a time; their
//! exact number; covering arrays; and an independent checker of them.
//!
//! An axis is a number of values, a rule is clauses over sets of values. What
//! they are called is the caller's business.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod check;
mod conflict;
mod count;
mod engine;
mod generate;
mod model;
mod natural;
mod product;
mod solver;
mod targets;
#[cfg(test)]
mod tests;

pub use check::{Report, check, check_naming, infeasible_tuples};
pub use conflict::{dead_values, smallest_conflict};
pub use count::{CountError, count, count_within};

pub use generate::{CoverError, Covering, Effort, MAX_STRENGTH, Request, cover};
pub use model::{Axis, Clause, Literal, Model, ModelError, ValueSet};
pub use natural::Natural;
pub use product::{Row, Rows};
pub use solver::Solver;
pub use targets::TargetSet;
