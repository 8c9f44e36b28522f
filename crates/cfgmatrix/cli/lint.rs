//! `cfgmatrix lint`

use cfgmatrix_core::emit::FORMAT_VERSION;
use cfgmatrix_core::{Finding, KnowledgeBase};
use clap::Args;
use serde::Serialize;

use super::expand::{MachineArguments, MatrixArguments};
use super::output::{FAINT, Format, HEADING, Output, styled};
use super::{Error, Surroundings, exit};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    matrix: MatrixArguments,
    #[command(flatten)]
    machine: MachineArguments,
    /// Look at tuples of so many values for those that no variant has.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=4))]
    tuples: u8,
    /// End with exit code 3 where anything is found.
    #[arg(long)]
    strict: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Serialize)]
struct LintJson<'a> {
    format_version: u32,
    name: &'a str,
    findings: &'a [Finding],
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
    let all = space.select(&arguments.matrix.select)?;
    if space.conflict(&all).is_some() {
        return Err(space.nothing_left(&all).into());
    }
    let findings = space.lint(usize::from(arguments.tuples));
    match arguments.format {
        Format::Json => output.json(&LintJson {
            format_version: FORMAT_VERSION,
            name: space.name(),
            findings: &findings,
        })?,
        Format::Text => write(space.name(), &findings, output)?,
    }
    Ok(if arguments.strict && !findings.is_empty() {
        exit::NOTHING
    } else {
        exit::OK
    })
}

fn write(name: &str, findings: &[Finding], output: &mut Output) -> Result<(), Error> {
    if findings.is_empty() {
        return output.line(format!("{name}: nothing to say"));
    }
    for finding in findings {
        let place = finding
            .place
            .as_ref()
            .map_or_else(String::new, |place| format!("{place}: "));
        output.line(format!(
            "{}{}  {}",
            styled(FAINT, place),
            styled(HEADING, finding.finding.as_str()),
            finding.message
        ))?;
    }
    Ok(())
}
