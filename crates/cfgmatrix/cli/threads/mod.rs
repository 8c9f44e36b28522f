//! `cfgmatrix threads`

mod plan;
mod table;
mod tune;

pub(super) use plan::variables;

use cfgmatrix_core::KnowledgeBase;
use clap::{Args, Subcommand};

use super::output::Output;
use super::{Error, Surroundings};

#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say what each layer gets of this machine's cores, and by which variables, without running anything.
    Plan(plan::Arguments),
    /// Measure a command with the threads in the application and in BLAS, and say which should have them.
    Tune(tune::Arguments),
}

pub(super) fn run(
    arguments: &Arguments,
    known: &KnowledgeBase,
    knowledge: impl FnOnce() -> Result<u64, Error>,
    surroundings: &Surroundings,
    output: &mut Output,
) -> Result<u8, Error> {
    match &arguments.command {
        Command::Plan(arguments) => plan::run(arguments, known, knowledge, surroundings, output),
        Command::Tune(arguments) => tune::run(arguments, known, knowledge, surroundings, output),
    }
}
