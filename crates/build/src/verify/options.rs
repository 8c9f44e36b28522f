//! How the code was compiled: optimisation, debug information, assertions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cfgmatrix_core::{KnowledgeBase, Language, Support, Variant};

use super::compiler::language;
use super::scene::{Seen, Stage};
use super::source::{is_source, language_of};
use super::{Judgement, some_of};
use crate::artifact::{Assertions, Format, Optimisation, Role, Unit};
use crate::outcome::Claim;

pub(super) fn judge(
    variant: &Variant<'_>,
    known: &KnowledgeBase,
    stage: &Stage<'_>,
    claims: &mut Vec<Claim>,
) {
    let asked = |feature: &str| {
        let mut answers = variant.answers.iter();
        answers.any(|answer| answer.feature.id == feature)
    };
    let levels = levels(variant);
    for seen in &stage.artifacts {
        let own = stage.own_units(seen);
        let artifact = Some(seen.name.as_str());
        if let Some(claimed) = shown(&levels).filter(|_| !is_of_rust(seen, &own)) {
            let judgement = optimisation(seen, &own, &levels, stage);
            claims.push(judgement.of("optimisation", artifact, &claimed));
        }
        if asked("debug") {
            let judgement = debug_information(seen, &own);
            claims.push(judgement.of("debug-info", artifact, "debug information"));
        }
        if asked("ndebug") {
            let judgement = no_assertions(seen, &own, stage);
            claims.push(judgement.of("assertions", artifact, "no assertions"));
        } else if keeps_assertions(variant, known)
            && let Some(judgement) = assertions(seen, &own, stage)
        {
            claims.push(judgement.of("assertions", artifact, "assertions"));
        }
    }
}

/// Whether the variant's mode rules out that assertions go.
fn keeps_assertions(variant: &Variant<'_>, known: &KnowledgeBase) -> bool {
    let mode = variant.axes.iter().find(|(axis, _)| axis == "mode");
    mode.and_then(|(_, value)| known.mode(value).ok())
        .is_some_and(|mode| mode.never.iter().any(|feature| feature == "ndebug"))
}

type Levels = BTreeMap<Language, Optimisation>;

/// The level that each language is compiled with, where the flag is of a form
/// that compilers record.
fn levels(variant: &Variant<'_>) -> Levels {
    variant
        .answers
        .iter()
        .filter(|answer| answer.feature.group.as_deref() == Some("opt"))
        .filter_map(|answer| {
            let tokens: Vec<_> = answer.compile().collect();
            let level = match Optimisation::of_command_line(&tokens.join(" ")) {
                Optimisation::Unknown if answer.support == Support::Default => {
                    Optimisation::Level("0".to_owned())
                }
                level => level,
            };
            // A flag without `-O` says it in words of its own.
            let told = tokens.is_empty() || tokens.iter().any(|token| token.starts_with("-O"));
            (told && level != Optimisation::Unknown).then_some((answer.language, level))
        })
        .collect()
}

fn text(level: &Optimisation) -> String {
    match level {
        Optimisation::Level(level) => format!("-O{level}"),
        Optimisation::Unknown => "an unknown level".to_owned(),
    }
}

fn shown(levels: &Levels) -> Option<String> {
    let mut texts: Vec<String> = levels.values().map(text).collect();
    texts.sort();
    texts.dedup();
    (!texts.is_empty()).then(|| texts.join(" or "))
}

fn optimisation(seen: &Seen, own: &[&Unit], levels: &Levels, stage: &Stage<'_>) -> Judgement {
    let mut told = Compared::default();
    for unit in own {
        let name = unit.name.as_deref().unwrap_or_default();
        told.add(language(unit), &unit.optimisation, name, levels);
    }
    if let Some(judgement) = told.judge("debug information", levels) {
        return judgement;
    }
    if let Some(judgement) = recorded(seen, levels) {
        return judgement;
    }
    // The commands of the build: they are what was asked of the compiler, too.
    let mut told = Compared::default();
    let commands = stage.commands(seen);
    for command in &commands {
        let language = language_of(Path::new(&command.source));
        told.add(language, &command.optimisation, &command.source, levels);
    }
    let from = commands.first().map_or("", |command| command.from);
    told.judge(from, levels).unwrap_or_else(|| not_told(own))
}

/// Levels of sources beside those that are claimed.
#[derive(Default)]
struct Compared {
    right: BTreeSet<String>,
    /// By level.
    wrong: BTreeMap<String, Vec<String>>,
}

