//! `cfgmatrix expand`

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use cfgmatrix_core::{
    Document, Effort, Expansion, HostReport, KnowledgeBase, Matrix, Plan, Space, Strength,
    Toolchain, Variant, emit,
};
use clap::{Args, ValueEnum};

use super::output::{FAINT, HEADING, Output, Table, print_warning, styled};
use super::probe::ProbeArguments;
use super::{Error, Surroundings, exit};
use crate::{data, files};

/// The file that is expanded where no other is named.
pub(super) const MATRIX_FILE: &str = "cfgmatrix.toml";

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
            let document = files::read_argument(path)?;
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
    /// Only these variants: `axis=value[|value…][,axis=value…]`, `!=` for all others (may be given again; all must hold).
    #[arg(long, value_name = "AXIS=VALUE")]
    pub(super) select: Vec<String>,
    /// As this profile of the matrix has it.
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// Only so many variants that every feasible tuple of so many values occurs; `all` for the full product [default: as the profile has it].
    #[arg(long, value_name = "N|all", value_parser = parse_strength)]
    pub(super) strength: Option<Strength>,
    /// How long a covering array is made shorter.
    #[arg(long, value_enum, default_value_t = EffortName::Normal)]
    pub(super) effort: EffortName,
    /// Another number gives other rows of a covering array, as good as these.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed: u64,
    /// Threads that make a covering array; the rows are the same for any number [default: one a processor].
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<NonZeroUsize>,
}

fn parse_strength(text: &str) -> Result<Strength, String> {
    text.parse()
}

/// How long a covering array is made shorter.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum EffortName {
    /// At once: as short as most tools make it.
    Fast,
    /// A moment.
    Normal,
    /// About a second for a large matrix: as short as any that is known.
    Best,
}

impl EffortName {
    pub(super) fn effort(self) -> Effort {
        match self {
            Self::Fast => Effort::Fast,
            Self::Normal => Effort::Normal,
            Self::Best => Effort::Best,
        }
    }
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
    /// The values alone, one object a variant, each on a line: for as many rows as there are.
    Rows,
}

impl MatrixArguments {
    pub(super) fn read(&self) -> Result<Matrix, Error> {
        let document = match &self.spec {
            Some(path) => files::read_argument(path)?,
            None => default_document()?,
        };
        Ok(Matrix::parse(document)?)
    }

    /// What it means, on a machine or on none.
    pub(super) fn space<'a>(
        &self,
        matrix: &'a Matrix,
        known: &'a KnowledgeBase,
        host: Option<&'a HostReport>,
    ) -> Result<Space<'a>, Error> {
        Ok(Space::new(matrix, known, host, self.profile.as_deref())?)
    }

    /// How the rows are made.
    pub(super) fn plan(&self, matrix: &Matrix) -> Result<Plan, Error> {
        let file = match &self.profile {
            Some(profile) => matrix.seed_file(profile)?,
            None => None,
        };
        let seed_rows = match file {
            // A file is named from where the matrix is.
            Some(name) => {
                let beside = self.spec.as_deref().and_then(Path::parent);
                let path = beside.map_or_else(|| PathBuf::from(name), |place| place.join(name));
                Plan::read_seed_rows(&files::read_document(&path)?)?
            }
            None => Vec::new(),
        };
        let processors = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Ok(Plan {
            strength: self.strength,
            effort: self.effort.effort(),
            seed: self.seed,
            threads: self.threads.unwrap_or_else(processors).get(),
            seed_rows,
        })
    }

    pub(super) fn expand<'k>(
        &self,
        matrix: &'k Matrix,
        known: &'k KnowledgeBase,
    ) -> Result<Expansion<'k>, Error> {
        self.expand_within(&self.space(matrix, known, None)?, matrix)
    }

    /// The same on a machine.
    pub(super) fn expand_on<'k>(
        &self,
        matrix: &'k Matrix,
        known: &'k KnowledgeBase,
        host: &'k HostReport,
    ) -> Result<Expansion<'k>, Error> {
        match self.space(matrix, known, Some(host)) {
            // It is what is not there that is asked for, too.
            Err(Error::Core(cfgmatrix_core::Error::NothingInstalled { .. })) => {
                Ok(Expansion::empty(matrix.name()))
            }
            Err(error) => Err(error),
            Ok(space) => self.expand_within(&space, matrix),
        }
    }

    fn expand_within<'k>(
        &self,
        space: &Space<'k>,
        matrix: &Matrix,
    ) -> Result<Expansion<'k>, Error> {
        let selection = space.select(&self.select)?;
        Ok(space.expand(&selection, &self.plan(matrix)?)?)
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
    let space = match arguments.matrix.space(&matrix, known, report.as_ref()) {
        // It is what is not there that is asked for, too.
        Err(Error::Core(cfgmatrix_core::Error::NothingInstalled { .. })) => {
            return nothing_installed(arguments, &matrix, output);
        }
        space => space?,
    };
    let written = match arguments.format {
        Format::Table => {
            let expansion = arguments.matrix.expand_within(&space, &matrix)?;
            write_table(&expansion, output)?;
            expansion.variants.len() as u64
        }
        _ => arguments.write(&space, &matrix, output)?,
    };
    if written == 0 {
        output.flush()?;
        return Err(space
            .nothing_left(&space.select(&arguments.matrix.select)?)
            .into());
    }
    Ok(exit::OK)
}

