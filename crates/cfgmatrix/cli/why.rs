//! `cfgmatrix why`

use cfgmatrix_core::emit::FORMAT_VERSION;
use cfgmatrix_core::{
    Answer, Excluded, ExplainedRule, KnowledgeBase, Language, Matrix, Natural, Plan, Row,
    Selection, Space, Strength, Support, UnknownWord, Variant,
};
use clap::Args;
use serde::Serialize;

use super::expand::{MachineArguments, MatrixArguments, blas_title};
use super::output::{BAD, FAINT, Format, HEADING, Output, Table, styled};
use super::{Error, Surroundings, exit};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A variant's name, or values of axes: `compiler=gcc,mode=debug`.
    #[arg(value_name = "VARIANT|AXIS=VALUE")]
    variant: String,
    #[command(flatten)]
    matrix: MatrixArguments,
    #[command(flatten)]
    machine: MachineArguments,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Serialize)]
struct WhyJson<'a> {
    format_version: u32,
    variants: Vec<VariantJson<'a>>,
    excluded: Vec<ExcludedJson<'a>>,
    conflict: &'a [ExplainedRule],
}

#[derive(Serialize)]
struct VariantJson<'a> {
    name: &'a str,
    id: &'a str,
    flags: Vec<FlagJson<'a>>,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct ExcludedJson<'a> {
    name: &'a str,
    rule: &'a str,
    reason: &'a str,
}

impl<'a> ExcludedJson<'a> {
    fn new(excluded: &'a Excluded) -> Self {
        Self {
            name: &excluded.name,
            rule: excluded.rule.as_str(),
            reason: &excluded.reason,
        }
    }
}

/// Why some tokens are there: a feature's row, or a library's.
#[derive(Serialize)]
struct FlagJson<'a> {
    /// Feature id, or `blas.<threading>`.
    feature: String,
    language: Option<Language>,
    support: Support,
    compile: Vec<String>,
    link: Vec<String>,
    family: &'a str,
    versions: Option<String>,
    /// What other versions are told.
    other_versions: Vec<OtherJson<'a>>,
    row: Option<String>,
    source: Option<&'a str>,
    note: Option<&'a str>,
}

#[derive(Serialize)]
struct OtherJson<'a> {
    versions: String,
    support: Support,
    compile: &'a [String],
}

impl<'a> OtherJson<'a> {
    fn new(row: &'a Row) -> Self {
        Self {
            versions: row.versions.to_string(),
            support: row.support,
            compile: &row.compile,
        }
    }

    fn text(&self) -> String {
        let tokens = self.compile.join(" ");
        let said = if tokens.is_empty() {
            format!("{:?}", self.support).to_lowercase()
        } else {
            tokens
        };
        format!("{}: {said}", self.versions)
    }
}

impl<'a> FlagJson<'a> {
    fn of_feature(
        known: &'a KnowledgeBase,
        variant: &'a Variant<'a>,
        answer: &'a Answer<'a>,
    ) -> Result<Self, Error> {
        let row = answer.row();
        let toolchain = variant.toolchain.as_ref();
        let toolchain = toolchain.expect("only a compiler answers for features");
        let other = known.other_versions(toolchain, answer)?;
        Ok(Self {
            feature: answer.feature.id.clone(),
            language: Some(answer.language),
            support: answer.support,
            compile: answer.compile().map(Into::into).collect(),
            link: answer.link().chain(answer.libs()).map(Into::into).collect(),
            family: answer.family,
            versions: row.map(|row| row.versions.to_string()),
            other_versions: other.into_iter().map(OtherJson::new).collect(),
            row: answer.source().map(|source| source.location()),
            source: row.map(|row| row.source.as_str()),
            note: row.and_then(|row| row.note.as_deref()),
        })
    }

    /// Family and versions, and what the others are told, for people.
    fn applies_to(&self) -> String {
        let Some(versions) = &self.versions else {
            return self.family.to_owned();
        };
        let others: Vec<String> = self.other_versions.iter().map(OtherJson::text).collect();
        match others.is_empty() {
            true => format!("{} {versions}", self.family),
            false => format!("{} {versions} ({})", self.family, others.join(", ")),
        }
    }

    fn of_blas(variant: &'a Variant<'_>) -> Option<Self> {
        let blas = variant.blas.as_ref()?;
        Some(Self {
            feature: format!("blas.{}", blas.row.threading.as_str()),
            language: None,
            support: Support::Flags,
            compile: blas.compile_tokens().collect(),
            link: blas.link_tokens().map(str::to_owned).collect(),
            family: &blas.library.id,
            versions: None,
            other_versions: Vec::new(),
            row: Some(blas.source.location()),
            source: Some(&blas.row.source),
            note: blas.row.note.as_deref(),
        })
    }
}

/// So many variants are explained at once.
const SHOWN: usize = 50;
/// Among so many names a near one is looked for.
const SUGGESTED_FROM: usize = 4096;

/// What is known of the rows that are meant.
#[derive(Default)]
struct Found<'k> {
    variants: Vec<Variant<'k>>,
    excluded: Vec<Excluded>,
    /// The smallest set of rules that exclude all rows of a selection.
    conflict: Vec<ExplainedRule>,
    /// How many variants are meant, where that is more than are explained.
    more_than_shown: Option<String>,
}

