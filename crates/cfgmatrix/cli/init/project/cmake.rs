//! `CMakeLists.txt`

use std::collections::HashMap;
use std::ops::Range;

use cfgmatrix_core::Language;

use super::{Fact, Reading, words};

/// A command with its arguments, lists taken apart.
struct Command {
    /// In lower case, as CMake does not tell the cases apart.
    name: String,
    arguments: Vec<String>,
    span: Range<usize>,
}

/// Values of variables longer than this are of no use here.
const MAX_VALUE: usize = 200;

pub(super) fn read(reading: &mut Reading<'_>) -> Result<(), String> {
    let (commands, unclosed) = commands(reading.text);
    let mut variables: HashMap<String, String> = HashMap::new();
    // What stands in a condition, or in a function, may never come about.
    let mut conditions = 0_usize;
    for command in commands {
        let arguments: Vec<String> = command
            .arguments
            .iter()
            .map(|argument| resolved(argument, &variables))
            .collect();
        match (command.name.as_str(), arguments.as_slice()) {
            ("if" | "function" | "macro", _) => conditions += 1,
            ("endif" | "endfunction" | "endmacro", _) => conditions = conditions.saturating_sub(1),
            ("set", [name, value]) => {
                variables.insert(name.clone(), value.clone());
            }
            _ => {}
        }
        for (fact, required) in facts(&command.name, &arguments) {
            reading.note_call(fact, required && conditions == 0, &command.span);
        }
    }
    match unclosed {
        Some(at) => {
            Err(reading.warning(at, "what begins here is not closed; the rest is not read"))
        }
        None => Ok(()),
    }
}

/// What a command says, and whether the project needs that.
fn facts(command: &str, arguments: &[String]) -> Vec<(Fact, bool)> {
    let required = arguments.iter().any(|word| word == "REQUIRED");
    let all = arguments.iter();
    match command {
        "project" => project(arguments),
        "enable_language" => all
            .filter_map(|word| language(word))
            .map(|language| (Fact::Language(language), true))
            .collect(),
        "find_package" => arguments
            .first()
            .and_then(|name| words::package(name))
            .map(|fact| (fact, required))
            .into_iter()
            .collect(),
        "pkg_check_modules" | "pkg_search_module" => all
            .skip(1)
            .filter_map(|module| words::package(module.split(['>', '<', '=']).next()?))
            .map(|fact| (fact, required))
            .collect(),
        "target_link_libraries" | "link_libraries" | "find_library" => all
            .filter_map(|word| linked(word))
            .map(|fact| (fact, true))
            .collect(),
        // `set(CMAKE_C_FLAGS "${CMAKE_C_FLAGS} -fopenmp")`, `add_compile_options(-fopenmp)`
        _ => all
            .flat_map(|argument| argument.split_whitespace())
            .filter_map(words::flag)
            .map(|fact| (fact, true))
            .collect(),
    }
}

fn project(arguments: &[String]) -> Vec<(Fact, bool)> {
    let Some((name, rest)) = arguments.split_first() else {
        return Vec::new();
    };
    let mut facts = Vec::new();
    if !name.contains("${") && !name.is_empty() {
        facts.push(Fact::Name(name.clone()));
    }
    let mut listed = false;
    let mut rest = rest.iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "VERSION" | "COMPAT_VERSION" | "DESCRIPTION" | "HOMEPAGE_URL" | "SPDX_LICENSE" => {
                rest.next();
            }
            "LANGUAGES" => {}
            other => {
                listed = true;
                facts.extend(language(other).map(Fact::Language));
            }
        }
    }
    if !listed {
        // CMake's default.
        facts.extend([Language::C, Language::Cxx].map(Fact::Language));
    }
    facts.into_iter().map(|fact| (fact, true)).collect()
}

fn language(word: &str) -> Option<Language> {
    match word {
        "C" => Some(Language::C),
        "CXX" => Some(Language::Cxx),
        "Fortran" => Some(Language::Fortran),
        _ => None,
    }
}

/// What a word after `target_link_libraries` says.
fn linked(word: &str) -> Option<Fact> {
    let variable = word
        .strip_prefix("${")
        .and_then(|rest| rest.split_once('_'))
        .map(|(package, _)| package);
    let target = word.split_once("::").map(|(package, _)| package);
    match variable.or(target) {
        Some(package) => words::package(package),
        None => words::flag(word).or_else(|| words::library(word)),
    }
}

