//! `cfgmatrix expand`

use std::io;
use std::path::{Path, PathBuf};

use cfgmatrix_core::{
    Document, Expansion, HostReport, KnowledgeBase, Matrix, Selection, Variant, emit,
};
use clap::{Args, ValueEnum};

use super::output::{FAINT, HEADING, Output, Table, print_warning, styled};
use super::probe::ProbeArguments;
use super::{Error, Surroundings, exit};
use crate::{data, files};

/// The file that is expanded where no other is named.
const MATRIX_FILE: &str = "cfgmatrix.toml";

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) matrix: MatrixArguments,
    #[command(flatten)]
    machine: MachineArguments,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Which machine it is for.
#[derive(Debug, Args)]
pub(super) struct MachineArguments {
    /// With the compilers and libraries that this machine has.
    #[arg(long)]
    pub(super) installed: bool,
    /// With those of another machine, by the report that `probe --format json` printed there; `-` for standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "installed")]
    pub(super) host: Option<PathBuf>,
}

impl MachineArguments {
    /// The report of the machine, where one is meant: the user names one, or the
    /// matrix takes what is installed.
    pub(super) fn report(
        &self,
        matrix: &Matrix,
        known: &KnowledgeBase,
        knowledge: impl FnOnce() -> Result<u64, Error>,
        surroundings: &Surroundings,
    ) -> Result<Option<HostReport>, Error> {
        if let Some(path) = &self.host {
            let document = if path.as_os_str() == "-" {
                files::read_stream(io::stdin(), "standard input")?
            } else {
                files::read_document(path)?
            };
            return Ok(Some(HostReport::parse(&document)?));
        }
        if !self.installed && !matrix.needs_host() {
            return Ok(None);
        }
        let arguments = ProbeArguments::for_matrix(matrix);
        Ok(Some(arguments.survey(known, knowledge()?, surroundings)?))
    }
}

/// Which matrix, and which of its variants.
#[derive(Debug, Args)]
pub(super) struct MatrixArguments {
    /// The matrix file, `-` for standard input [default: cfgmatrix.toml, else the built-in matrix of 16].
    #[arg(value_name = "SPEC")]
    pub(super) spec: Option<PathBuf>,
    /// Only these variants: `axis=value[|value…][,axis=value…]` (may be given again; all must hold).
    #[arg(long, value_name = "AXIS=VALUE")]
    pub(super) select: Vec<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Columns for people.
    Table,
    /// One document.
    Json,
    /// One document a variant, each on a line.
    Jsonl,
    /// A header and one row a variant.
    Csv,
}

impl MatrixArguments {
    pub(super) fn read(&self) -> Result<Matrix, Error> {
        let document = match &self.spec {
            Some(path) if path.as_os_str() == "-" => {
                files::read_stream(io::stdin(), "standard input")?
            }
            Some(path) => files::read_document(path)?,
            None => default_document()?,
        };
        Ok(Matrix::parse(document)?)
    }

    pub(super) fn expand<'k>(
        &self,
        matrix: &Matrix,
        known: &'k KnowledgeBase,
    ) -> Result<Expansion<'k>, Error> {
        let selection = Selection::parse(matrix, &self.select)?;
        Ok(matrix.expand(known, &selection)?)
    }

    /// The same on a machine.
    pub(super) fn expand_on<'k>(
        &self,
        matrix: &Matrix,
        known: &'k KnowledgeBase,
        host: &HostReport,
    ) -> Result<Expansion<'k>, Error> {
        let matrix = matrix.on_host(known, host)?;
        let selection = Selection::parse(&matrix, &self.select)?;
        Ok(matrix.expand_on(known, &selection, host)?)
    }
}

