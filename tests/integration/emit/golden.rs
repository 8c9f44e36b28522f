//! Each directory below `cases/emit` is a case: `args` (one to a line; `{case}`
//! stands for the directory, as seen from `tests`), the files that they name, and
//! in `expected` what is written. `CFGMATRIX_BLESS=1` writes it anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::support::{cfgmatrix, files_in, repository, stdout};

const CASES: &str = "cases/emit";

/// The longest file that is read when a change is looked at.
const LINES: usize = 100;

#[expect(
    clippy::disallowed_methods,
    reason = "the tests' user says by the environment whether to record anew"
)]
fn blessing() -> bool {
    std::env::var_os("CFGMATRIX_BLESS").is_some_and(|value| value == "1")
}

/// Every file below a directory, by its path from there.
fn contents(directory: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    if !directory.exists() {
        return all;
    }
    for path in files_in(directory) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            let below = contents(&path).into_iter();
            all.extend(below.map(|(path, text)| (format!("{name}/{path}"), text)));
        } else {
            all.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
    all
}

#[test]
fn every_case_is_written_as_recorded() {
    let tests = repository().join("tests");
    let mut wrong = Vec::new();
    for case in files_in(&tests.join(CASES)) {
        let name = case.file_name().unwrap().to_str().unwrap();
        let args = fs::read_to_string(case.join("args")).unwrap();
        let args = args
            .lines()
            .map(|arg| arg.replace("{case}", &format!("{CASES}/{name}")));
        let directory = tempfile::tempdir().unwrap();
        stdout(cfgmatrix().args(args).arg("--output").arg(directory.path()));
        let found = contents(directory.path());
        assert!(!found.is_empty(), "{name}: nothing was written");
        for (path, text) in &found {
            let lines = text.lines().count();
            assert!(lines <= LINES, "{name}: {path} has {lines} lines");
        }
        let expected = case.join("expected");
        if blessing() {
            // It is no error that there was none.
            let _ = fs::remove_dir_all(&expected);
            for (path, text) in &found {
                let path = expected.join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
        } else if found != contents(&expected) {
            wrong.push(format!("{name}: {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