/// An argument with the variables that are known in place of their names.
fn resolved(argument: &str, variables: &HashMap<String, String>) -> String {
    let mut resolved = String::new();
    let mut rest = argument;
    while let Some((before, after)) = rest.split_once("${") {
        resolved.push_str(before);
        let value = after
            .split_once('}')
            .and_then(|(name, after)| Some((variables.get(name)?, after)));
        match value {
            Some((value, after)) if resolved.len() + value.len() <= MAX_VALUE => {
                resolved.push_str(value);
                rest = after;
            }
            _ => {
                resolved.push_str("${");
                rest = after;
            }
        }
    }
    resolved.push_str(rest);
    resolved
}

/// The commands of a file, and where something begins that has no end.
fn commands(text: &str) -> (Vec<Command>, Option<usize>) {
    let mut commands = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if c == '#' {
            match comment(rest) {
                Some(length) => at += length,
                None => return (commands, Some(at)),
            }
        } else if c.is_ascii_alphabetic() || c == '_' {
            let end = rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .unwrap_or(rest.len());
            let spaces = rest[end..].len() - rest[end..].trim_start_matches([' ', '\t']).len();
            let open = end + spaces;
            if !rest[open..].starts_with('(') {
                at += end;
                continue;
            }
            let Some((arguments, length)) = arguments(&rest[open + 1..]) else {
                return (commands, Some(at));
            };
            commands.push(Command {
                name: rest[..end].to_ascii_lowercase(),
                arguments,
                span: at..at + open + 1 + length,
            });
            at += open + 1 + length;
        } else {
            at += c.len_utf8();
        }
    }
    (commands, None)
}

/// The length of a comment, of a line or in brackets.
fn comment(rest: &str) -> Option<usize> {
    match bracket(&rest[1..]) {
        Some(Some((_, length))) => Some(1 + length),
        Some(None) => None,
        None => Some(rest.find('\n').unwrap_or(rest.len())),
    }
}

/// `[==[ … ]==]` at the beginning: its content and length. `None` where there is
/// none, and `Some(None)` where it has no end.
fn bracket(rest: &str) -> Option<Option<(&str, usize)>> {
    let after = rest.strip_prefix('[')?;
    let equals = after.len() - after.trim_start_matches('=').len();
    let content = after[equals..].strip_prefix('[')?;
    let closing = format!("]{}]", "=".repeat(equals));
    let begins = rest.len() - content.len();
    Some(
        content
            .find(&closing)
            .map(|end| (&content[..end], begins + end + closing.len())),
    )
}

/// The arguments up to the `)` that closes the command, and the length with it.
fn arguments(text: &str) -> Option<(Vec<String>, usize)> {
    let mut arguments = Vec::new();
    let mut depth = 1_usize;
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let c = rest.chars().next()?;
        match c {
            '(' => {
                depth += 1;
                at += 1;
            }
            ')' => {
                depth -= 1;
                at += 1;
                if depth == 0 {
                    return Some((arguments, at));
                }
            }
            '#' => at += comment(rest)?,
            '"' => {
                let (content, length) = quoted(rest)?;
                arguments.push(content);
                at += length;
            }
            '[' => match bracket(rest) {
                Some(found) => {
                    let (content, length) = found?;
                    arguments.push(content.to_owned());
                    at += length;
                }
                None => {
                    arguments.push("[".to_owned());
                    at += 1;
                }
            },
            _ if c.is_whitespace() => at += c.len_utf8(),
            _ => {
                let end = rest
                    .find(|c: char| c.is_whitespace() || "()#\"".contains(c))
                    .unwrap_or(rest.len());
                let words = rest[..end].split(';').filter(|word| !word.is_empty());
                arguments.extend(words.map(str::to_owned));
                at += end;
            }
        }
    }
}

/// The content of a quoted argument, and its length.
fn quoted(rest: &str) -> Option<(String, usize)> {
    let mut content = String::new();
    let mut at = 1;
    loop {
        let c = rest[at..].chars().next()?;
        at += c.len_utf8();
        match c {
            '"' => return Some((content, at)),
            '\\' => {
                let escaped = rest[at..].chars().next()?;
                at += escaped.len_utf8();
                if escaped != '\n' {
                    content.push(escaped);
                }
            }
            _ => content.push(c),
        }
    }
}
