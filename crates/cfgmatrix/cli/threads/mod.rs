//! `cfgmatrix threads`

mod plan;
mod table;

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
    }
}
