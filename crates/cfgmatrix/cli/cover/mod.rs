//! `cfgmatrix cover`

mod check;
mod given;
pub(super) mod switches;
mod text;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use cfgmatrix_core::Document;
use cfgmatrix_core::pict::PictModel;
use cfgmatrix_core::plain::{Effort, PlainModel, Strength, Wanted};
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::value::RawValue;

use super::output::{Output, print_warning};
use super::{Error, exit};
use crate::files;
use switches::Switches;
use text::RowText;

/// The version of the JSON that is printed.
const FORMAT_VERSION: u32 = 1;

#[derive(Debug, Args)]
#[command(after_long_help = switches::HELP)]
pub(super) struct Arguments {
    /// The model, in JSON (`cfgmatrix schema cover-model`) or as PICT writes it; `-` for standard input.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// With --check, the rows; and PICT's own switches, such as `/o:3`.
    #[arg(value_name = "ROWS")]
    rest: Vec<OsString>,
    /// Check rows that anyone made, instead of making some.
    #[arg(long, conflicts_with_all = ["count", "seed_rows", "effort"])]
    check: bool,
    /// Say how many rows there are, without making any.
    #[arg(long, conflicts_with_all = ["strength", "mixed", "seed_rows", "effort"])]
    count: bool,
    /// How many values occur together in all combinations, or `all` for every row [default: the model's, or 2].
    #[arg(long, value_name = "N|all", value_parser = strength)]
    strength: Option<Strength>,
    /// Axes with a greater strength of their own, as `A,B,C@3` (may be given again).
    #[arg(long, value_name = "AXES@N")]
    mixed: Vec<String>,
    /// What chance begins with: another number gives other rows, the same number the same.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    /// Rows to begin with: JSON, JSON lines, CSV, or PICT's table.
    #[arg(long, value_name = "FILE")]
    seed_rows: Option<PathBuf>,
    /// How much work to spend on fewer rows.
    #[arg(long, value_enum, default_value_t = EffortArgument::Normal)]
    effort: EffortArgument,
    /// How many threads to use; the rows are the same with any number [default: one for each processor].
    #[arg(long, value_name = "NUMBER")]
    threads: Option<usize>,
    /// How to print it [default: `pict` for PICT's models, else `table`].
    #[arg(long, value_enum)]
    format: Option<Format>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum EffortArgument {
    /// At once.
    Fast,
    /// Within a moment.
    Normal,
    /// As few rows as can be found.
    Best,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Columns for people.
    Table,
    /// One document.
    Json,
    /// One object a row, each on a line.
    Jsonl,
    /// A header and one line a row.
    Csv,
    /// PICT's table: a header and one line a row, separated by tabs.
    Pict,
    /// PICT's JSON: a list of rows, each a list of keys and values.
    PictJson,
}

#[derive(Serialize)]
struct CountJson {
    format_version: u32,
    /// A whole number of any size.
    rows: Box<RawValue>,
}

fn strength(text: &str) -> Result<Strength, String> {
    match text {
        "all" | "max" => Ok(Strength::All),
        _ => match text.parse() {
            Ok(strength @ 1..) => Ok(Strength::Of(strength)),
            _ => Err("expected a whole number from 1, or `all`".to_owned()),
        },
    }
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<u8, Error> {
    let (switches, rows) = Switches::split(&arguments.rest)?;
    let model = read(arguments, &switches)?;
    match (arguments.check, rows.as_slice()) {
        (true, [rows]) => check::run(arguments, &switches, &model, rows, output),
        (true, []) => Err(usage("`--check` needs the rows to check after the model")),
        (true, [_, more, ..]) | (false, [more, ..]) => {
            Err(usage(format!("unexpected argument `{}`", more.display())))
        }
        (false, []) if arguments.count => count(&model, arguments.format, output),
        (false, []) => make(arguments, &switches, &model, output),
    }
}

pub(super) fn usage(message: impl Into<String>) -> Error {
    Error::Usage {
        message: message.into(),
        hint: None,
    }
}

/// Reads the model, and tells what it warns of.
fn read(arguments: &Arguments, switches: &Switches) -> Result<PlainModel, Error> {
    let document = document(&arguments.model)?;
    let json = Path::new(document.name())
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    if json || document.text().trim_start().starts_with('{') {
        if let Some(switch) = switches.about_model() {
            return Err(usage(format!(
                "`/{switch}` is about how PICT's models are written, and {} is JSON",
                document.name()
            )));
        }
        return Ok(PlainModel::from_json(&document)?);
    }
    let model = PictModel::parse(&document, &switches.options)?;
    for warning in model.warnings() {
        let hint = warning.hint.iter().map(|hint| format!("\n  {hint}"));
        print_warning(format!("{warning}{}", hint.collect::<String>()));
    }
    if model.more_warnings() > 0 {
        print_warning(format!("{} more like these", model.more_warnings()));
    }
    Ok(PlainModel::from_pict(&model))
}

fn document(path: &Path) -> Result<Document, Error> {
    if path.as_os_str() == "-" {
        files::read_stream(io::stdin(), "standard input")
    } else {
        files::read_document(path)
    }
}

fn count(model: &PlainModel, format: Option<Format>, output: &mut Output) -> Result<u8, Error> {
    let count = model.count()?.to_string();
    match format {
        None | Some(Format::Table) => output.line(count)?,
        Some(Format::Json) => {
            let rows = RawValue::from_string(count).expect("digits are JSON");
            output.json(&CountJson {
                format_version: FORMAT_VERSION,
                rows,
            })?;
        }
        Some(_) => return Err(usage("`--count` is printed as `table` or `json`")),
    }
    Ok(exit::OK)
}

/// What is asked for, by the arguments first, then by PICT's switches.
fn wanted(
    arguments: &Arguments,
    switches: &Switches,
    model: &PlainModel,
) -> Result<(Strength, Wanted), Error> {
    let strength = arguments
        .strength
        .or(switches.strength)
        .or(model.strength());
    let mut wanted = Wanted {
        effort: match arguments.effort {
            EffortArgument::Fast => Effort::Fast,
            EffortArgument::Normal => Effort::Normal,
            EffortArgument::Best => Effort::Best,
        },
        seed: switches.seed.unwrap_or(arguments.seed),
        threads: arguments.threads.unwrap_or(0),
        ..Wanted::default()
    };
    for text in &arguments.mixed {
        wanted.mixed.push(mixed(text, model)?);
    }
    Ok(match strength {
        Some(Strength::Of(strength)) => {
            wanted.strength = Some(strength);
            (Strength::Of(strength), wanted)
        }
        Some(Strength::All) => (Strength::All, wanted),
        None => {
            let strength = PlainModel::STRENGTH.min(model.axes().len());
            (Strength::Of(strength), wanted)
        }
    })
}

/// `A,B,C@3`: names are separated by commas, and may have blanks around them.
fn mixed(text: &str, model: &PlainModel) -> Result<(Vec<usize>, usize), Error> {
    let malformed = || {
        usage(format!(
            "`--mixed {text}`: expected axes and a strength, such as `A,B,C@3`"
        ))
    };
    let (names, strength) = text.rsplit_once('@').ok_or_else(malformed)?;
    let strength: usize = strength.trim().parse().map_err(|_| malformed())?;
    let axes = names.split(',').map(|name| model.axis(name.trim()));
    let mut axes = axes
        .collect::<Result<Vec<_>, _>>()
        .map_err(cfgmatrix_core::Error::from)?;
    axes.sort_unstable();
    axes.dedup();
    if strength == 0 {
        return Err(usage(format!("`--mixed {text}`: a strength is 1 or more")));
    }
    if strength > axes.len() {
        return Err(usage(format!(
            "`--mixed {text}`: strength {strength} needs at least {strength} axes, and here are {}",
            axes.len()
        )));
    }
    Ok((axes, strength))
}

fn make(
    arguments: &Arguments,
    switches: &Switches,
    model: &PlainModel,
    output: &mut Output,
) -> Result<u8, Error> {
    let (strength, mut wanted) = wanted(arguments, switches, model)?;
    let format = arguments.format.or(switches.format).unwrap_or_else(|| {
        if model.pict_options().is_some() {
            Format::Pict
        } else {
            Format::Table
        }
    });
    let seeds = arguments.seed_rows.as_ref().or(switches.seed_rows.as_ref());
    if strength == Strength::All {
        // Every row is there already.
        return all(model, format, switches.statistics, output);
    }
    if let Some(path) = seeds {
        let rows = given::read(path)?;
        wanted.seeds = given::seeds(&rows, model)?;
    }
    let rows = model.cover(&wanted)?;
    warn_of_dead_values(model);
    if let Some(seed) = switches.chance {
        print_warning(format!(
            "chance began with {seed}: `/r:{seed}` gives the same rows again"
        ));
    }
    if switches.statistics {
        return statistics(model, &wanted, rows.len(), output);
    }
    let mut text = RowText::new(model, strength, format);
    output.write(text.head())?;
    for row in &rows {
        output.write(text.row(row, 0))?;
    }
    output.write(text.tail())?;
    Ok(exit::OK)
}

/// Prints every row, one at a time.
fn all(
    model: &PlainModel,
    format: Format,
    statistics: bool,
    output: &mut Output,
) -> Result<u8, Error> {
    let full = model.full_model();
    let mut rows = model.full_rows(&full);
    let mut text = RowText::new(model, Strength::All, format);
    let mut count: u64 = 0;
    while let Some(row) = rows.next() {
        if count == 0 {
            if !statistics {
                output.write(text.head())?;
            }
            warn_of_dead_values(model);
        }
        count += 1;
        if !statistics {
            output.write(text.row(row.values, row.changed_from))?;
        }
    }
    if count == 0 {
        return Err(model.nothing_left().into());
    }
    if statistics {
        return print_statistics(count, count, output);
    }
    output.write(text.tail())?;
    Ok(exit::OK)
}

fn warn_of_dead_values(model: &PlainModel) {
    for (axis, values) in model.dead_values() {
        print_warning(format!(
            "no row has {} of `{axis}`: the rules exclude {}",
            values.join(", "),
            if values.len() == 1 { "it" } else { "them" }
        ));
    }
}

fn statistics(
    model: &PlainModel,
    wanted: &Wanted,
    rows: usize,
    output: &mut Output,
) -> Result<u8, Error> {
    let required = model.required(wanted)?;
    print_statistics(required, rows as u64, output)
}

/// As PICT prints them; the time, which is another at each run, is left out.
fn print_statistics(combinations: u64, rows: u64, output: &mut Output) -> Result<u8, Error> {
    output.line(format_args!("Combinations:   {combinations}"))?;
    output.line(format_args!("Generated tests:{rows}"))?;
    Ok(exit::OK)
}
