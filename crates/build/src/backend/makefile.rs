//! What targets and variables a makefile has, as far as its text tells.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::BackendError;

/// The names that GNU make looks for, in its order.
pub(super) const NAMES: [&str; 3] = ["GNUmakefile", "makefile", "Makefile"];

/// The targets of a makefile and of what it includes by plain names.
#[derive(Default)]
pub(super) struct Makefile {
    targets: BTreeSet<String>,
    phony: BTreeSet<String>,
    has_libraries: bool,
}

impl Makefile {
    /// Reads the one that make would take in a directory.
    pub(super) fn read(directory: &Path) -> Result<Self, BackendError> {
        let mut makefile = Self::default();
        let mut seen = BTreeSet::new();
        let first = NAMES.iter().map(|name| directory.join(name));
        let mut open: Vec<PathBuf> = first.filter(|path| path.is_file()).take(1).collect();
        while let Some(path) = open.pop() {
            if !seen.insert(path.clone()) {
                continue;
            }
            let bytes = fs::read(&path).map_err(BackendError::io("read", &path))?;
            let included = makefile.add(&String::from_utf8_lossy(&bytes));
            let included = included.into_iter().map(|name| directory.join(name));
            open.extend(included.filter(|path| path.is_file()));
        }
        Ok(makefile)
    }

    /// The first of these that is a target; one that is said to be no file comes
    /// before one that may be a program of that name.
    pub(super) fn first_of<'n>(&self, names: &[&'n str]) -> Option<&'n str> {
        let first = |is_it: &dyn Fn(&str) -> bool| {
            let mut targets = names.iter().filter(|&&name| self.targets.contains(name));
            targets.find(|name| is_it(name)).copied()
        };
        first(&|name| self.phony.contains(name)).or_else(|| first(&|_| true))
    }

    /// Whether it names a variable for libraries, which come after the objects.
    pub(super) fn has_libraries(&self) -> bool {
        self.has_libraries
    }

    /// Adds the targets of a text, and says what it includes.
    fn add(&mut self, text: &str) -> Vec<String> {
        let text = text.replace("\\\r\n", " ").replace("\\\n", " ");
        let variables = ["$(LDLIBS)", "${LDLIBS}", "$(LIBS)", "${LIBS}"];
        self.has_libraries |= variables.iter().any(|variable| text.contains(variable));
        let mut included = Vec::new();
        let mut in_define = false;
        for line in text.lines() {
            if line.starts_with('\t') {
                continue;
            }
            let line = line.split('#').next().unwrap_or_default().trim();
            let mut words = line.split_whitespace();
            let first = words.next().unwrap_or_default();
            match first {
                "define" => in_define = true,
                "endef" => in_define = false,
                _ if in_define => {}
                "include" | "-include" | "sinclude" => {
                    included.extend(words.map(str::to_owned));
                }
                _ => match line.split_once(':') {
                    Some((".PHONY" | ".PHONY ", names)) => {
                        let names = names.split_whitespace();
                        self.phony.extend(names.map(str::to_owned));
                    }
                    _ => self.targets.extend(rule_targets(line)),
                },
            }
        }
        included
    }
}

/// The targets of a line that is a rule; nothing of one that is an assignment.
fn rule_targets(line: &str) -> Vec<String> {
    let Some((before, after)) = line.split_once(':') else {
        return Vec::new();
    };
    let is_assignment = before.contains('=') || after.trim_start_matches(':').starts_with('=');
    // A variable of a target says nothing about whether there is a rule.
    let words = || after.split_whitespace();
    let is_variable =
        words().any(|word| word.ends_with('=') && !word.starts_with('$')) && !after.contains(';');
    if is_assignment || is_variable || before.starts_with('.') {
        return Vec::new();
    }
    before.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backend_targets_of_makefiles() {
        for (text, found) in [
            ("all: x\ncheck: all\n\t./t\ntest: check\n", Some("check")),
            ("test :: all\n", Some("test")),
            ("all test: x\n", Some("test")),
            ("all \\\n  check: x\n", Some("check")),
            ("check := yes\ntest = a:b\n", None),
            ("check ::= yes\n", None),
            (".PHONY: check\n", None),
            (".PHONY: all test\ncheck: x.o\ntest: check\n", Some("test")),
            (".PHONY : check test\ntest:\ncheck:\n", Some("check")),
            ("check: CFLAGS += -g\n", None),
            ("check: ; ./t x=y\n", Some("check")),
            ("# check: no\n\tcheck: no\n", None),
            ("define X\ncheck: a\nendef\n", None),
            ("checked: a\n", None),
            ("test: $(OBJ:.o=.c)\n", Some("test")),
        ] {
            let mut makefile = Makefile::default();
            makefile.add(text);
            assert_eq!(makefile.first_of(&["check", "test"]), found, "{text:?}");
        }
    }

    #[test]
    fn backend_makefiles_that_include_others() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
        write("makefile", "include rules.mk $(MORE) absent.mk\n");
        write("Makefile", "install: x\n");
        write("rules.mk", "-include makefile\ncheck: x\n");
        let makefile = Makefile::read(directory.path()).unwrap();
        assert_eq!(makefile.first_of(&["install", "check"]), Some("check"));
    }
}
