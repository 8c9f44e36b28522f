//! `cfgmatrix emit`

use std::path::PathBuf;

use cfgmatrix_core::emit::{self, EmitOptions, EmittedFile, FORMAT_VERSION, Format, Shell};
use cfgmatrix_core::{Expansion, KnowledgeBase};
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::expand::{MachineArguments, MatrixArguments};
use super::output::{Output, Table};
use super::{Error, Surroundings, exit};
use crate::files::{self, Written};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// What to write; `--list` shows what there is.
    #[arg(value_name = "FORMAT", required_unless_present = "list")]
    what: Option<String>,
    #[command(flatten)]
    matrix: MatrixArguments,
    #[command(flatten)]
    machine: MachineArguments,
    /// Write the files below this directory.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Replace files that cfgmatrix did not write, too.
    #[arg(long, requires = "output")]
    force: bool,
    /// The shell that `env` is for: sh, fish, powershell or cmd.
    #[arg(long, value_name = "SHELL")]
    shell: Option<String>,
    /// A line of a shell that builds and tests a variant (may be given again; all are run in order).
    #[arg(long, value_name = "LINE", allow_hyphen_values = true)]
    command: Vec<String>,
    /// List the formats.
    #[arg(long)]
    list: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Print::Text)]
    format: Print,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Print {
    /// The file itself, or what was written.
    Text,
    /// One document with all files.
    Json,
}

#[derive(Serialize)]
struct FilesJson<'a> {
    format_version: u32,
    format: Format,
    files: &'a [EmittedFile],
}

#[derive(Serialize)]
struct FormatsJson {
    format_version: u32,
    formats: Vec<FormatJson>,
}

#[derive(Serialize)]
struct FormatJson {
    format: Format,
    about: &'static str,
}

pub(super) fn run(
    arguments: &Arguments,
    known: &KnowledgeBase,
    knowledge: impl FnOnce() -> Result<u64, Error>,
    surroundings: &Surroundings,
    output: &mut Output,
) -> Result<u8, Error> {
    let format: Format = match &arguments.what {
        Some(what) if !arguments.list => what.parse().map_err(cfgmatrix_core::Error::from)?,
        _ => return list(arguments.format, output),
    };
    let matrix = arguments.matrix.read()?;
    let options = arguments.options(matrix.emit_options().clone())?;
    let report = arguments
        .machine
        .report(&matrix, known, knowledge, surroundings)?;
    let expansion = match &report {
        Some(host) => arguments.matrix.expand_on(&matrix, known, host)?,
        None => arguments.matrix.expand(&matrix, known)?,
    };
    if expansion.variants.is_empty() {
        return Err(nothing(&expansion));
    }
    let emitted = emit::emit(format, &expansion, &options)?;
    if let Some(directory) = &arguments.output {
        for (path, written) in files::write_all(directory, &emitted, arguments.force)? {
            let what = match written {
                Written::Anew => "wrote",
                Written::Unchanged => "unchanged",
            };
            if arguments.format == Print::Text {
                output.line(format_args!("{what} {}", path.display()))?;
            }
        }
    }
    if arguments.format == Print::Json {
        output.json(&FilesJson {
            format_version: FORMAT_VERSION,
            format,
            files: &emitted,
        })?;
    } else if arguments.output.is_none() {
        let [file] = emitted.as_slice() else {
            let count = emitted.len();
            return Err(Error::SeveralFiles { format, count });
        };
        output.write(&file.text)?;
    }
    Ok(exit::OK)
}

impl Arguments {
    /// What the command line says, over what the matrix file says.
    fn options(&self, mut options: EmitOptions) -> Result<EmitOptions, Error> {
        if let Some(shell) = &self.shell {
            let shell: Shell = shell.parse().map_err(cfgmatrix_core::Error::from)?;
            options.shell = shell;
        }
        if !self.command.is_empty() {
            options.replace_commands(&self.command);
        }
        Ok(options)
    }
}

fn list(print: Print, output: &mut Output) -> Result<u8, Error> {
    if print == Print::Json {
        let formats = Format::ALL.iter().map(|&format| FormatJson {
            format,
            about: format.about(),
        });
        output.json(&FormatsJson {
            format_version: FORMAT_VERSION,
            formats: formats.collect(),
        })?;
    } else {
        let mut table = Table::new(["format", "writes"]);
        for format in Format::ALL {
            table.row([format.to_string(), format.about().to_owned()]);
        }
        output.table(&table)?;
    }
    Ok(exit::OK)
}

fn nothing(expansion: &Expansion<'_>) -> Error {
    let reason = expansion.excluded.first().map_or_else(
        || "nothing is selected".to_owned(),
        |excluded| excluded.reason.clone(),
    );
    Error::Nothing {
        what: format!("no variant of `{}` is left: {reason}", expansion.name),
    }
}
