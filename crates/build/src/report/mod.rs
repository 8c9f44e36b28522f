//! What a run came to, for people and for other tools.
//!
//! [`Run::read`] reads a run's directory, [`Report::new`] makes sense of it, and
//! [`html`], [`markdown`], [`table`], [`junit`] and [`json`] say it. What comes
//! from outside (names, logs, errors) reaches a format by `escape` only.

mod compare;
mod date;
mod end;
mod escape;
mod evidence;
mod html;
mod input;
mod json;
mod junit;
mod log;
mod markdown;
mod summary;
mod table;
#[cfg(test)]
mod tests;

pub use compare::{Changed, Comparison};
pub use html::html;
pub use input::{Axis, Flag, Part, ReportError, Run, RunStep, RunVariant};
pub use json::json;
pub use junit::junit;
pub use log::Excerpt;
pub use markdown::markdown;
pub use summary::{Report, Row, Totals};
pub use table::table;
