//! What sources use, as far as their text alone tells.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cfgmatrix_core::Language;

/// Sources that were compiled, by what they use; relative to their directory.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// Those with an assertion that no condition leaves out.
    pub(super) asserting: Vec<String>,
    /// Those that define or undefine `NDEBUG` themselves.
    pub(super) deciding: Vec<String>,
    /// Those with a parallel region of OpenMP that only OpenMP itself leaves out.
    pub(super) parallel: Vec<String>,
}

const EXTENSIONS: [&str; 16] = [
    "c", "cc", "cpp", "cxx", "c++", "C", "f", "f90", "f95", "f03", "f08", "for", "F", "F90", "F95",
    "F03",
];

/// Whether a name is that of a source file.
pub(super) fn is_source(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known))
}

/// The language of a source file, by its name.
pub(super) fn language_of(path: &Path) -> Option<Language> {
    let extension = path.extension()?.to_str()?;
    EXTENSIONS.contains(&extension).then_some(match extension {
        "c" => Language::C,
        "cc" | "cpp" | "cxx" | "c++" | "C" => Language::Cxx,
        _ => Language::Fortran,
    })
}

/// So many files are looked at, and so many bytes of each.
const FILES: usize = 5000;
const BYTES: u64 = 4 << 20;
const DEPTH: usize = 20;

impl Sources {
    /// Looks into the sources below directories whose names were compiled: the
    /// file's own, or that without its ending.
    pub(super) fn read(directories: &[PathBuf], compiled: &BTreeSet<String>) -> Self {
        let mut sources = Self::default();
        let mut left = FILES;
        for directory in directories {
            sources.walk(directory, directory, compiled, DEPTH, &mut left);
        }
        sources
    }

    /// Whether an object's source decides about `NDEBUG` itself.
    pub(super) fn decides(&self, object: &str) -> bool {
        let member = object.rsplit(['(', '/']).next().unwrap_or(object);
        let stem = Path::new(member.trim_end_matches(')')).with_extension("");
        let compiled = BTreeSet::from([super::file_name(&stem)]);
        let mut deciding = self.deciding.iter();
        deciding.any(|source| was_compiled(Path::new(source), &compiled))
    }

    fn walk(
        &mut self,
        top: &Path,
        directory: &Path,
        compiled: &BTreeSet<String>,
        depth: usize,
        left: &mut usize,
    ) {
        let Ok(entries) = fs::read_dir(directory) else {
            return;
        };
        let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let Ok(file_type) = entry.file_type() else {
                continue;
            };
            if file_type.is_dir() {
                let hidden = entry.file_name().to_string_lossy().starts_with('.');
                if depth > 0 && !hidden {
                    self.walk(top, &path, compiled, depth - 1, left);
                }
            } else if is_source(&path) && was_compiled(&path, compiled) {
                if *left == 0 {
                    return;
                }
                *left -= 1;
                let small = entry.metadata().is_ok_and(|data| data.len() <= BYTES);
                if let Some(bytes) = small.then(|| fs::read(&path).ok()).flatten() {
                    let shown = path.strip_prefix(top).unwrap_or(&path);
                    let shown = shown.to_string_lossy().replace('\\', "/");
                    self.look(&String::from_utf8_lossy(&bytes), shown);
                }
            }
        }
    }

    fn look(&mut self, text: &str, name: String) {
        let uses = Uses::of(text);
        if uses.decides {
            self.deciding.push(name.clone());
        } else if uses.asserts {
            self.asserting.push(name.clone());
        }
        if uses.parallel {
            self.parallel.push(name);
        }
    }
}

fn was_compiled(path: &Path, compiled: &BTreeSet<String>) -> bool {
    let name = super::file_name(path);
    let stem = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    compiled.iter().any(|known| {
        *known == name
            || *known == stem
            // Meson and Automake put a directory or a target before it.
            || known
                .strip_suffix(&name)
                .or_else(|| known.strip_suffix(&stem))
                .is_some_and(|before| before.ends_with(['_', '-']))
    })
}

/// What one source uses.
#[derive(Debug, Default, PartialEq, Eq)]
struct Uses {
    asserts: bool,
    decides: bool,
    parallel: bool,
}

impl Uses {
    fn of(text: &str) -> Self {
        let mut uses = Self::default();
        let plain = without_comments(text);
        // Of each open condition: whether it is OpenMP's own.
        let mut conditions: Vec<bool> = Vec::new();
        let mut included = false;
        let mut continued = false;
        for line in plain.lines() {
            let words = line.trim_start();
            let in_macro = continued;
            continued = line.trim_end().ends_with('\\') && (in_macro || words.starts_with('#'));
            if in_macro {
                continue;
            }
            if let Some(directive) = words.strip_prefix('#').map(str::trim_start) {
                if directive.starts_with("if") {
                    conditions.push(directive.contains("_OPENMP") && !directive.contains('!'));
                } else if directive.starts_with("el") {
                    // What follows is for the case that the condition does not hold.
                    if let Some(last) = conditions.last_mut() {
                        *last = false;
                    }
                } else if directive.starts_with("endif") {
                    conditions.pop();
                }
                let word = |start: &str| directive.strip_prefix(start).map(str::trim_start);
                let names_ndebug = word("define").or_else(|| word("undef"));
                uses.decides |= names_ndebug.is_some_and(|rest| rest.starts_with("NDEBUG"));
                uses.decides |= word("define").is_some_and(|rest| rest.starts_with("assert"));
                included |= directive.starts_with("include")
                    && (directive.contains("<assert.h>") || directive.contains("<cassert>"));
                let pragma = word("pragma").and_then(|rest| rest.strip_prefix("omp"));
                uses.parallel |=
                    pragma.is_some_and(starts_threads) && conditions.iter().all(|own| *own);
                continue;
            }
            uses.asserts |= included && conditions.is_empty() && has_assertion(line);
        }
        // Directives of Fortran are comments.
        uses.parallel |= !text.contains('#')
            && text.lines().any(|line| {
                let line = line.trim_start().to_ascii_lowercase();
                ["!$omp", "c$omp", "*$omp"]
                    .iter()
                    .any(|sentinel| line.strip_prefix(sentinel).is_some_and(starts_threads))
            });
        uses
    }
}

