//! `cfgmatrix flags --list` and `--list-features`

use cfgmatrix_core::{KnowledgeBase, Language, Target, emit::FORMAT_VERSION};
use serde::Serialize;

use super::super::output::{FAINT, Output, Table, styled};
use super::super::{Error, exit};
use super::Format;

pub(super) fn families(
    known: &KnowledgeBase,
    format: Format,
    output: &mut Output,
) -> Result<u8, Error> {
    #[derive(Serialize)]
    struct FamilyJson<'a> {
        id: &'a str,
        name: &'a str,
        aliases: &'a [String],
        languages: &'a [Language],
        targets: &'a [Target],
        newest: String,
    }
    let families = known
        .family_ids()
        .map(|id| known.family(id))
        .collect::<Result<Vec<_>, _>>()?;
    if format == Format::Json {
        let families = families.iter().map(|family| FamilyJson {
            id: &family.id,
            name: &family.name,
            aliases: &family.aliases,
            languages: &family.languages,
            targets: &family.targets,
            newest: family.newest.to_string(),
        });
        output.json(&serde_json::json!({ "format_version": FORMAT_VERSION, "families": families.collect::<Vec<_>>() }))?;
        return Ok(exit::OK);
    }
    let mut table = Table::new(["family", "product", "languages", "known to", "other names"]);
    for family in families {
        let languages: Vec<&str> = family
            .languages
            .iter()
            .map(|language| language.as_str())
            .collect();
        table.row([
            family.id.clone(),
            family.name.clone(),
            languages.join(" "),
            family.newest.to_string(),
            family.aliases.join(" "),
        ]);
    }
    output.table(&table)?;
    Ok(exit::OK)
}

pub(super) fn features(
    known: &KnowledgeBase,
    format: Format,
    output: &mut Output,
) -> Result<u8, Error> {
    #[derive(Serialize)]
    struct FeatureJson<'a> {
        id: &'a str,
        meaning: &'a str,
        languages: &'a [Language],
        group: Option<&'a str>,
        parameter: Option<&'a str>,
        redistributable: bool,
        prove: &'a str,
    }
    let features: Vec<_> = known.features().chain(known.march_features()?).collect();
    if format == Format::Json {
        let features = features.iter().map(|feature| FeatureJson {
            id: &feature.id,
            meaning: &feature.meaning,
            languages: &feature.languages,
            group: feature.group.as_deref(),
            parameter: feature.parameter.as_deref(),
            redistributable: feature.redistributable,
            prove: &feature.prove,
        });
        output.json(&serde_json::json!({ "format_version": FORMAT_VERSION, "features": features.collect::<Vec<_>>() }))?;
        return Ok(exit::OK);
    }
    let mut table = Table::new(["feature", "languages", "excludes", "meaning"]);
    for feature in features {
        let languages: Vec<&str> = feature
            .languages
            .iter()
            .map(|language| language.as_str())
            .collect();
        let id = feature.parameter.as_ref().map_or_else(
            || feature.id.clone(),
            |parameter| format!("{}={}", feature.id, parameter.to_uppercase()),
        );
        table.row([
            id,
            languages.join(" "),
            feature.group.clone().unwrap_or_default(),
            feature.meaning.clone(),
        ]);
    }
    output.table(&table)?;
    output.line(styled(
        FAINT,
        "\n  features that exclude the same thing exclude each other; blas.sequential, blas.threaded, blas.openmp, … (with =LIBRARY where it is not the family's usual one) say how BLAS is linked",
    ))?;
    Ok(exit::OK)
}