fn nothing_installed(
    arguments: &Arguments,
    matrix: &Matrix,
    output: &mut Output,
) -> Result<u8, Error> {
    let expansion = Expansion::empty(matrix.name());
    match arguments.format {
        Format::Table => write_table(&expansion, output)?,
        Format::Json => output.write(&emit::expansion_json(&expansion))?,
        Format::Jsonl | Format::Csv | Format::Rows => {}
    }
    output.flush()?;
    Err(Error::Nothing {
        what: format!(
            "no variant of `{}` is left: nothing is selected",
            matrix.name()
        ),
    })
}

impl Arguments {
    /// Writes the rows as they come; how many there were.
    fn write(&self, space: &Space<'_>, matrix: &Matrix, output: &mut Output) -> Result<u64, Error> {
        let selection = space.select(&self.matrix.select)?;
        let plan = self.matrix.plan(matrix)?;
        space.check_expectation()?;
        if let Format::Rows = self.format {
            return space.value_lines(&selection, &plan, |line| output.write(line));
        }
        let mut written = 0;
        let variants = space.variants(&selection, &plan)?;
        let variants = variants.inspect(|_| written += 1);
        match self.format {
            Format::Json => {
                let candidates = space.candidates(&selection)?;
                let excluded = space.excluded(&selection)?;
                let chunks = emit::expansion_chunks(space.name(), &candidates, variants, &excluded);
                for chunk in chunks {
                    output.write(&chunk?)?;
                }
            }
            Format::Jsonl => {
                for variant in variants {
                    output.write(&emit::variant_line(&variant?))?;
                }
            }
            _ => write_csv(space, variants, output)?,
        }
        Ok(written)
    }
}

fn write_csv<'k>(
    space: &Space<'_>,
    variants: impl Iterator<Item = Result<Variant<'k>, cfgmatrix_core::Error>>,
    output: &mut Output,
) -> Result<(), Error> {
    let axes: Vec<&str> = space.axes().map(|(name, _)| name).collect();
    let mut write = |row: &[String]| {
        let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
        writer.write_record(row).expect("one row goes into memory");
        let bytes = writer.into_inner().expect("it was written to memory");
        output.write(&String::from_utf8(bytes).expect("the cells are texts"))
    };
    write(&emit::csv_header(&axes))?;
    for variant in variants {
        write(&emit::csv_row(&axes, &variant?))?;
    }
    Ok(())
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
            variant
                .toolchain
                .as_ref()
                .map_or_else(String::new, Toolchain::title),
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
    if expansion
        .variants
        .iter()
        .all(|variant| variant.toolchain.is_none())
    {
        return Ok(());
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
