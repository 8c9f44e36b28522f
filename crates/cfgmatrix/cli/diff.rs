//! `cfgmatrix diff`

use std::path::{Path, PathBuf};

use cfgmatrix_core::emit::FORMAT_VERSION;
use cfgmatrix_core::{Difference, Document, KnowledgeBase, Matrix, Plan, Space, VariantRecord};
use clap::Args;
use serde::Serialize;

use super::output::{BAD, Format, GOOD, HEADING, Output, styled};
use super::{Error, exit};
use crate::files;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A matrix file, or what `expand --format json` printed of one.
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// Likewise.
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// As this profile of the matrices has it.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Serialize)]
struct DiffJson<'a> {
    format_version: u32,
    difference: &'a Difference,
}

pub(super) fn run(
    arguments: &Arguments,
    known: &KnowledgeBase,
    output: &mut Output,
) -> Result<u8, Error> {
    let profile = arguments.profile.as_deref();
    let before = records(&arguments.old, known, profile)?;
    let now = records(&arguments.new, known, profile)?;
    let difference = Difference::between(&before, &now);
    match arguments.format {
        Format::Json => output.json(&DiffJson {
            format_version: FORMAT_VERSION,
            difference: &difference,
        })?,
        Format::Text => write(&difference, output)?,
    }
    Ok(exit::OK)
}

/// The variants of a matrix file, or of a document that was printed of one.
fn records(
    path: &Path,
    known: &KnowledgeBase,
    profile: Option<&str>,
) -> Result<Vec<VariantRecord>, Error> {
    let document = files::read_document(path)?;
    if is_expansion(&document) {
        return Ok(VariantRecord::read(&document)?);
    }
    let matrix = Matrix::parse(document)?;
    let space = Space::new(&matrix, known, None, profile)?;
    let all = space.all();
    let plan = Plan::default();
    let variants = space.variants(&all, &plan)?;
    let records = variants.map(|variant| Ok(VariantRecord::from(&variant?)));
    records.collect()
}

/// A matrix has the key `axes` at the top, as the lines of an expansion have
/// too; only these have an id.
fn is_expansion(document: &Document) -> bool {
    let first = document.text().lines().next().unwrap_or_default();
    let line = serde_json::from_str::<VariantRecord>(first).is_ok();
    line || document.text().trim_start().starts_with('{') && VariantRecord::read(document).is_ok()
}

fn write(difference: &Difference, output: &mut Output) -> Result<(), Error> {
    output.line(styled(
        HEADING,
        format!(
            "{} came, {} went, {} renamed, {} changed, {} the same",
            difference.came.len(),
            difference.went.len(),
            difference.renamed.len(),
            difference.changed.len(),
            difference.same
        ),
    ))?;
    for name in &difference.came {
        output.line(format!("  {} {name}", styled(GOOD, "+")))?;
    }
    for name in &difference.went {
        output.line(format!("  {} {name}", styled(BAD, "-")))?;
    }
    for renamed in &difference.renamed {
        output.line(format!("  → {} is {} now", renamed.from, renamed.to))?;
    }
    for changed in &difference.changed {
        output.line(format!("  ~ {}", changed.name))?;
        for part in &changed.parts {
            let went = part
                .went
                .iter()
                .map(|token| styled(BAD, format!("-{{{token}}}")));
            let came = part
                .came
                .iter()
                .map(|token| styled(GOOD, format!("+{{{token}}}")));
            let tokens: Vec<String> = went.chain(came).collect();
            output.line(format!("      {}  {}", part.part, tokens.join(" ")))?;
        }
    }
    Ok(())
}