/// Whether an OpenMP directive cannot be compiled without a call of the runtime.
fn starts_threads(directive: &str) -> bool {
    let mut words = directive
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    words.next() == Some("parallel") && !directive.contains("if(0") && !directive.contains("if (0")
}

/// Whether a line asserts something that is not known before the program runs.
fn has_assertion(line: &str) -> bool {
    let mut rest = line;
    while let Some(at) = rest.find("assert") {
        let before = rest[..at].chars().next_back();
        let argument = rest[at + "assert".len()..].trim_start();
        let word = !before.is_some_and(|c| c.is_alphanumeric() || c == '_');
        if word
            && let Some(argument) = argument.strip_prefix('(')
            && !argument.contains("sizeof")
            && argument.contains(|c: char| c.is_ascii_lowercase())
            && argument.contains(['<', '>', '=', '!', '(', '[', '.'])
        {
            return true;
        }
        rest = &rest[at + "assert".len()..];
    }
    false
}

/// The text with comments, and what is in quotes but not on lines of directives, left out.
fn without_comments(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut quote = None;
    while let Some(c) = rest.next() {
        match (quote, c) {
            (Some(_), '\\') => {
                // A line that goes on stays one.
                if rest.next() == Some('\n') {
                    plain.push('\n');
                }
            }
            (Some(open), c) if c == open || c == '\n' => {
                quote = None;
                plain.push(c);
            }
            (Some(_), _) => {}
            (None, '/') if rest.peek() == Some(&'/') => {
                for skipped in rest.by_ref() {
                    if skipped == '\n' {
                        plain.push('\n');
                        break;
                    }
                }
            }
            (None, '/') if rest.peek() == Some(&'*') => {
                rest.next();
                let mut last = ' ';
                for skipped in rest.by_ref() {
                    if skipped == '\n' {
                        plain.push('\n');
                    }
                    if last == '*' && skipped == '/' {
                        break;
                    }
                    last = skipped;
                }
                plain.push(' ');
            }
            (None, '"' | '\'') => {
                quote = Some(c);
                plain.push(c);
            }
            (None, c) => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assertions_that_must_be_there_are_seen() {
        let with = |line: &str| format!("#include <assert.h>\nint f(int n) {{\n{line}\n}}\n");
        for (text, asserts) in [
            (with("assert(n > 0);"), true),
            (with("  if (n) assert(f(n) == 1); /* yes */"), true),
            (with("// assert(n > 0);"), false),
            (with("/* assert(n > 0);\n assert(n > 1); */"), false),
            (with("puts(\"assert(n > 0)\");"), false),
            (with("static_assert(n > 0);"), false),
            (with("my_assert(n > 0);"), false),
            (with("assert(sizeof(n) == 4);"), false),
            (with("assert(0);"), false),
            (with("#if CHECKS\nassert(n > 0);\n#endif"), false),
            (with("#define CHECK(n) \\\n assert(n > 0)"), false),
            ("int f(int n) { assert(n > 0); }".to_owned(), false),
        ] {
            assert_eq!(Uses::of(&text).asserts, asserts, "{text}");
        }
        assert!(Uses::of("#undef NDEBUG\n#include <assert.h>\n").decides);
    }

    #[test]
    fn parallel_regions_that_must_be_there_are_seen() {
        for (text, parallel) in [
            ("#pragma omp parallel for\nfor (;;);", true),
            ("  #  pragma omp parallel\n{}", true),
            ("#ifdef _OPENMP\n#pragma omp parallel\n#endif\n{}", true),
            (
                "#ifdef _OPENMP\n#else\n#pragma omp parallel\n#endif\n{}",
                false,
            ),
            ("#if BIG\n#pragma omp parallel\n#endif\n{}", false),
            ("// #pragma omp parallel\n", false),
            ("#pragma omp simd\n", false),
            ("#pragma omp parallel if(0)\n", false),
            ("!$omp parallel do\n", true),
            ("!$OMP PARALLEL\n", true),
            ("!$omp simd\n", false),
        ] {
            assert_eq!(Uses::of(text).parallel, parallel, "{text}");
        }
    }

    #[test]
    fn names_of_build_systems_are_understood() {
        let compiled: BTreeSet<String> = ["src_dot.c", "libx_la-sum", "main.c", "one"]
            .map(str::to_owned)
            .into();
        for (path, expected) in [
            ("src/dot.c", true),
            ("sum.c", true),
            ("main.c", true),
            ("one.f90", true),
            ("other.c", false),
            ("ot.c", false),
        ] {
            assert_eq!(was_compiled(Path::new(path), &compiled), expected, "{path}");
        }
    }
}