impl Compared {
    fn add(
        &mut self,
        language: Option<Language>,
        seen: &Optimisation,
        source: &str,
        levels: &Levels,
    ) {
        let claimed = language.and_then(|language| levels.get(&language));
        let Some(claimed) = claimed.filter(|_| *seen != Optimisation::Unknown) else {
            return;
        };
        if seen == claimed {
            self.right.insert(source.to_owned());
            return;
        }
        let names = self.wrong.entry(text(seen)).or_default();
        if !names.iter().any(|name| name == source) {
            names.push(source.to_owned());
        }
    }

    /// Nothing where nothing was told.
    fn judge(&self, from: &str, levels: &Levels) -> Option<Judgement> {
        if !self.wrong.is_empty() {
            let observed: Vec<String> = self.wrong.keys().cloned().collect();
            let wrong = self.wrong.iter();
            let evidence: Vec<String> = wrong
                .map(|(level, names)| format!("{} with {level}", some_of(names)))
                .collect();
            return Some(Judgement::refuted(
                observed.join(" and "),
                format!("{from}: {}", evidence.join("; ")),
            ));
        }
        let right = self.right.len();
        if right == 0 {
            return None;
        }
        let level = shown(levels).expect("a level was compared");
        let sources = if right == 1 { "source" } else { "sources" };
        Some(Judgement::proved(
            level,
            format!("{from} of {right} {sources}"),
        ))
    }
}

/// By recorded command lines, which do not say of which source they are; nothing
/// where there are none.
fn recorded(seen: &Seen, levels: &Levels) -> Option<Judgement> {
    let recorded = seen.artifact.optimisation(std::iter::empty());
    if recorded.is_empty() {
        return None;
    }
    let others: Vec<String> = recorded
        .iter()
        .filter(|level| !levels.values().any(|claimed| claimed == *level))
        .map(text)
        .collect();
    Some(if others.is_empty() {
        let level = shown(levels).expect("a level was compared");
        Judgement::proved(level, "recorded command lines")
    } else {
        Judgement::refuted(some_of(&others), "recorded command lines")
    })
}

/// Whether nothing in a file is of a language that compilers are chosen for, but
/// all of Rust, as the programs are that test a package.
fn is_of_rust(seen: &Seen, own: &[&Unit]) -> bool {
    let by_rust = |text: &str| text.contains("rustc version");
    let start_up = |name: &str| matches!(name, "crtstuff.c" | "crt1.o" | "crti.o");
    let mut sources = seen.content.sources.iter();
    own.iter().all(|unit| language(unit).is_none())
        && seen.artifact.symbols().complete
        && seen.artifact.comments().into_iter().any(by_rust)
        && sources.all(|name| start_up(name) || !is_source(Path::new(name)))
}

fn not_told(own: &[&Unit]) -> Judgement {
    Judgement::unknown(match own {
        [] => "no debug information of the sources, no recorded command lines, and no command of the build (`-g` or `-frecord-gcc-switches` would tell)".to_owned(),
        [unit, ..] => format!(
            "{} does not record its options (`-grecord-command-line` would tell)",
            unit.tool().unwrap_or("the compiler")
        ),
    })
}

fn debug_information(seen: &Seen, own: &[&Unit]) -> Judgement {
    let artifact = &seen.artifact;
    let with_lines = own.iter().filter(|unit| unit.lines).count();
    if artifact.role == Role::Archive {
        let bare: Vec<String> = artifact
            .images
            .iter()
            .filter(|image| image.units.is_empty())
            .filter_map(|image| image.member.clone())
            .collect();
        // A member that only holds data, or assembler's code, may have none.
        if !bare.is_empty() && with_lines > 0 {
            return Judgement::unknown(format!("{} of the archive has none", some_of(&bare)));
        }
    }
    if with_lines > 0 {
        let sources = if with_lines == 1 { "source" } else { "sources" };
        return Judgement::proved("debug information", format!("of {with_lines} {sources}"));
    }
    if !own.is_empty() {
        return Judgement::refuted("none", "debug information of the sources has no lines");
    }
    if artifact.units().next().is_some() {
        return Judgement::unknown(
            "there is debug information, and none of it is of a source below the directories that were named",
        );
    }
    if seen.content.stabs {
        return Judgement::unknown("there is debug information in an older form than is read");
    }
    if artifact.format != Format::Elf {
        return Judgement::unknown("this format keeps debug information in another file");
    }
    let why = if artifact.symbols().complete {
        "the sources were compiled without it"
    } else {
        "it was stripped, or compiled without it"
    };
    Judgement::refuted("none", format!("no debug information in the file: {why}"))
}

