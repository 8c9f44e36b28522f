//! `cfgmatrix flags`

mod line;
mod list;

use std::ffi::OsStr;

use cfgmatrix_core::{
    Arch, CompilerSpec, KnowledgeBase, Language, Os, Target, Toolchain, Want, emit::FORMAT_VERSION,
};
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::output::{BAD, GOOD, HEADING, Output, Table, print_warning, styled};
use super::{Error, exit};
use line::Line;

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
    features: &'a [Line],
    warnings: Vec<String>,
}

pub(super) fn run(
    arguments: &Arguments,
    known: &KnowledgeBase,
    host: Target,
    output: &mut Output,
) -> Result<u8, Error> {
    if arguments.list {
        return list::families(known, arguments.format, output);
    }
    if arguments.list_features {
        return list::features(known, arguments.format, output);
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
    let wants = wants(known, arguments)?;
    let named = !wants.is_empty();
    let languages = languages(&toolchain, arguments)?;
    let lines = line::lines(known, &toolchain, languages, &wants)?;
    let warnings = toolchain.warning().into_iter().collect();
    match arguments.format {
        Format::Json => output.json(&FlagsJson {
            format_version: FORMAT_VERSION,
            family: &toolchain.family.id,
            version: toolchain.version.as_ref().map(ToString::to_string),
            target: toolchain.target,
            features: &lines,
            warnings,
        })?,
        Format::Table => {
            write_table(&toolchain, &lines, output)?;
            output.flush()?;
            warnings.iter().for_each(print_warning);
        }
    }
    match lines.iter().find(|line| !line.support.is_available()) {
        Some(line) if named => {
            output.flush()?;
            Err(cfgmatrix_core::Error::Unsupported {
                family: toolchain.title(),
                feature: line.feature.clone(),
                language: line.language,
                reason: line.explanation(),
            }
            .into())
        }
        _ => Ok(exit::OK),
    }
}

/// What is asked for; nothing stands for everything.
fn wants(known: &KnowledgeBase, arguments: &Arguments) -> Result<Vec<Want>, Error> {
    let wants: Vec<Want> = arguments
        .features
        .iter()
        .map(|text| Want::from(text.as_str()))
        .collect();
    match &arguments.mode {
        Some(mode) => Ok(known.with_mode(mode, &wants)?),
        None => Ok(wants),
    }
}

fn languages<'a>(
    toolchain: &Toolchain<'a>,
    arguments: &'a Arguments,
) -> Result<&'a [Language], Error> {
    let family = toolchain.family;
    match arguments
        .language
        .iter()
        .find(|language| !family.languages.contains(language))
    {
        Some(&language) => Err(no_language(&family.id, language, &family.languages)),
        None if arguments.language.is_empty() => Ok(&family.languages),
        None => Ok(&arguments.language),
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

fn no_language(what: &str, language: Language, known: &[Language]) -> Error {
    let known: Vec<&str> = known.iter().map(|language| language.as_str()).collect();
    cfgmatrix_core::Error::Language {
        what: what.to_owned(),
        language,
        known: known.join(", "),
    }
    .into()
}

fn write_table(
    toolchain: &Toolchain<'_>,
    lines: &[Line],
    output: &mut Output,
) -> Result<(), Error> {
    let mut table = Table::new([
        "feature", "language", "support", "compile", "link", "source",
    ]);
    for line in lines {
        let available = line.support.is_available();
        let support = format!("{:?}", line.support).to_lowercase();
        let source = if available {
            line.origin()
        } else {
            line.explanation()
        };
        table.row([
            line.feature.clone(),
            line.language.to_string(),
            styled(if available { GOOD } else { BAD }, support),
            line.compile.join(" "),
            line.link.join(" "),
            source,
        ]);
    }
    output.line(styled(
        HEADING,
        format!("{} for {}", toolchain.title(), toolchain.target),
    ))?;
    output.table(&table)
}
