//! Which layer should have the threads, by measurement.
//!
//! ```text
//! grid (Cell …) ─► race (Sample …) ─► Verdict
//! ```
//!
//! A [`Cell`] is one way to share the cores between the application and BLAS. A
//! [`Race`] runs all cells in rounds, each round in another order, so that what
//! else the machine does meets all of them alike, and leaves out those that are
//! clearly slower. A [`Verdict`] is what its samples allow to say. All of this is
//! pure: what is measured, and the clock, come in by [`Measure`], and [`Program`]
//! is the one that starts processes.
//!
//! Two cells are compared by the ratios of their times within each round, with
//! Wilcoxon's signed-rank test of their logarithms. Within a round both cells met
//! the same machine, so that drift cancels; if the two are equally fast, the
//! logarithm of a ratio is as likely to be positive as to be negative, whatever
//! the distribution of the times, and that is all the test needs. It is exact for
//! few rounds. The error of 5 % is shared out over all ordered pairs of cells
//! (Bonferroni), and over the times at which they are looked at: half of it is for
//! all looks on the way, half for the last one.

mod cells;
mod measure;
mod order;
mod race;
mod ranks;
mod verdict;

#[cfg(test)]
mod tests;

pub use cells::{BlasThreads, Cell, Library, grid, lengths};
pub use measure::{MeasureError, Program};
pub use race::{Dropped, ERROR, End, Limits, Measure, Race, Reason, Sample};
pub use ranks::Interval;
pub use verdict::{Answer, Comparison, Verdict};