/// Whether assertions are gone, as was asked.
fn no_assertions(seen: &Seen, own: &[&Unit], stage: &Stage<'_>) -> Judgement {
    let told = seen.artifact.assertions();
    if own.iter().any(|unit| unit.ndebug == Some(true)) && told.answer != Assertions::Present {
        return Judgement::proved("no assertions", told.because.join("; "));
    }
    if told.answer != Assertions::Present {
        return Judgement::proved(
            "no assertions",
            "no failed assertion is called from the file",
        );
    }
    let symbol = told.because.join("; ");
    let (deciding, objects): (Vec<String>, Vec<String>) = stage
        .own_objects()
        .filter(|(_, image)| !image.symbols.assertion.undefined.is_empty())
        .map(|(name, _)| name)
        .partition(|name| stage.sources().decides(name));
    if !objects.is_empty() {
        return Judgement::refuted("assertions", format!("{symbol} from {}", some_of(&objects)));
    }
    // A source that decides about NDEBUG itself, as tests do, does what it was written for.
    let decider = deciding.first().or(stage.sources().deciding.first());
    if let Some(source) = decider {
        return Judgement::unknown(format!(
            "{symbol}, and {source} decides about NDEBUG itself"
        ));
    }
    let only_own = stage.own_objects().next().is_none()
        && seen.artifact.units().count() == own.len()
        && seen.artifact.symbols().blas.defined.is_empty()
        && seen.artifact.dynamic().is_some();
    if only_own {
        Judgement::refuted("assertions", symbol)
    } else {
        Judgement::unknown(format!(
            "{symbol}, and that may be from a library that was linked statically"
        ))
    }
}

/// Whether assertions stayed, as was asked; nothing where there are none in the source.
fn assertions(seen: &Seen, own: &[&Unit], stage: &Stage<'_>) -> Option<Judgement> {
    let gone: Vec<String> = own
        .iter()
        .filter(|unit| unit.ndebug == Some(true))
        .filter_map(|unit| unit.name.clone())
        .collect();
    if !gone.is_empty() {
        return Some(Judgement::refuted(
            "NDEBUG",
            format!("it is defined in {}", some_of(&gone)),
        ));
    }
    let command_lines = seen.artifact.command_lines();
    let flagged = command_lines
        .iter()
        .find(|line| line.split_whitespace().any(defines_ndebug));
    if let Some(line) = flagged {
        return Some(Judgement::refuted(
            "NDEBUG",
            format!("recorded command line: {line}"),
        ));
    }
    let commands = stage.commands(seen);
    let defining: Vec<String> = commands
        .iter()
        .filter(|command| command.ndebug)
        .map(|command| command.source.clone())
        .collect();
    if let Some(command) = commands.iter().find(|command| command.ndebug) {
        return Some(Judgement::refuted(
            "NDEBUG",
            format!("{}: -DNDEBUG for {}", command.from, some_of(&defining)),
        ));
    }
    let told = seen.artifact.assertions();
    if told.answer == Assertions::Present {
        return Some(Judgement::proved("assertions", told.because.join("; ")));
    }
    let sources = stage.sources();
    let compiled: Vec<String> = sources
        .asserting
        .iter()
        .filter(|source| own.iter().any(|unit| is_of(unit, source)))
        .cloned()
        .collect();
    let unoptimised = own
        .iter()
        .all(|unit| unit.optimisation == Optimisation::Level("0".to_owned()));
    if !compiled.is_empty() && unoptimised && !own.is_empty() {
        return Some(Judgement::refuted(
            "no assertions",
            format!(
                "{} has `assert` and was not optimised, and no failed assertion is called: NDEBUG was defined",
                some_of(&compiled)
            ),
        ));
    }
    if compiled.is_empty() && !own.is_empty() {
        return None;
    }
    let reason = match sources.asserting.first() {
        None => return None,
        Some(source) => format!(
            "no failed assertion is called; {source} has `assert`, and whether it is in this file, unoptimised, is not told"
        ),
    };
    Some(Judgement::unknown(reason))
}

fn defines_ndebug(word: &str) -> bool {
    word == "-DNDEBUG" || word.starts_with("-DNDEBUG=")
}

/// Whether a unit is of a source that is named relative to its directory.
fn is_of(unit: &Unit, source: &str) -> bool {
    unit.source().is_some_and(|path| path.ends_with(source))
}
