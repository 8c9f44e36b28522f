//! Configurations made so: built, tested, proved and reported.

#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod artifact;
pub mod backend;
pub mod blame;
mod digest;
mod median;
pub mod outcome;
pub mod report;
pub mod run;
mod step;
pub mod threads;
pub mod verify;