impl<'k> Found<'k> {
    fn add(&mut self, space: &Space<'k>, selection: &Selection) -> Result<(), Error> {
        let plan = Plan {
            strength: Some(Strength::All),
            ..Plan::default()
        };
        let variants = space.variants(selection, &plan)?.take(SHOWN);
        let before = self.variants.len();
        for variant in variants {
            self.variants.push(variant?);
        }
        if self.variants.len() == SHOWN {
            let count = space.count(selection)?;
            self.more_than_shown = (count > Natural::from(SHOWN as u64)).then(|| count.to_string());
        }
        self.excluded.extend(space.excluded(selection)?);
        if self.variants.len() == before {
            self.conflict
                .extend(space.conflict(selection).unwrap_or_default());
        }
        Ok(())
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
    let space = arguments.matrix.space(&matrix, known, report.as_ref())?;
    let mut found = Found::default();
    if arguments.variant.contains('=') {
        let mut select = arguments.matrix.select.clone();
        select.push(arguments.variant.clone());
        found.add(&space, &space.select(&select)?)?;
    } else {
        for selection in space.select_name(&arguments.variant) {
            found.add(&space, &selection)?;
        }
    }
    let nothing =
        found.variants.is_empty() && found.excluded.is_empty() && found.conflict.is_empty();
    if nothing {
        let names = space.names(SUGGESTED_FROM);
        return Err(cfgmatrix_core::Error::Unknown(UnknownWord::new(
            "variant",
            &arguments.variant,
            names.iter().map(String::as_str),
        ))
        .into());
    }
    match arguments.format {
        Format::Json => output.json(&WhyJson {
            format_version: FORMAT_VERSION,
            variants: found
                .variants
                .iter()
                .map(|variant| variant_json(known, variant))
                .collect::<Result<_, _>>()?,
            excluded: found.excluded.iter().map(ExcludedJson::new).collect(),
            conflict: &found.conflict,
        })?,
        Format::Text => write(&found, known, &matrix, output)?,
    }
    Ok(exit::OK)
}

fn write(
    found: &Found<'_>,
    known: &KnowledgeBase,
    matrix: &Matrix,
    output: &mut Output,
) -> Result<(), Error> {
    for variant in &found.variants {
        write_variant(known, variant, output)?;
    }
    if let Some(count) = &found.more_than_shown {
        output.line(format!(
            "{count} variants are meant, and {SHOWN} are shown; name more values to see others"
        ))?;
    }
    for excluded in &found.excluded {
        write_excluded(excluded, matrix, output)?;
    }
    if found.conflict.len() > 1 || found.excluded.is_empty() && !found.conflict.is_empty() {
        let heading = match found.conflict.len() {
            1 => "this rule excludes all of it",
            _ => "only together do these rules exclude all of it",
        };
        output.line(styled(HEADING, heading))?;
        for rule in &found.conflict {
            let place = rule
                .place
                .as_ref()
                .map_or_else(String::new, |place| format!("  ({place})"));
            output.line(format!(
                "  {}  {}{}",
                rule.rule,
                rule.reason,
                styled(FAINT, place)
            ))?;
        }
    }
    Ok(())
}

fn variant_json<'a>(
    known: &'a KnowledgeBase,
    variant: &'a Variant<'a>,
) -> Result<VariantJson<'a>, Error> {
    let features = variant
        .answers
        .iter()
        .map(|answer| FlagJson::of_feature(known, variant, answer));
    let mut flags = features.collect::<Result<Vec<_>, _>>()?;
    flags.extend(FlagJson::of_blas(variant));
    Ok(VariantJson {
        name: &variant.name,
        id: &variant.configuration.id,
        flags,
        warnings: variant.warnings(),
    })
}

fn write_variant(
    known: &KnowledgeBase,
    variant: &Variant<'_>,
    output: &mut Output,
) -> Result<(), Error> {
    output.line(styled(HEADING, &variant.name))?;
    output.line(format!("  id        {}", variant.configuration.id))?;
    if let Some(toolchain) = &variant.toolchain {
        output.line(format!(
            "  compiler  {} for {}",
            toolchain.title(),
            toolchain.target
        ))?;
    }
    if variant.blas.is_some() {
        output.line(format!("  BLAS      {}", blas_title(variant)))?;
    }
    let mut table = Table::new(["flags", "for", "because of", "known for", "row", "source"]);
    for flag in &variant_json(known, variant)?.flags {
        let mut tokens = flag.compile.clone();
        tokens.extend(
            flag.link
                .iter()
                .filter(|token| !flag.compile.contains(token))
                .cloned(),
        );
        let shown = if tokens.is_empty() {
            "(none needed)".to_owned()
        } else {
            tokens.join(" ")
        };
        let source = flag.source.unwrap_or_default().to_owned();
        let language = flag
            .language
            .map_or_else(|| "link".to_owned(), |language| language.to_string());
        table.row([
            shown,
            language,
            flag.feature.clone(),
            flag.applies_to(),
            flag.row.clone().unwrap_or_default(),
            source,
        ]);
    }
    output.line("")?;
    output.table(&table)?;
    let mut notes: Vec<&str> = Vec::new();
    let of_features = variant
        .answers
        .iter()
        .filter_map(|answer| answer.row()?.note.as_deref());
    let of_blas = variant
        .blas
        .iter()
        .filter_map(|blas| blas.row.note.as_deref());
    for note in of_features.chain(of_blas) {
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    for note in notes {
        output.line(styled(FAINT, format!("  note: {note}")))?;
    }
    variant
        .warnings()
        .iter()
        .try_for_each(|warning| output.line(format!("  warning: {warning}")))?;
    output.line("")
}

fn write_excluded(excluded: &Excluded, matrix: &Matrix, output: &mut Output) -> Result<(), Error> {
    output.line(format!(
        "{}  {}",
        styled(HEADING, &excluded.name),
        styled(BAD, "excluded")
    ))?;
    output.line(format!(
        "  rule    {} of {}",
        excluded.rule.as_str(),
        matrix.name()
    ))?;
    output.line(format!("  reason  {}", excluded.reason))
}
