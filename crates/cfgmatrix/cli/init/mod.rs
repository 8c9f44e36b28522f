//! `cfgmatrix init`

mod document;
mod examples;
mod machine;
mod project;

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use cfgmatrix_core::{Document, HostReport, KnowledgeBase, Matrix, Space};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use serde::Serialize;

use super::expand::MATRIX_FILE;
use super::output::{Format, HEADING, Output, Table, print_warning, styled};
use super::probe::ProbeArguments;
use super::{Error, Surroundings, exit};
use crate::files;
use document::Plan;
use machine::Choice;
use project::{Fact, Finding, Project};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The project's directory.
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    /// Print the file instead of writing it.
    #[arg(long)]
    stdout: bool,
    /// Replace a file that is there.
    #[arg(long, conflicts_with = "stdout")]
    force: bool,
    /// The matrix's name [default: the project's, else the directory's].
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    name: Option<String>,
    /// For what another machine has, by the report that `probe --format json` printed there; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    host: Option<PathBuf>,
    /// How to print what was found.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Serialize)]
struct InitJson<'a> {
    format_version: u32,
    /// Null where nothing was written.
    path: Option<String>,
    name: &'a str,
    found: FoundJson<'a>,
    /// The variants that the file expands to; null where that depends on the machine.
    variants: Option<u64>,
    /// The file's text, where it was not written.
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<&'a str>,
}

#[derive(Serialize)]
struct FoundJson<'a> {
    files: &'a [&'static str],
    names: Vec<SeenJson<'a>>,
    languages: Vec<SeenJson<'a>>,
    openmp: Vec<SeenJson<'a>>,
    blas: Vec<SeenJson<'a>>,
    mpi: Vec<SeenJson<'a>>,
    compilers: Vec<CompilerJson<'a>>,
    left_out: &'a [String],
    warnings: &'a [String],
}

/// What was seen, and where.
#[derive(Serialize)]
struct SeenJson<'a> {
    what: &'a str,
    required: bool,
    file: &'a str,
    line: usize,
    text: &'a str,
}

#[derive(Serialize)]
struct CompilerJson<'a> {
    id: &'a str,
    family: &'a str,
    version: Option<&'a str>,
}

pub(super) fn run(
    arguments: &Arguments,
    known: &KnowledgeBase,
    knowledge: impl FnOnce() -> Result<u64, Error>,
    surroundings: &Surroundings,
    output: &mut Output,
) -> Result<u8, Error> {
    let path = if arguments.directory == Path::new(".") {
        PathBuf::from(MATRIX_FILE)
    } else {
        arguments.directory.join(MATRIX_FILE)
    };
    expect_directory(&arguments.directory)?;
    if !arguments.stdout && !arguments.force && path.symlink_metadata().is_ok() {
        return Err(Error::Exists { path });
    }
    let project = read_project(&arguments.directory)?;
    let host = report(
        arguments.host.as_deref(),
        &project,
        known,
        knowledge,
        surroundings,
    )?;
    let choice = machine::choose(&project, &host, known)?;
    let mut plan = Plan::new(name(arguments, &project), &project, &choice);
    plan.expect = count(&plan, known)?;
    let text = plan.document(&project, &choice);
    // What is written must be what the program itself reads.
    Matrix::parse(Document::from_bytes(
        MATRIX_FILE,
        text.clone().into_bytes(),
    )?)?;
    if !arguments.stdout {
        write_whole(&path, &text, arguments.force)?;
    }
    project.warnings.iter().for_each(print_warning);
    match (arguments.format, arguments.stdout) {
        (Format::Json, stdout) => {
            let written = (!stdout).then(|| path.display().to_string());
            output.json(&InitJson {
                format_version: cfgmatrix_core::emit::FORMAT_VERSION,
                path: written,
                name: &plan.name,
                found: found(&project, &choice),
                variants: plan.expect,
                document: stdout.then_some(&text),
            })?;
        }
        (Format::Text, true) => output.write(&text)?,
        (Format::Text, false) => tell(&path, &plan, &project, &choice, output)?,
    }
    Ok(exit::OK)
}

fn expect_directory(directory: &Path) -> Result<(), Error> {
    let read = fs::read_dir(directory);
    read.map(|_| ()).map_err(|source| Error::Io {
        action: "read",
        path: directory.to_owned(),
        source,
    })
}

/// Reads the build files that are there; one that cannot be read is a warning.
fn read_project(directory: &Path) -> Result<Project, Error> {
    let mut project = Project::default();
    for alternatives in project::FILES {
        let there = alternatives
            .iter()
            .find(|name| directory.join(name).symlink_metadata().is_ok());
        let Some(&name) = there else { continue };
        match read_bounded(&directory.join(name)) {
            Ok(bytes) => project::read(name, &bytes, &mut project),
            Err(error) => project
                .warnings
                .push(format!("{name} is not read: {error}")),
        }
    }
    Ok(project)
}

/// At most one byte more than a build file may have: enough to know that it is
/// too much.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    // A pipe of this name would be waited for.
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    let limit = project::MAX_BYTES as u64 + 1;
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The report of the machine that the file is for.
fn report(
    host: Option<&Path>,
    project: &Project,
    known: &KnowledgeBase,
    knowledge: impl FnOnce() -> Result<u64, Error>,
    surroundings: &Surroundings,
) -> Result<HostReport, Error> {
    if let Some(path) = host {
        let document = files::read_argument(path)?;
        return Ok(HostReport::parse(&document)?);
    }
    // What the project does not use is not looked for.
    let plan = Plan::for_survey(project);
    let text = plan.axes_alone().into_bytes();
    let matrix = Matrix::parse(Document::from_bytes(MATRIX_FILE, text)?)?;
    ProbeArguments::for_matrix(&matrix).survey(known, knowledge()?, surroundings)
}

