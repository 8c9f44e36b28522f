//! Each expression that is refused, and what is said of it.

use std::fmt::Write as _;

use super::{Expression, sample};
use crate::clauses::{Clauses, Formula};
use crate::matrix::expression::ExpressionError;

/// The cases as they are recorded: an expression, the mark of the place, the
/// error, the hint. `CFGMATRIX_BLESS=1` writes them anew from their expressions.
const RECORDED: &str = include_str!("rejected.txt");

fn error(text: &str) -> ExpressionError {
    let parsed = Expression::parse(text).and_then(|expression| expression.check(&sample()));
    match parsed {
        Ok(condition) => panic!("{text} is accepted: {condition:?}"),
        Err(error) => error,
    }
}

fn told(text: &str) -> String {
    let error = error(text);
    let before = text[..error.span.start].chars().count();
    let width = text[error.span.clone()].chars().count().max(1);
    let mut told = format!(
        "> {text}\n  {}{}\nerror: {error}\n",
        " ".repeat(before),
        "^".repeat(width)
    );
    if let Some(hint) = &error.hint {
        writeln!(told, "hint: {hint}").unwrap();
    }
    told
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the record is written where it is read from, when that is asked for"
)]
fn what_is_said_is_what_is_recorded() {
    let cases = RECORDED.lines().filter_map(|line| line.strip_prefix("> "));
    let told: Vec<String> = cases.map(told).collect();
    let told = told.join("\n");
    if std::env::var_os("CFGMATRIX_BLESS").is_some() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/src/matrix/expression/tests/rejected.txt"
        );
        std::fs::write(path, told).unwrap();
    } else {
        assert_eq!(told, RECORDED);
    }
}

#[test]
fn what_no_line_can_show() {
    let unclosed = error("compiler == \"gcc\n && cuda");
    assert_eq!(unclosed.message, "the text that begins here is not closed");
    assert_eq!(
        unclosed.hint.as_deref(),
        Some("close it on its line with `\"`; a line break within is written `\\n`")
    );
    assert_eq!(unclosed.span, 12..16);
    let empty = error("  \n ");
    assert_eq!(
        empty.message,
        "the expression is empty, expected a condition, such as `compiler == \"gcc\"`"
    );
    assert_eq!(empty.span, 4..4);
}

#[test]
fn what_is_too_long_or_too_deep() {
    let long = error(&"(".repeat((64 << 10) + 1));
    assert_eq!(
        long.message,
        "the expression has 65537 bytes, and more than 65536 are never read"
    );
    assert_eq!(long.span, 0..0);
    for level in ["(", "!", "cuda => ", "!(", "(cuda || ", "cuda && !("] {
        let deep = |levels: usize| {
            let closing = ")".repeat(levels * level.matches('(').count());
            format!("{}cuda{closing}", level.repeat(levels))
        };
        let fits = Expression::parse(&deep(40)).unwrap();
        assert_eq!(fits.to_string().parse(), Ok(fits.clone()), "{level}");
        fits.check(&sample()).unwrap();
        let error = error(&deep(41));
        assert_eq!(
            error.message,
            "conditions stand in each other more than 40 deep"
        );
        assert_eq!(error.hint.as_deref(), Some("split the rule into several"));
        assert!(Expression::parse(&level.repeat((64 << 10) / level.len())).is_err());
    }
    // The deepest expression is a formula that clauses are made of.
    let deepest = format!(
        "{}cuda{}",
        "!(".repeat(39),
        " && cuda || cuda => cuda)".repeat(39)
    );
    let deepest = Expression::parse(&deepest)
        .unwrap()
        .check(&sample())
        .unwrap();
    let axes = sample();
    let states = (0..axes.0.len()).map(|axis| axes.states(axis));
    let mut clauses = Clauses::new(states);
    let rule = Formula::implies(deepest.formula().clone(), deepest.formula().clone());
    clauses.require(&rule, 0).unwrap();
    // Long is not deep.
    let wide = vec!["cuda || cuda && !cuda"; 2600].join(" || ");
    let wide = Expression::parse(&wide).unwrap();
    assert_eq!(wide.check(&sample()).unwrap().comparisons().len(), 7800);
}

#[test]
fn long_words_are_cut_in_messages() {
    let word = "w".repeat(60_000);
    for text in [
        format!("compiler == \"{word}\""),
        word.clone(),
        format!("compiler.{word} == 1"),
        format!("`{word}` == 1"),
        format!("compiler.version == \"{word}\""),
        format!("threads == \"{word}\""),
        format!("compiler cuda{word}"),
        format!("threads == 1{word}"),
        format!("threads == {}", "1".repeat(60_000)),
        format!("compiler == \"\\u{{{}}}\"", "1".repeat(60_000)),
    ] {
        let error = error(&text);
        let told = error.message.len() + error.hint.as_deref().map_or(0, str::len);
        assert!(told < 400, "{told} bytes of message");
    }
}
