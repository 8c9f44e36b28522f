//! `cfgmatrix completions`

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::output::Output;
use super::{Error, exit};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<u8, Error> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut super::Arguments::command(),
        "cfgmatrix",
        &mut script,
    );
    output.write(&String::from_utf8(script).expect("clap writes UTF-8"))?;
    Ok(exit::OK)
}
