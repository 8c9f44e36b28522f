//! The heat map.

use std::collections::BTreeSet;

use anstyle::{Ansi256Color, AnsiColor, Style};
use cfgmatrix_build::threads::tune::{BlasThreads, Cell};

use super::super::super::Error;
use super::super::super::output::{FAINT, GOOD, HEADING, Output, Table, styled};
use super::{Tuning, words};

/// Backgrounds from the fastest cell to the slowest (green to red), on which black
/// can be read.
const SHADES: [u8; 6] = [120, 156, 192, 222, 216, 210];
/// The same without colours: the longer, the slower.
const BARS: [&str; 6] = ["▏", "▎", "▍", "▌", "▊", "█"];

pub(super) fn write(tuning: &Tuning, output: &mut Output) -> Result<(), Error> {
    let entry = &tuning.entries[0];
    let name = tuning.asked.name.as_ref();
    let name = name.map_or_else(|| entry.program.title(), Clone::clone);
    let heading = format!(
        "{name}: {} in {:.0} s on {}",
        match tuning.race.rounds {
            1 => "1 round".to_owned(),
            rounds => format!("{rounds} rounds"),
        },
        tuning.spent,
        match tuning.usable {
            1 => "1 core".to_owned(),
            cores => format!("{cores} cores"),
        }
    );
    output.line(styled(HEADING, heading))?;
    for (number, candidate) in tuning.asked.candidates.iter().enumerate() {
        output.line("")?;
        let title = candidate
            .demand()
            .map(|demand| format!("{} {}", demand.library, demand.threading.as_str()));
        let title = [candidate.variant.clone(), title];
        let title: Vec<String> = title.into_iter().flatten().collect();
        if !title.is_empty() {
            output.line(format!("  {}", styled(HEADING, title.join(", "))))?;
        }
        map(tuning, number, output)?;
    }
    legend(tuning, output)?;
    recommendation(tuning, output)?;
    for note in &tuning.asked.notes {
        output.line("")?;
        output.line(styled(FAINT, format!("  {note}")))?;
    }
    output.flush()
}

/// The cells of one candidate: a row for each number of the application's threads.
fn map(tuning: &Tuning, candidate: usize, output: &mut Output) -> Result<(), Error> {
    let entries: Vec<usize> = (0..tuning.entries.len())
        .filter(|&entry| tuning.entries[entry].candidate == candidate)
        .collect();
    let cell = |entry: usize| -> &Cell { &tuning.entries[entry].cell };
    let set = entries
        .iter()
        .filter(|&&entry| cell(entry).application.is_some());
    let columns: BTreeSet<BlasThreads> = set.map(|&entry| cell(entry).blas).collect();
    let rows: BTreeSet<Option<usize>> = entries
        .iter()
        .map(|&entry| cell(entry).application)
        .collect();
    let header = columns.iter().map(|column| match column {
        BlasThreads::Counted(threads) => format!("BLAS {threads}"),
        BlasThreads::Shared => "BLAS in turn".to_owned(),
        BlasThreads::Own => "BLAS as it likes".to_owned(),
    });
    let mut table = Table::new(std::iter::once("application".to_owned()).chain(header));
    for row in rows.iter().filter(|row| row.is_some()) {
        let label = row.map_or_else(String::new, |threads| threads.to_string());
        let cells = columns.iter().map(|&column| {
            let mut entries = entries.iter();
            let here = entries
                .find(|&&entry| cell(entry).application == *row && cell(entry).blas == column);
            here.map_or_else(|| styled(FAINT, "·"), |&entry| shown(tuning, entry))
        });
        table.row(std::iter::once(label).chain(cells));
    }
    if !columns.is_empty() {
        output.table(&table)?;
    }
    let default = entries
        .iter()
        .find(|&&entry| cell(entry).application.is_none());
    match default {
        Some(&entry) => output.line(format!("  nothing set  {}", shown(tuning, entry))),
        None => Ok(()),
    }
}

/// A cell: its median, how it compares, and what it is.
fn shown(tuning: &Tuning, entry: usize) -> String {
    let verdict = &tuning.verdict;
    let comparison = &verdict.comparisons[entry];
    let Some(median) = comparison.median else {
        return "took too long".to_owned();
    };
    let fastest = verdict.comparisons[verdict.fastest]
        .median
        .unwrap_or(median);
    let ratio = median / fastest;
    let shade = shade(ratio);
    let colour = Style::new()
        .fg_color(Some(AnsiColor::Black.into()))
        .bg_color(Some(Ansi256Color(SHADES[shade]).into()));
    let mark = if entry == verdict.recommended {
        "←"
    } else if comparison.tied {
        "="
    } else {
        " "
    };
    let text = format!("{} {} {ratio:.2}×", BARS[shade], seconds(median));
    format!("{}{mark}", styled(colour, format!("{text} ")))
}

/// Which shade: twice as slow as the fastest is half of the way, and four times
/// as slow the end.
fn shade(ratio: f64) -> usize {
    const STEPS: [f64; 5] = [1.02, 1.15, 1.5, 2.0, 4.0];
    STEPS.iter().filter(|&&step| ratio > step).count()
}

/// Three digits, and the unit that suits them.
fn seconds(seconds: f64) -> String {
    let (number, unit) = match seconds {
        short if short < 1e-3 => (short * 1e6, "µs"),
        short if short < 1.0 => (short * 1e3, "ms"),
        long => (long, "s"),
    };
    let digits = match number {
        small if small < 10.0 => 2,
        middle if middle < 100.0 => 1,
        _ => 0,
    };
    format!("{number:.digits$} {unit}")
}

fn legend(tuning: &Tuning, output: &mut Output) -> Result<(), Error> {
    let tied = tuning.verdict.comparisons.iter().enumerate();
    let tied = tied.filter(|(entry, one)| one.tied && *entry != tuning.verdict.recommended);
    let tied = if tied.count() > 0 {
        "; = as fast, as far as can be told"
    } else {
        ""
    };
    let left_out = tuning.race.dropped.iter().flatten().count();
    let left_out = match left_out {
        0 => String::new(),
        1 => "; 1 was clearly slower and run less often".to_owned(),
        many => format!("; {many} were clearly slower and run less often"),
    };
    let text = format!("  medians, and how many times the fastest; ← recommended{tied}{left_out}");
    output.line(styled(FAINT, text))
}

fn recommendation(tuning: &Tuning, output: &mut Output) -> Result<(), Error> {
    let recommended = tuning.verdict.recommended;
    let cell = &tuning.entries[recommended].cell;
    output.line("")?;
    let answer = styled(GOOD.bold(), words::answer(tuning));
    output.line(format!("  {answer}"))?;
    let variant = words::variant(tuning, recommended);
    let pairs = cell.variables.iter();
    let pairs: Vec<String> = pairs
        .map(|one| format!("{}={}", one.name, one.value))
        .collect();
    let set = if pairs.is_empty() {
        let cleared: Vec<&str> = tuning.asked.cleared.iter().map(String::as_str).collect();
        format!("unset {}", cleared.join(" "))
    } else {
        pairs.join(" ")
    };
    output.line(format!("  {variant}{set}"))?;
    output.line(format!("  {}", words::certainty(tuning)))
}
