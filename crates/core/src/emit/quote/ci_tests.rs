//! Texts in pipelines: each service's reading of a text is written here from its
//! own description, and what is quoted is read back as what it was.

use std::collections::HashMap;

use proptest::prelude::*;
use yaml_rust2::{Yaml, YamlLoader};

use super::*;

/// Texts with much of what means something to some service or to YAML.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => "[a-zA-Z0-9._/=-]{0,4}",
        6 => prop::sample::select(&[
            " ", "\t", "\n", "\r", "\r\n", "'", "''", "\"", "\\", "\\\\", "$", "$$", "${", "$(", "$[", "${{", "}}", "}",
            ")", "]", "<<", "<", ">>", "#", " #", ":", ": ", "-", "- ", "?", "? ", "!", "&", "*", "@", "`", "%", "|", ">",
            "{", "[", ",", "~", "yes", "no", "on", "null", "1.10", "0x1F", "1e3", "1_000", "1:20", "2024-01-01", "=",
            "<<: x", "---", "...", ".inf", ".nan", "\u{85}", "\u{a0}", "\u{7f}", "\u{1}", "\u{1b}", "\u{2028}",
            "\u{2029}", "\u{feff}", "\u{fffd}", "\u{fffe}", "\u{200b}", "\u{202e}", "é", "日本", "\u{1f600}",
        ][..]).prop_map(str::to_owned),
        1 => any::<char>().prop_filter("no NUL", |c| *c != '\0').prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..7).prop_map(|pieces| pieces.concat())
}

/// What GitHub makes of a text: all of it is an expression that is one text in
/// quotes, or none of it is.
fn read_github(text: &str) -> String {
    if !text.contains("${{") {
        return text.to_owned();
    }
    let inner = text
        .strip_prefix("${{")
        .unwrap()
        .trim_start()
        .strip_prefix('\'')
        .unwrap();
    let (mut read, mut rest) = (String::new(), inner);
    loop {
        let end = rest.find('\'').unwrap();
        read.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        let Some(more) = rest.strip_prefix('\'') else {
            break;
        };
        read.push('\'');
        rest = more;
    }
    assert_eq!(rest.trim(), "}}", "{text}: there is more than one text");
    read
}

/// What Azure's agent makes of the value of a variable, if these are the others:
/// macros of variables are replaced, and what they give is looked at by itself.
fn read_azure(text: &str, variables: &HashMap<&str, &str>) -> String {
    assert!(!text.contains("${{"), "{text}: a template");
    assert!(!text.starts_with("$["), "{text}: an expression");
    let (mut text, mut start) = (text.to_owned(), 0);
    while let Some(at) = text[start..].find("$(").map(|at| at + start) {
        let Some(end) = text[at..].find(')').map(|end| end + at) else {
            break;
        };
        match variables.get(&text[at + 2..end]) {
            Some(value) => {
                text.replace_range(at..=end, value);
                start = at + value.len();
            }
            None => start = at + 1,
        }
    }
    text
}

/// What Buildkite's agent makes of a text when it uploads it, with no variable set.
fn read_buildkite(text: &str, stop: Option<char>) -> (String, usize) {
    let (mut read, mut at) = (String::new(), 0);
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if Some(c) == stop {
            break;
        }
        if rest.starts_with("\\\\") {
            read.push_str("\\\\");
            at += 2;
        } else if rest.starts_with("\\$") || rest.starts_with("$$") {
            read.push('$');
            at += 2;
        } else if rest.starts_with("$(") {
            read.push_str("$(");
            at += 2;
        } else if c == '$' && rest.len() > 1 {
            let name = rest
                .strip_prefix("${")
                .expect("an expansion with a default");
            let end = name.find(":-").expect("an expansion with a default");
            assert!(
                name[..end]
                    .chars()
                    .all(|c| c.is_ascii_uppercase() || c == '_')
            );
            let (default, length) = read_buildkite(&name[end + 2..], Some('}'));
            read.push_str(&default);
            at += 2 + end + 2 + length + 1;
        } else {
            read.push(c);
            at += c.len_utf8();
        }
    }
    (read, at)
}

