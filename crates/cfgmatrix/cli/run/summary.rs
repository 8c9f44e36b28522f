//! What came of a run.

use std::path::Path;

use cfgmatrix_build::outcome::Outcome;
use cfgmatrix_build::report::{Report, Totals};
use cfgmatrix_core::emit::FORMAT_VERSION;
use cfgmatrix_core::{Excluded, Variant};
use serde::Serialize;

use super::super::Error;
use super::super::output::{BAD, FAINT, GOOD, Output, styled};
use super::Format;

/// What is said at the end.
pub(super) struct Summary<'a> {
    pub(super) report: &'a Report,
    pub(super) directory: &'a Path,
    /// Variants that have not run and would tell why others fail.
    pub(super) further: &'a [Variant<'a>],
    pub(super) excluded: &'a [Excluded],
}

#[derive(Serialize)]
struct RunJson<'a> {
    format_version: u32,
    directory: String,
    counts: CountsJson,
    /// What explains the failures, for people.
    blame: &'a [String],
    /// Variants that have not run and would tell explanations apart.
    further: Vec<&'a str>,
    /// Groups of variants that are the same program under several names.
    duplicates: &'a [Vec<String>],
    /// In the order of the matrix; what was not begun is left out.
    outcomes: Vec<&'a Outcome>,
    excluded: Vec<ExcludedJson<'a>>,
}

#[derive(Serialize)]
struct CountsJson {
    passed: usize,
    failed: usize,
    timed_out: usize,
    refuted: usize,
    interrupted: usize,
    not_begun: usize,
}

#[derive(Serialize)]
struct ExcludedJson<'a> {
    name: &'a str,
    reason: &'a str,
}

impl Summary<'_> {
    pub(super) fn write(&self, format: Format, output: &mut Output) -> Result<(), Error> {
        match format {
            Format::Text => self.write_text(output),
            Format::Jsonl => Ok(()),
            Format::Json => output.json(&self.document()),
        }
    }

    /// What explains the failures; nothing where there are none.
    fn blame(&self) -> &[String] {
        match self.report.blame.failed {
            0 => &[],
            _ => &self.report.blame.summary,
        }
    }

    fn further(&self) -> Vec<&str> {
        let further = self.further.iter();
        further.map(|variant| variant.name.as_str()).collect()
    }

    fn document(&self) -> RunJson<'_> {
        let report = self.report;
        let rows = report.rows.iter();
        let excluded = self.excluded.iter();
        RunJson {
            format_version: FORMAT_VERSION,
            directory: self.directory.display().to_string(),
            counts: CountsJson::new(&report.totals()),
            blame: self.blame(),
            further: self.further(),
            duplicates: &report.run.duplicates,
            outcomes: rows.filter_map(|row| row.outcome.as_ref()).collect(),
            excluded: excluded
                .map(|excluded| ExcludedJson {
                    name: &excluded.name,
                    reason: &excluded.reason,
                })
                .collect(),
        }
    }

    fn write_text(&self, output: &mut Output) -> Result<(), Error> {
        let counts = CountsJson::new(&self.report.totals());
        let mut parts = vec![format!("{} passed", counts.passed)];
        for (count, word) in [
            (counts.failed, "failed"),
            (counts.timed_out, "timed out"),
            (counts.refuted, "not what they are said to be"),
            (counts.interrupted, "interrupted"),
            (counts.not_begun, "not begun"),
        ] {
            if count > 0 {
                parts.push(format!("{count} {word}"));
            }
        }
        let style = if parts.len() == 1 { GOOD } else { BAD };
        output.line(styled(style, parts.join(", ")))?;
        for line in self.blame() {
            output.line(format!("  {line}"))?;
        }
        if !self.further.is_empty() {
            let names = self.further().join(", ");
            output.line(format!(
                "  to tell what explains it, build {names} (`--bisect` does)"
            ))?;
        }
        for names in &self.report.run.duplicates {
            output.line(format!("  the same program: {}", names.join(", ")))?;
        }
        if let Some(first) = self.excluded.first() {
            let count = self.excluded.len();
            let text = format!("{count} excluded: {}: {}", first.name, first.reason);
            output.line(styled(FAINT, &text))?;
        }
        output.line(styled(FAINT, self.directory.display().to_string()))
    }
}

impl CountsJson {
    fn new(totals: &Totals) -> Self {
        Self {
            passed: totals.passed,
            failed: totals.failed,
            timed_out: totals.timed_out,
            refuted: totals.refuted,
            interrupted: totals.interrupted,
            not_begun: totals.missing,
        }
    }
}