fn default_document() -> Result<Document, Error> {
    let here = Path::new(MATRIX_FILE);
    if here.exists() {
        files::read_document(here)
    } else {
        Ok(data::default_matrix())
    }
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
    let expansion = match &report {
        Some(host) => arguments.matrix.expand_on(&matrix, known, host)?,
        None => arguments.matrix.expand(&matrix, known)?,
    };
    match arguments.format {
        Format::Json => output.write(&emit::expansion_json(&expansion))?,
        Format::Jsonl => {
            emit::expansion_lines(&expansion).try_for_each(|line| output.write(&line))?;
        }
        Format::Csv => write_csv(&expansion, output)?,
        Format::Table => write_table(&expansion, output)?,
    }
    if expansion.variants.is_empty() {
        output.flush()?;
        let reason = expansion.excluded.first().map_or_else(
            || "nothing is selected".to_owned(),
            |excluded| excluded.reason.clone(),
        );
        return Err(Error::Nothing {
            what: format!("no variant of `{}` is left: {reason}", expansion.name),
        });
    }
    Ok(exit::OK)
}

fn write_csv(expansion: &Expansion<'_>, output: &mut Output) -> Result<(), Error> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    for row in emit::csv_rows(expansion) {
        writer
            .write_record(&row)
            .expect("rows of one length go into memory");
    }
    let bytes = writer.into_inner().expect("it was written to memory");
    output.write(&String::from_utf8(bytes).expect("the cells are texts"))
}

fn write_table(expansion: &Expansion<'_>, output: &mut Output) -> Result<(), Error> {
    let count = format!(
        "{}: {} of {} variants",
        expansion.name,
        expansion.variants.len(),
        expansion.candidates
    );
    output.line(styled(HEADING, count))?;
    for (reason, names) in reasons(expansion) {
        output.line(format!("  {} excluded: {reason}", names.len()))?;
    }
    if expansion.variants.is_empty() {
        return Ok(());
    }
    output.line("")?;
    let mut table = Table::new(["variant", "compiler", "BLAS", "compile flags", "link"]);
    for variant in &expansion.variants {
        table.row([
            variant.name.clone(),
            variant.toolchain.title(),
            blas_title(variant),
            compile_flags(variant).join(" "),
            link_flags(variant).join(" "),
        ]);
    }
    output.overview(&table)?;
    // The same warning for every variant is one warning.
    let mut warnings: Vec<String> = expansion
        .variants
        .iter()
        .flat_map(Variant::warnings)
        .collect();
    warnings.sort();
    warnings.dedup();
    if !warnings.is_empty() {
        output.flush()?;
        warnings.iter().for_each(print_warning);
    }
    let shown =
        "\n  C flags are shown; `--format json` has all languages, `why VARIANT` their sources";
    output.line(styled(FAINT, shown))
}

/// Each reason with the variants that it excludes, in order.
fn reasons<'a>(expansion: &'a Expansion<'_>) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for excluded in &expansion.excluded {
        match reasons
            .iter_mut()
            .find(|(reason, _)| *reason == excluded.reason)
        {
            Some((_, names)) => names.push(&excluded.name),
            None => reasons.push((&excluded.reason, vec![&excluded.name])),
        }
    }
    reasons
}

pub(super) fn blas_title(variant: &Variant<'_>) -> String {
    variant.blas.as_ref().map_or_else(String::new, |blas| {
        let interface = if blas.row.interface == cfgmatrix_core::Interface::Ilp64 {
            " ilp64"
        } else {
            ""
        };
        format!(
            "{} {}{interface}",
            blas.library.name,
            blas.row.threading.as_str()
        )
    })
}

fn compile_flags<'a>(variant: &'a Variant<'_>) -> Vec<&'a str> {
    let flags = &variant.configuration.flags;
    // A family without C is shown by the language that it has.
    let own = [&flags.cflags, &flags.cxxflags, &flags.fflags]
        .into_iter()
        .find(|tokens| !tokens.is_empty());
    own.into_iter()
        .flatten()
        .chain(&flags.cppflags)
        .map(String::as_str)
        .collect()
}

fn link_flags<'a>(variant: &'a Variant<'_>) -> Vec<&'a str> {
    let flags = &variant.configuration.flags;
    flags
        .ldflags
        .iter()
        .chain(&flags.libs)
        .map(String::as_str)
        .collect()
}
