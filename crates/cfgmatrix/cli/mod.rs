//! The command line: one file per subcommand.

mod completions;
mod count;
mod cover;
mod diff;
mod doctor;
mod emit;
pub mod exit;
mod expand;
mod flags;
mod identify;
mod import;
mod init;
mod lint;
mod output;
mod probe;
mod probe_table;
mod report;
mod run;
mod schema;
mod threads;
mod verify;
mod why;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use cfgmatrix_core::{KnowledgeBase, Target};
use cfgmatrix_probe::survey::Environment;
use clap::{Parser, Subcommand};

use crate::Error;
use output::Output;

/// What the program was started in.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The user's layer of the knowledge base, if there is a place for one.
    pub user_layer: Option<PathBuf>,
    /// The system it runs on, where that is one that is known.
    pub host: Option<Target>,
    /// Where answers of probes are kept, if there is a place for them.
    pub cache: Option<PathBuf>,
    /// The environment variables.
    pub environment: Environment,
    /// This program, for a process that starts it once more.
    pub program: Option<PathBuf>,
}

impl Surroundings {
    /// The system to assume for questions that name none.
    fn host(&self) -> Target {
        self.host.unwrap_or(Target {
            os: cfgmatrix_core::Os::Linux,
            arch: cfgmatrix_core::Arch::X86_64,
        })
    }

    /// Whether `PATH` has a program of this name.
    fn has_program(&self, name: &str) -> bool {
        let path = self.environment.get("PATH").unwrap_or_default();
        which::which_in_global(name, Some(path)).is_ok_and(|mut found| found.next().is_some())
    }
}

/// One matrix file in, every build configuration out.
#[derive(Debug, Parser)]
#[command(name = "cfgmatrix", version, about, after_help = exit::HELP, arg_required_else_help = true, disable_help_subcommand = true)]
struct Arguments {
    /// A directory with documents over the built-in knowledge base (may be given again; the last is on top).
    #[arg(long, global = true, value_name = "DIR")]
    toolchains: Vec<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Expand a matrix into its configurations.
    Expand(expand::Arguments),
    /// Say how many variants a matrix has, without making any.
    Count(count::Arguments),
    /// Say what in a matrix has no effect, or another than was meant.
    Lint(lint::Arguments),
    /// Say which variants came, went and changed from one matrix to another, and by which flags.
    Diff(diff::Arguments),
    /// Explain a variant: every flag with its row and source, or the rule that excludes it.
    Why(why::Arguments),
    /// What a compiler calls features, and where that is known from.
    Flags(flags::Arguments),
    /// Tell what a compiler is, by its macros or its banner.
    Identify(identify::Arguments),
    /// Find what this machine has: compilers, BLAS, MPI, and what works of them.
    Probe(probe::Arguments),
    /// Write the variants as files that another tool reads.
    Emit(emit::Arguments),
    /// Build and test every variant on this machine.
    Run(run::Arguments),
    /// Make covering arrays from a plain model, or check anyone's rows.
    Cover(cover::Arguments),
    /// Make a matrix file of another tool's: a GitHub workflow, a PICT model, conda's variants.
    Import(import::Arguments),
    /// Say what this machine lacks for a matrix, and how to install it.
    Doctor(doctor::Arguments),
    /// Write a matrix file for a project, from its build files and what is installed.
    Init(init::Arguments),
    /// Say how many threads jobs, MPI ranks, the application and BLAS get.
    Threads(threads::Arguments),
    /// Prove of what was built that it is what a variant says.
    Verify(verify::Arguments),
    /// Say what a run came to: as a page, for a CI summary, a terminal, or as JUnit.
    Report(report::Arguments),
    /// Print a JSON Schema of the project's documents.
    Schema(schema::Arguments),
    /// Print a completion script for a shell.
    Completions(completions::Arguments),
}

/// Runs the program; messages have been printed when it returns.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>, surroundings: &Surroundings) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // A closed stream is the reader's choice, here too.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() {
                exit::USAGE
            } else {
                exit::OK
            });
        }
    };
    let mut output = Output::new();
    let code = execute(&arguments, surroundings, &mut output)
        .and_then(|code| output.flush().map(|()| code));
    ExitCode::from(match code {
        Ok(code) => code,
        Err(Error::Closed) => exit::OK,
        Err(error) => {
            output::print_error(&error);
            exit::code(&error)
        }
    })
}

