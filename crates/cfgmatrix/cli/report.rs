//! `cfgmatrix report`

use std::path::{Path, PathBuf};

use cfgmatrix_build::report::{self, Report, ReportError, Run};
use cfgmatrix_core::emit::EmittedFile;
use clap::{Args, ValueEnum};

use super::output::Output;
use super::{Error, exit};
use crate::files;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The directory of the run.
    #[arg(value_name = "DIR", default_value = "cfgmatrix-run")]
    directory: PathBuf,
    /// How to say it; without, FILE's name tells (`.md`, `.txt`, `.xml`, `.json`, else HTML), or a terminal's table is printed.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write it to this file, which appears whole.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The directory of an earlier run: say what failed, was fixed, or became slower since.
    #[arg(long, value_name = "OLD_DIR")]
    against: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One page that needs nothing else.
    Html,
    /// For the summary of a CI job.
    Markdown,
    /// A line for each variant, for a terminal.
    Table,
    /// JUnit XML, which CI systems show as tests.
    Junit,
    /// One document with all of it.
    Json,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<u8, Error> {
    let (run, outcomes, _) = Run::read(&arguments.directory)?;
    let mut report = Report::new(run, outcomes, &arguments.directory);
    if let Some(directory) = &arguments.against {
        let (earlier, outcomes, _) = Run::read(directory)?;
        report = report.against(&earlier, &outcomes);
    }
    let text = match arguments.format() {
        Format::Html => report::html(&report),
        Format::Markdown => report::markdown(&report),
        Format::Table => report::table(&report),
        Format::Junit => report::junit(&report),
        Format::Json => report::json(&report),
    };
    match &arguments.output {
        Some(path) if path.as_os_str() != "-" => write(path, text)?,
        _ => output.write(&text)?,
    }
    Ok(exit::OK)
}

impl Arguments {
    fn format(&self) -> Format {
        let of_name = |path: &PathBuf| {
            let extension = path.extension().and_then(|extension| extension.to_str());
            match extension {
                Some("md") => Format::Markdown,
                Some("txt") => Format::Table,
                Some("xml") => Format::Junit,
                Some("json") => Format::Json,
                _ if path.as_os_str() == "-" => Format::Table,
                _ => Format::Html,
            }
        };
        let named = || self.output.as_ref().map_or(Format::Table, of_name);
        self.format.unwrap_or_else(named)
    }
}

/// Where a file goes: its directory, and its name there.
///
/// # Errors
/// What is there is no file, or there is no such directory.
pub(super) fn target(path: &Path) -> Result<(&Path, &str), Error> {
    // What is no file, such as a device, must not be replaced by one.
    let is_other = path.metadata().is_ok_and(|there| !there.is_file());
    let name = path.file_name().and_then(|name| name.to_str());
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let refuse = |message: String| Error::Usage {
        message,
        hint: Some("name a file".to_owned()),
    };
    match name {
        Some(name) if !is_other && !parent.is_file() => Ok((parent, name)),
        Some(_) if !is_other => Err(refuse(format!(
            "cannot write {}: {} is no directory",
            path.display(),
            parent.display()
        ))),
        _ => Err(refuse(format!(
            "cannot write {}: it is no file",
            path.display()
        ))),
    }
}

/// Writes the file whole or not at all, over one that is there.
pub(super) fn write(path: &Path, text: String) -> Result<(), Error> {
    let (parent, name) = target(path)?;
    let file = EmittedFile {
        path: name.to_owned(),
        text,
    };
    files::write_all(parent, &[file], true)?;
    Ok(())
}

/// The code that a run's directory which is not as it should be ends with.
pub(super) fn code(error: &ReportError) -> u8 {
    match error {
        ReportError::Io { .. } => exit::IO,
        _ => exit::USAGE,
    }
}
