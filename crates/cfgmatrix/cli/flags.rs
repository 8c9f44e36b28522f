//! `cfgmatrix flags`

use std::ffi::OsStr;

use cfgmatrix_core::{
    Answer, Arch, CompilerSpec, KnowledgeBase, Language, Os, Support, Target, Toolchain, Want,
    emit::FORMAT_VERSION,
};
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::output::{BAD, FAINT, GOOD, HEADING, Output, Table, print_warning, styled};
use super::{Error, exit};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The compiler: FAMILY, FAMILY@VERSION, or the path or name of an executable.
    #[arg(short, long, value_name = "COMPILER", required_unless_present_any = ["list", "list_features"])]
    compiler: Option<String>,
    /// Only this language [default: all that the compiler and the feature have].
    #[arg(short, long)]
    language: Vec<Language>,
    /// Operating system built for [default: this one where the family exists, else the family's home].
    #[arg(long)]
    os: Option<Os>,
    /// Processor architecture built for [default: likewise].
    #[arg(long)]
    arch: Option<Arch>,
    /// A separately installed part that is there, such as `libomp` (may be given again).
    #[arg(long, value_name = "PART")]
    with: Vec<String>,
    /// The features of a mode, beside those that are named.
    #[arg(long)]
    mode: Option<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// List the compiler families, with their other names.
    #[arg(long, conflicts_with_all = ["compiler", "list_features"])]
    list: bool,
    /// List the features, with what they mean.
    #[arg(long, conflicts_with = "compiler")]
    list_features: bool,
    /// Features, with a value where one is taken (`rpath=/opt/lib`) [default: all].
    #[arg(value_name = "FEATURE")]
    features: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Columns for people.
    Table,
    /// One document.
    Json,
}

#[derive(Serialize)]
struct FlagsJson<'a> {
    format_version: u32,
    family: &'a str,
    version: Option<String>,
    target: Target,
    features: Vec<FeatureJson<'a>>,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct FeatureJson<'a> {
    feature: &'a str,
    language: Language,
    support: Support,
    compile: Vec<String>,
    link: Vec<String>,
    reason: Option<&'a str>,
    source: Option<&'a str>,
    hint: Option<&'a str>,
    note: Option<&'a str>,
    versions: Option<String>,
    row: Option<String>,
}

impl<'a> FeatureJson<'a> {
    fn new(answer: &'a Answer<'_>) -> Self {
        let row = answer.row();
        Self {
            feature: &answer.feature.id,
            language: answer.language,
            support: answer.support,
            compile: answer.compile().map(Into::into).collect(),
            link: link(answer),
            reason: answer.reason(),
            source: row.map(|row| row.source.as_str()),
            hint: answer.hint(),
            note: row.and_then(|row| row.note.as_deref()),
            versions: row.map(|row| row.versions.to_string()),
            row: answer.source().map(|source| source.location()),
        }
    }
}

fn link(answer: &Answer<'_>) -> Vec<String> {
    answer.link().chain(answer.libs()).map(Into::into).collect()
}

pub(super) fn run(
    arguments: &Arguments,
    known: &KnowledgeBase,
    host: Target,
    output: &mut Output,
) -> Result<u8, Error> {
    if arguments.list {
        return list_families(known, arguments.format, output);
    }
    if arguments.list_features {
        return list_features(known, arguments.format, output);
    }
    let compiler = arguments
        .compiler
        .as_deref()
        .expect("clap requires it where no list is asked for");
    let mut toolchain = find(known, compiler, host)?;
    toolchain.parts.clone_from(&arguments.with);
    toolchain.target = Target {
        os: arguments.os.unwrap_or(toolchain.target.os),
        arch: arguments.arch.unwrap_or(toolchain.target.arch),
    };
    let answers = answers(known, &toolchain, arguments)?;
    let warnings = warnings(&toolchain);
    match arguments.format {
        Format::Json => output.json(&FlagsJson {
            format_version: FORMAT_VERSION,
            family: &toolchain.family.id,
            version: toolchain.version.as_ref().map(ToString::to_string),
            target: toolchain.target,
            features: answers.iter().map(FeatureJson::new).collect(),
            warnings,
        })?,
        Format::Table => {
            write_table(&toolchain, &answers, output)?;
            output.flush()?;
            warnings.iter().for_each(print_warning);
        }
    }
    let named = !arguments.features.is_empty() || arguments.mode.is_some();
    match answers.iter().find(|answer| !answer.support.is_available()) {
        Some(answer) if named => {
            output.flush()?;
            Err(cfgmatrix_core::Error::Unsupported {
                family: toolchain.title(),
                feature: answer.feature.id.clone(),
                language: answer.language,
                reason: answer.explanation(),
            }
            .into())
        }
        _ => Ok(exit::OK),
    }
}

