//! `cfgmatrix import`

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;

use cfgmatrix_core::import::{self, Imported};
use cfgmatrix_core::{CompilerSpec, KnowledgeBase};
use clap::{Args, ValueEnum};

use super::cover::switches::Switches;
use super::output::{Output, print_warning};
use super::{Error, exit};
use crate::files;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// What the file is.
    #[arg(value_enum)]
    format: Format,
    /// The file, `-` for standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// PICT's switches for how a model is written: `/d:C`, `/a:C`, `/n:C` and `/c`.
    #[arg(value_name = "SWITCH")]
    rest: Vec<OsString>,
    /// The file to write; it must not be there [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The job of a GitHub workflow, where several have a matrix.
    #[arg(long, value_name = "NAME")]
    job: Option<String>,
    /// The platform that conda's variants are for, such as `linux-64`: lines with selectors of others are left out.
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A workflow of GitHub Actions.
    Github,
    /// A model of PICT.
    Pict,
    /// A `conda_build_config.yaml`.
    Conda,
}

impl Arguments {
    /// What belongs to another format than is imported.
    fn check(&self) -> Result<(), Error> {
        let only = |given: bool, option: &str, format: Format, name: &str| {
            if given && self.format != format {
                return Err(super::cover::usage(format!(
                    "`{option}` is for `import {name}`"
                )));
            }
            Ok(())
        };
        only(self.job.is_some(), "--job", Format::Github, "github")?;
        only(
            self.platform.is_some(),
            "--platform",
            Format::Conda,
            "conda",
        )?;
        let first = self.rest.first().map(|argument| argument.to_string_lossy());
        let first = first.unwrap_or_default();
        only(!self.rest.is_empty(), &first, Format::Pict, "pict")
    }
}

pub(super) fn run(
    arguments: &Arguments,
    known: &KnowledgeBase,
    output: &mut Output,
) -> Result<u8, Error> {
    arguments.check()?;
    let document = if arguments.file.as_os_str() == "-" {
        files::read_stream(io::stdin(), "standard input")?
    } else {
        files::read_document(&arguments.file)?
    };
    let imported = match arguments.format {
        Format::Github => {
            let is_compiler = |word: &str| {
                let spec: Result<CompilerSpec, _> = word.parse();
                spec.is_ok_and(|spec| known.toolchain(&spec, None, &[]).is_ok())
            };
            import::github(&document, arguments.job.as_deref(), is_compiler)?
        }
        Format::Pict => {
            let (switches, rest) = Switches::split(&arguments.rest)?;
            if let Some(other) = rest.first() {
                let message = format!("unexpected argument `{}`", other.display());
                return Err(super::cover::usage(message));
            }
            if let Some(letter) = switches.beside_model() {
                let message =
                    format!("`/{letter}` is for `cover`; how a model is written is imported");
                return Err(super::cover::usage(message));
            }
            import::pict(&document, &switches.options)?
        }
        Format::Conda => import::conda(&document, arguments.platform.as_deref())?,
    };
    write(&imported, arguments, output)?;
    Ok(exit::OK)
}

fn write(imported: &Imported, arguments: &Arguments, output: &mut Output) -> Result<(), Error> {
    match &arguments.output {
        None => output.write(&imported.toml)?,
        Some(path) => {
            let failed = |source| Error::Io {
                action: "write",
                path: path.clone(),
                source,
            };
            let mut file = File::create_new(path).map_err(failed)?;
            file.write_all(imported.toml.as_bytes()).map_err(failed)?;
        }
    }
    output.flush()?;
    imported.notes.iter().for_each(print_warning);
    Ok(())
}
