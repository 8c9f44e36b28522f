//! `meson.build`

use cfgmatrix_core::Language;

use super::script::{Argument, MESON, Token, calls, tokens};
use super::{Fact, Reading, words};

pub(super) fn read(reading: &mut Reading<'_>) -> Result<(), String> {
    let (tokens, unclosed) = tokens(reading.text, MESON);
    let conditional = conditional(&tokens);
    for call in calls(&tokens, "project", MESON) {
        let mut positional = strings(&call.arguments);
        if let Some(name) = positional.next() {
            reading.note_call(Fact::Name(name.to_owned()), true, &call.span);
        }
        for language in positional.filter_map(language) {
            reading.note_call(Fact::Language(language), true, &call.span);
        }
    }
    for call in calls(&tokens, "add_languages", MESON) {
        let required = is_required(&call.arguments) && !conditional[call.name];
        for language in strings(&call.arguments).filter_map(language) {
            reading.note_call(Fact::Language(language), required, &call.span);
        }
    }
    for function in ["dependency", "find_library"] {
        for call in calls(&tokens, function, MESON) {
            let required = is_required(&call.arguments) && !conditional[call.name];
            for fact in strings(&call.arguments).filter_map(words::package) {
                reading.note_call(fact, required, &call.span);
            }
        }
    }
    let texts = tokens
        .iter()
        .filter_map(|token| Some((token.text()?, token.at)));
    for (text, at) in texts {
        if let Some(fact) = words::flag(text) {
            reading.note(fact, false, at);
        }
    }
    match unclosed {
        Some(at) => Err(reading.warning(
            at,
            "the string that begins here is not closed; the rest is not read",
        )),
        None => Ok(()),
    }
}

/// The strings that are no named arguments.
fn strings(arguments: &[Argument]) -> impl Iterator<Item = &str> {
    arguments
        .iter()
        .filter(|argument| argument.name.is_none())
        .filter_map(|argument| argument.token.text())
}

/// Whether `required` is left out, or `true`.
fn is_required(arguments: &[Argument]) -> bool {
    arguments
        .iter()
        .filter(|argument| argument.name.as_deref() == Some("required"))
        .all(|argument| argument.token.name() == Some("true"))
}

/// For each token, whether it stands within an `if`.
fn conditional(tokens: &[Token]) -> Vec<bool> {
    let mut depth = 0_usize;
    let within = tokens.iter().map(|token| {
        match token.name() {
            Some("if") => depth += 1,
            Some("endif") => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > 0
    });
    within.collect()
}

fn language(word: &str) -> Option<Language> {
    match word {
        "c" => Some(Language::C),
        "cpp" => Some(Language::Cxx),
        "fortran" => Some(Language::Fortran),
        _ => None,
    }
}