/// The toolchain of a name, or of an executable that is asked.
fn find<'k>(
    known: &'k KnowledgeBase,
    compiler: &str,
    host: Target,
) -> Result<Toolchain<'k>, Error> {
    let looks_like_path = compiler.contains(std::path::is_separator);
    if !looks_like_path {
        let spec: CompilerSpec = compiler.parse()?;
        match known.family(&spec.family) {
            Ok(family) => {
                return Ok(known.toolchain(&spec, Some(family.target_or_home(host)), &[])?);
            }
            Err(cfgmatrix_core::Error::Unknown(word)) if which::which(compiler).is_err() => {
                return Err(match spec.version {
                    // With a version it can only have been meant as a family.
                    Some(_) => cfgmatrix_core::Error::Unknown(word).into(),
                    None => Error::NoCompiler {
                        name: compiler.to_owned(),
                        suggestions: word.suggestions,
                    },
                });
            }
            Err(cfgmatrix_core::Error::Unknown(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let path = super::identify::executable(OsStr::new(compiler));
    let found = super::identify::identify_any(known, &path, &[])?;
    Ok(known.identified_toolchain(&found, host)?)
}

fn answers<'k>(
    known: &'k KnowledgeBase,
    toolchain: &Toolchain<'k>,
    arguments: &Arguments,
) -> Result<Vec<Answer<'k>>, Error> {
    for &language in &arguments.language {
        if !toolchain.family.languages.contains(&language) {
            return Err(no_language(
                &toolchain.family.id,
                language,
                &toolchain.family.languages,
            ));
        }
    }
    let languages = if arguments.language.is_empty() {
        &toolchain.family.languages
    } else {
        &arguments.language
    };
    let mut wants: Vec<Want> = arguments
        .features
        .iter()
        .map(|text| Want::from(text.as_str()))
        .collect();
    if let Some(mode) = &arguments.mode {
        wants = known.with_mode(mode, &wants)?;
    }
    let every = wants.is_empty();
    if every {
        wants = known
            .features()
            .map(|feature| Want::new(&feature.id))
            .collect();
    } else {
        known.check_wants(&wants)?;
    }
    let mut answers = Vec::new();
    for (index, want) in wants.iter().enumerate() {
        if wants[..index].contains(want) {
            continue;
        }
        let feature = known.feature(&want.feature)?;
        let mut in_some_language = false;
        for &language in languages
            .iter()
            .filter(|language| feature.languages.contains(language))
        {
            in_some_language = true;
            let mut answer = known.answer(toolchain, language, feature)?;
            answer.value.clone_from(&want.value);
            answers.push(answer);
        }
        if !in_some_language && !every {
            let language = languages.first().copied().unwrap_or(Language::C);
            return Err(no_language(
                &format!("feature `{}`", feature.id),
                language,
                &feature.languages,
            ));
        }
    }
    Ok(answers)
}

fn no_language(what: &str, language: Language, known: &[Language]) -> Error {
    let known: Vec<&str> = known.iter().map(|language| language.as_str()).collect();
    cfgmatrix_core::Error::Language {
        what: what.to_owned(),
        language,
        known: known.join(", "),
    }
    .into()
}

fn warnings(toolchain: &Toolchain<'_>) -> Vec<String> {
    let newer = toolchain.is_newer_than_known();
    newer
        .then(|| {
            format!(
                "{} is newer than {}, up to which its flags are known",
                toolchain.title(),
                toolchain.family.newest
            )
        })
        .into_iter()
        .collect()
}

fn write_table(
    toolchain: &Toolchain<'_>,
    answers: &[Answer<'_>],
    output: &mut Output,
) -> Result<(), Error> {
    let mut table = Table::new([
        "feature", "language", "support", "compile", "link", "source",
    ]);
    for answer in answers {
        let style = if answer.support.is_available() {
            GOOD
        } else {
            BAD
        };
        let support = format!("{:?}", answer.support).to_lowercase();
        let row = answer.row();
        let source = match answer.support.is_available() {
            true => row.map_or_else(String::new, |row| {
                format!("{}  {}", row.versions, row.source)
            }),
            false => answer.explanation(),
        };
        table.row([
            answer.feature.id.clone(),
            answer.language.to_string(),
            styled(style, support),
            answer.compile().collect::<Vec<_>>().join(" "),
            link(answer).join(" "),
            source,
        ]);
    }
    output.line(styled(
        HEADING,
        format!("{} for {}", toolchain.title(), toolchain.target),
    ))?;
    table
        .lines()
        .into_iter()
        .try_for_each(|line| output.line(line))
}

fn list_families(known: &KnowledgeBase, format: Format, output: &mut Output) -> Result<u8, Error> {
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
    table
        .lines()
        .into_iter()
        .try_for_each(|line| output.line(line))?;
    Ok(exit::OK)
}

fn list_features(known: &KnowledgeBase, format: Format, output: &mut Output) -> Result<u8, Error> {
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
    table
        .lines()
        .into_iter()
        .try_for_each(|line| output.line(line))?;
    output.line(styled(
        FAINT,
        "\n  features that exclude the same thing exclude each other",
    ))?;
    Ok(exit::OK)
}