fn execute(
    arguments: &Arguments,
    surroundings: &Surroundings,
    output: &mut Output,
) -> Result<u8, Error> {
    let all = arguments;
    let known = || knowledge(all, surroundings);
    match &arguments.command {
        Command::Expand(arguments) => {
            let knowledge = || knowledge_digest(all, surroundings);
            expand::run(arguments, known()?, knowledge, surroundings, output)
        }
        Command::Why(arguments) => {
            let knowledge = || knowledge_digest(all, surroundings);
            why::run(arguments, known()?, knowledge, surroundings, output)
        }
        Command::Lint(arguments) => {
            let knowledge = || knowledge_digest(all, surroundings);
            lint::run(arguments, known()?, knowledge, surroundings, output)
        }
        Command::Diff(arguments) => diff::run(arguments, known()?, output),
        Command::Count(arguments) => {
            let knowledge = || knowledge_digest(all, surroundings);
            count::run(arguments, known()?, knowledge, surroundings, output)
        }
        Command::Flags(arguments) => flags::run(arguments, known()?, surroundings.host(), output),
        Command::Identify(arguments) => identify::run(arguments, known()?, output),
        Command::Probe(arguments) => {
            let digest = knowledge_digest(all, surroundings)?;
            probe::run(arguments, known()?, digest, surroundings, output)
        }
        Command::Emit(arguments) => {
            let knowledge = || knowledge_digest(all, surroundings);
            emit::run(arguments, known()?, knowledge, surroundings, output)
        }
        Command::Doctor(arguments) => {
            let knowledge = || knowledge_digest(all, surroundings);
            doctor::run(arguments, known()?, knowledge, surroundings, output)
        }
        Command::Init(arguments) => {
            let knowledge = || knowledge_digest(all, surroundings);
            init::run(arguments, known()?, knowledge, surroundings, output)
        }
        Command::Threads(arguments) => {
            let knowledge = || knowledge_digest(all, surroundings);
            threads::run(arguments, known()?, knowledge, surroundings, output)
        }
        Command::Run(arguments) => {
            let knowledge = || knowledge_digest(all, surroundings);
            run::run(arguments, known()?, knowledge, surroundings, output)
        }
        Command::Verify(arguments) => {
            let knowledge = || knowledge_digest(all, surroundings);
            verify::run(arguments, known()?, knowledge, surroundings, output)
        }
        Command::Cover(arguments) => cover::run(arguments, output),
        Command::Import(arguments) => import::run(arguments, known()?, output),
        Command::Report(arguments) => report::run(arguments, output),
        Command::Schema(arguments) => schema::run(arguments, output),
        Command::Completions(arguments) => completions::run(arguments, output),
    }
}

/// Ends what runs when the user interrupts the program, which then clears up; who
/// asks twice does not want to wait for that.
fn interruptible() {
    // A caller of the library may have set a handler of its own: that one stays.
    let _ = ctrlc::set_handler(|| {
        if cfgmatrix_probe::process::interrupted() {
            std::process::exit(i32::from(exit::INTERRUPTED));
        }
        cfgmatrix_probe::process::interrupt();
    });
}

/// The knowledge base, for as long as the process lives: it ends with the
/// answer, and freeing a hundred thousand texts one by one would cost more than
/// reading them did.
fn knowledge(
    arguments: &Arguments,
    surroundings: &Surroundings,
) -> Result<&'static KnowledgeBase, Error> {
    let known = crate::knowledge_base(&layers(arguments, surroundings))?;
    Ok(Box::leak(Box::new(known)))
}

/// A number that changes with the knowledge base.
fn knowledge_digest(arguments: &Arguments, surroundings: &Surroundings) -> Result<u64, Error> {
    crate::knowledge_digest(&layers(arguments, surroundings))
}

fn layers(arguments: &Arguments, surroundings: &Surroundings) -> Vec<PathBuf> {
    let user = surroundings
        .user_layer
        .iter()
        .filter(|directory| directory.is_dir());
    user.chain(&arguments.toolchains).cloned().collect()
}
