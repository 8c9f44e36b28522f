//! `Makefile`

use cfgmatrix_core::Language;

use super::{Fact, Reading, words};

pub(super) fn read(reading: &mut Reading<'_>) {
    let text = reading.text;
    let mut conditions = 0_usize;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let offset = at;
        at += line.len();
        let code = without_comment(line);
        let trimmed = code.trim_start();
        let first = trimmed.split_whitespace().next().unwrap_or_default();
        match first {
            "ifdef" | "ifndef" | "ifeq" | "ifneq" => conditions += 1,
            "endif" => conditions = conditions.saturating_sub(1),
            _ => {}
        }
        let required = conditions == 0;
        if let Some(language) = assigned(trimmed) {
            reading.note(Fact::Language(language), required, offset);
        }
        for (variable, language) in VARIABLES {
            let used = [format!("$({variable})"), format!("${{{variable}}}")];
            if used.iter().any(|use_| code.contains(use_.as_str())) {
                reading.note(Fact::Language(language), required, offset);
            }
        }
        for word in code.split(|c: char| !(c.is_ascii_alphanumeric() || "_+./%*-:,".contains(c))) {
            note_word(reading, word, required, offset);
        }
    }
}

fn note_word(reading: &mut Reading<'_>, word: &str, required: bool, at: usize) {
    let word = word.trim_end_matches([':', ',']);
    if let Some(language) = words::mpi_wrapper(word) {
        reading.note(Fact::Mpi, required, at);
        reading.note(Fact::Language(language), required, at);
    }
    // `-Wl,-lblas` goes to the linker as it is.
    for part in word.split(',') {
        if let Some(fact) = words::flag(part) {
            reading.note(fact, required, at);
        }
    }
    // An old suffix rule names the source's suffix first: `.f90.o:`.
    let source = word.strip_suffix(".o").filter(|_| word.starts_with('.'));
    let source = source.map_or_else(|| word.to_owned(), |suffix| format!("x{suffix}"));
    if let Some(language) = words::source(&source) {
        reading.note(Fact::Language(language), required, at);
    }
}

/// The variables that name a compiler.
const VARIABLES: [(&str, Language); 6] = [
    ("CC", Language::C),
    ("CXX", Language::Cxx),
    ("FC", Language::Fortran),
    ("F77", Language::Fortran),
    ("F90", Language::Fortran),
    ("F95", Language::Fortran),
];

/// The language of the compiler that a line assigns: `FC ?= gfortran`.
fn assigned(line: &str) -> Option<Language> {
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let name = name.trim_end_matches([':', '?', '+']).trim();
    if value.trim().is_empty() {
        return None;
    }
    VARIABLES
        .iter()
        .find(|(variable, _)| *variable == name)
        .map(|(_, language)| *language)
}

fn without_comment(line: &str) -> &str {
    let mut before = None;
    for (at, c) in line.char_indices() {
        if c == '#' && before != Some('\\') {
            return &line[..at];
        }
        before = Some(c);
    }
    line
}