fn name(arguments: &Arguments, project: &Project) -> String {
    if let Some(name) = &arguments.name {
        return name.clone();
    }
    let of_project = project
        .findings
        .iter()
        .find_map(|finding| match &finding.fact {
            Fact::Name(name) if !name.trim().is_empty() => Some(name.clone()),
            _ => None,
        });
    of_project.unwrap_or_else(|| {
        let whole = dunce::canonicalize(&arguments.directory).ok();
        let last = whole.as_deref().and_then(Path::file_name);
        last.map_or_else(
            || "project".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        )
    })
}

/// How many variants the plan has on any machine; `None` where that depends on
/// the machine, or there is none.
fn count(plan: &Plan, known: &KnowledgeBase) -> Result<Option<u64>, Error> {
    let document = Document::from_bytes(MATRIX_FILE, plan.axes_alone().into_bytes())?;
    let matrix = Matrix::parse(document)?;
    if matrix.needs_host() {
        return Ok(None);
    }
    let space = Space::new(&matrix, known, None, None)?;
    let variants = space.count(&space.all())?;
    Ok(variants.to_u64().filter(|&count| count > 0))
}

/// Writes the file whole or not at all.
fn write_whole(path: &Path, text: &str, force: bool) -> Result<(), Error> {
    let failed = |source: io::Error| Error::Io {
        action: "write",
        path: path.to_owned(),
        source,
    };
    // A link is written through, and stays one.
    let target = dunce::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".cfgmatrix");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As any new file, less what the user's mask takes away.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(directory).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    if force {
        file.persist(&target).map_err(|error| failed(error.error))?;
        return Ok(());
    }
    match file.persist_noclobber(&target) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(Error::Exists {
            path: path.to_owned(),
        }),
        Err(error) => Err(failed(error.error)),
    }
}

fn seen<'p>(project: &'p Project, what: impl Fn(&'p Fact) -> Option<&'p str>) -> Vec<SeenJson<'p>> {
    let seen = project.findings.iter().filter_map(|finding| {
        Some(SeenJson {
            what: what(&finding.fact)?,
            required: finding.required,
            file: finding.file,
            line: finding.line,
            text: &finding.text,
        })
    });
    seen.collect()
}

fn found<'a>(project: &'a Project, choice: &'a Choice) -> FoundJson<'a> {
    let compilers = choice.compilers.iter().map(|compiler| CompilerJson {
        id: &compiler.entry.id,
        family: &compiler.family,
        version: compiler.version.as_deref(),
    });
    FoundJson {
        files: &project.files,
        names: seen(project, |fact| match fact {
            Fact::Name(name) => Some(name),
            _ => None,
        }),
        languages: seen(project, |fact| match fact {
            Fact::Language(language) => Some(language.as_str()),
            _ => None,
        }),
        openmp: seen(project, |fact| (*fact == Fact::OpenMp).then_some("openmp")),
        blas: seen(project, |fact| match fact {
            Fact::Provides(provides) => Some(machine::provides_word(*provides)),
            _ => None,
        }),
        mpi: seen(project, |fact| (*fact == Fact::Mpi).then_some("mpi")),
        compilers: compilers.collect(),
        left_out: &choice.left_out,
        warnings: &project.warnings,
    }
}

/// What was written, for people.
fn tell(
    path: &Path,
    plan: &Plan,
    project: &Project,
    choice: &Choice,
    output: &mut Output,
) -> Result<(), Error> {
    let variants = match plan.expect {
        Some(1) => "1 variant".to_owned(),
        Some(count) => format!("{count} variants"),
        None => "the variants depend on the machine".to_owned(),
    };
    let line = format!("{} written: {}, {variants}", path.display(), plan.name);
    output.line(styled(HEADING, line))?;
    let mut table = Table::new(["", "found", "where"]);
    let place = |finding: Option<&Finding>| {
        finding.map_or_else(String::new, |finding| {
            format!("{}:{}", finding.file, finding.line)
        })
    };
    for language in project.languages() {
        table.row([
            "language".to_owned(),
            machine::language_name(language).to_owned(),
            place(project.first(|fact| *fact == Fact::Language(language))),
        ]);
    }
    for (title, fact) in [("OpenMP", Fact::OpenMp), ("MPI", Fact::Mpi)] {
        if let Some(finding) = project.of(&fact).next() {
            table.row([title.to_owned(), finding.text.clone(), place(Some(finding))]);
        }
    }
    if let Some(finding) = project.first(|fact| matches!(fact, Fact::Provides(_))) {
        table.row([
            "BLAS".to_owned(),
            finding.text.clone(),
            place(Some(finding)),
        ]);
    }
    for compiler in &choice.compilers {
        let note = compiler.entry.note.clone().unwrap_or_default();
        table.row(["compiler".to_owned(), compiler.entry.id.clone(), note]);
    }
    output.overview(&table)?;
    for left_out in &choice.left_out {
        output.line(format!("  left out: {left_out}"))?;
    }
    Ok(())
}