/// What CircleCI makes of a text without parameters.
fn read_circleci(text: &str) -> String {
    let escaped = text.replace("\\<<", "\0");
    assert!(!escaped.contains("<<"), "{text}: a parameter");
    escaped.replace('\0', "<<")
}

fn read_yaml(document: &str) -> Yaml {
    let mut documents = YamlLoader::load_from_str(document).unwrap();
    assert_eq!(documents.len(), 1, "{document}");
    documents.remove(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn yaml_reads_values_and_keys_as_they_were(text in texts()) {
        let document = format!("- k: {0}\n- {0}\n- {0}: v\n", yaml(&text));
        let read = read_yaml(&document);
        prop_assert_eq!(read[0]["k"].as_str(), Some(text.as_str()), "{}", document);
        prop_assert_eq!(read[1].as_str(), Some(text.as_str()), "{}", document);
        prop_assert_eq!(read[2][text.as_str()].as_str(), Some("v"), "{}", document);
    }

    #[test]
    fn a_line_in_quotes_is_json_too(text in texts()) {
        let quoted = yaml(&text);
        if quoted.starts_with('"') {
            prop_assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text);
        }
    }

    #[test]
    fn a_block_has_the_lines_that_it_was_made_of(text in texts()) {
        if let Some((sign, lines)) = yaml_block(&text) {
            let lines: String = lines.iter().map(|line| format!("    {line}\n")).collect();
            let document = format!("a:\n  k: {sign}\n{lines}b: c\n");
            let read = read_yaml(&document);
            prop_assert_eq!(read["a"]["k"].as_str(), Some(text.as_str()), "{}", document);
        }
    }

    #[test]
    fn github_evaluates_nothing(text in texts()) {
        prop_assert_eq!(read_github(&github(&text).unwrap()), text);
    }

    #[test]
    fn azure_expands_nothing(text in texts()) {
        let names: Vec<String> = ["CC", "x", "y", "a.b", "yes"].map(str::to_owned).into();
        let mut variables: HashMap<&str, &str> =
            names.iter().map(|name| (name.as_str(), "EXPANDED")).collect();
        variables.insert(AZURE_DOLLAR, "$");
        // Macros that are not there by chance.
        let text = text.replace("$(", "$(x)$(");
        prop_assert_eq!(read_azure(&azure(&text), &variables), text);
    }

    #[test]
    fn buildkite_looks_no_variable_up(text in texts()) {
        let quoted = buildkite(&text);
        let (read, _) = read_buildkite(&quoted, None);
        prop_assert_eq!(read, text, "{}", quoted);
    }

    #[test]
    fn circleci_inserts_nothing(text in texts()) {
        if let Ok(quoted) = circleci(&text) {
            prop_assert_eq!(read_circleci(&quoted), text);
        } else {
            prop_assert!(text.contains("\\<<"));
        }
    }
}

#[test]
fn what_is_plain_stays_plain() {
    for text in [
        "gcc",
        "actions/checkout@v6",
        "cimg/base:current",
        "make check",
        ".variant",
    ] {
        assert_eq!(yaml(text), text);
    }
    for text in [
        "", "yes", "NO", "1.10", "~", "null", "-x", "a: b", "a:", "a #b", ".inf", ".5", "0x1F",
        "@a", "x ",
    ] {
        assert!(yaml(text).starts_with('"'), "{text}");
    }
}

#[test]
fn github_refuses_what_its_expressions_cannot_hold() {
    let long = "x".repeat(30_000);
    assert_eq!(github(&long).unwrap(), long);
    assert!(github(&format!("${{{{ {long}")).is_err());
    assert!(github(&"${{".repeat(300)).is_ok());
    assert!(circleci(r"a \<< b").is_err());
}
