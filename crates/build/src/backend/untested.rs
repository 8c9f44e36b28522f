//! Tests that pass since there are none.

/// Whether what a build system's tests printed says that there were none to run.
pub(crate) fn finds_no_tests(log: &str) -> bool {
    /// CTest, Meson, automake, unittest, pytest.
    const SAYINGS: [&str; 6] = [
        "No tests were found!!!",
        "No tests defined.",
        "# TOTAL: 0",
        "Ran 0 tests in ",
        "no tests ran in ",
        "collected 0 items",
    ];
    let mut lines = log.lines();
    if lines.any(|line| SAYINGS.iter().any(|saying| line.starts_with(saying))) {
        // The makes of several directories may each say it, or only some of them.
        return !log.lines().any(finds_tests);
    }
    has_only_empty_harnesses(log) || says_only_make(log)
}

/// Whether a line is of a harness that has run something.
fn finds_tests(line: &str) -> bool {
    let total = line.strip_prefix("# TOTAL: ").map(str::trim);
    total.is_some_and(|total| total != "0")
        || (line.starts_with("Ran ") && line.contains(" tests in ") && !line.starts_with("Ran 0 "))
        || line.contains("tests passed, ")
}

/// Rust's own harness says it of each executable.
fn has_only_empty_harnesses(log: &str) -> bool {
    let counts = log.lines().filter_map(|line| {
        let (count, word) = line.strip_prefix("running ")?.split_once(' ')?;
        let count: u32 = count.parse().ok()?;
        matches!(word, "test" | "tests").then_some(count)
    });
    let mut counts = counts.peekable();
    counts.peek().is_some() && counts.all(|count| count == 0)
}

/// Whether make had nothing to do, and says nothing else.
fn says_only_make(log: &str) -> bool {
    let mut idle = false;
    let all = log.lines().skip(1).all(|line| {
        let make = line
            .strip_prefix("make")
            .or_else(|| line.strip_prefix("gmake"));
        let said = make.and_then(|make| Some(make.split_once(": ")?.1));
        let is_idle = said.is_some_and(|said| said.starts_with("Nothing to be done for "));
        idle |= is_idle;
        let moves = |said: &str| said.starts_with("Entering ") || said.starts_with("Leaving ");
        is_idle || said.is_some_and(moves) || line.starts_with("Making ") || line.is_empty()
    });
    all && idle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backend_tests_that_are_none_are_told_from_those_that_pass() {
        for (log, none) in [
            ("$ ctest\nTest project /x\nNo tests were found!!!\n", true),
            (
                "$ ctest\n100% tests passed, 0 tests failed out of 3\n",
                false,
            ),
            ("$ meson test\nninja: x\nNo tests defined.\n", true),
            (
                "$ make check\nmake: Nothing to be done for 'check'.\n",
                true,
            ),
            (
                "$ make check\nMaking check in src\nmake[1]: Entering directory '/x'\nmake[1]: Nothing to be done for 'check'.\nmake[1]: Leaving directory '/x'\n",
                true,
            ),
            (
                "$ make check\n./t\nmake: Nothing to be done for 'x'.\n",
                false,
            ),
            ("$ make check\n", false),
            ("$ make check\n# TOTAL: 0\n# PASS:  0\n", true),
            ("$ make check\n# TOTAL: 0\n# TOTAL: 2\n", false),
            ("$ cargo test\n\nrunning 0 tests\n\nrunning 0 tests\n", true),
            ("$ cargo test\n\nrunning 1 test\n\nrunning 0 tests\n", false),
            ("$ python3\nRan 0 tests in 0.000s\n\nOK\n", true),
            ("$ python3\nRan 3 tests in 0.000s\n\nOK\n", false),
        ] {
            assert_eq!(finds_no_tests(log), none, "{log}");
        }
    }
}
