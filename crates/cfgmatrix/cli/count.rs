//! `cfgmatrix count`

use cfgmatrix_core::KnowledgeBase;
use cfgmatrix_core::emit::{self, FORMAT_VERSION};
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::value::RawValue;

use super::expand::{MachineArguments, MatrixArguments};
use super::output::Output;
use super::{Error, Surroundings, exit};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    matrix: MatrixArguments,
    #[command(flatten)]
    machine: MachineArguments,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// The number.
    Text,
    /// One document.
    Json,
}

#[derive(Serialize)]
struct CountJson<'a> {
    format_version: u32,
    name: &'a str,
    /// Whole numbers of any size.
    count: Box<RawValue>,
    candidates: Box<RawValue>,
}

pub(super) fn run(
    arguments: &Arguments,
    known: &KnowledgeBase,
    knowledge: impl FnOnce() -> Result<u64, Error>,
    surroundings: &Surroundings,
    output: &mut Output,
) -> Result<u8, Error> {
    let matrix = arguments.matrix.read()?;
    let report = arguments
        .machine
        .report(&matrix, known, knowledge, surroundings)?;
    let space = arguments.matrix.space(&matrix, known, report.as_ref())?;
    let selection = space.select(&arguments.matrix.select)?;
    let plan = arguments.matrix.plan(&matrix)?;
    let count = space.count_planned(&selection, &plan)?;
    match arguments.format {
        Format::Text => output.line(&count)?,
        Format::Json => output.json(&CountJson {
            format_version: FORMAT_VERSION,
            name: space.name(),
            count: emit::number(&count),
            candidates: emit::number(&space.candidates(&selection)?),
        })?,
    }
    Ok(exit::OK)
}
