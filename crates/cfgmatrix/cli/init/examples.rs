//! The rest of the matrix language, as comments in terms of the file's own axes.

use std::fmt::Write as _;

use cfgmatrix_core::Language;

use super::document::{Entry, FITS, Plan, quoted};

/// The rest of the language, in examples of this matrix's own axes.
pub(super) fn write(plan: &Plan, text: &mut String) {
    let compiler = plan.compilers.first().map_or("gcc", |one| one.id.as_str());
    let ids = |entries: &[Entry]| entries.first().map(|entry| entry.id.clone());
    let axes = [("mpi", ids(&plan.mpi)), ("blas", ids(&plan.blas))];
    let own = axes
        .iter()
        .filter_map(|(axis, id)| Some((*axis, id.as_deref()?)));
    let mut row = format!("compiler = {}", quoted(compiler));
    for (axis, id) in own {
        row.push_str(&format!(", {axis} = {}", quoted(id)));
    }
    let then = match ids(&plan.blas) {
        Some(id) => format!("blas == {}", quoted(&id)),
        None => format!("compiler == {}", quoted(compiler)),
    };
    let standards = match plan.languages.first() {
        Some(Language::Fortran) => ("f-std", ["f2008", "f2018"]),
        Some(Language::Cxx) => ("cxx-std", ["cxx17", "cxx20"]),
        _ => ("c-std", ["c11", "c17"]),
    };
    text.push_str(OWN_AXES);
    write!(
        text,
        "
#[axes.{axis}]
#values = [{{ id = \"{old}\", features = [\"std.{old}\"] }}, {{ id = \"{new}\", features = [\"std.{new}\"] }}]
#default = \"{old}\"
#optional = true

# Rules are conditions on axes and on what their values are, such as `compiler.version >= 12`:
# == != < <= > >= in, ! && || => and parentheses. What a rule excludes is told with its reason.
#[[forbid]]
#id = \"few-debug\"
#if = '{condition} && mode == \"debug\"'
#reason = \"debug builds of the other compilers are enough\"

#[[require]]
#id = \"plain-debug\"
#if = 'mode == \"debug\"'
#then = '{then}'
#reason = \"one sort of debug build is enough\"

# One more row, beside those of the axes.
#[[include]]
#row = {{ {row}, mode = \"release\" }}
#tags = [\"nightly\"]

# More for the rows of which a condition holds: whatever a value may carry, and tags.
#[[set]]
#if = 'mode == \"debug\"'
#run_env = {{ OMP_NUM_THREADS = \"2\" }}
#vars = {{ timeout = 90 }}

# Fewer rows, in which each two values of two axes still meet. A profile takes the rows of its tags.
#[profile.pr]
#strength = 2

#[profile.nightly]
#tags = [\"nightly\"]
",
        axis = standards.0,
        old = standards.1[0],
        new = standards.1[1],
        condition = format_args!("compiler == {}", quoted(compiler)),
    )
    .expect(FITS);
}

const OWN_AXES: &str = "
# Axes of your own. A value carries features, defines, flags, env, run_env, vars and a runner.
# An optional axis stays at its default, and out of the names, until a profile activates it.
# `when`: an axis that is there only where a condition holds; elsewhere it is absent.
#[axes.checks]
#values = [
#\"none\",
#{ id = \"asan\", features = [\"sanitize.address\"], run_env = { ASAN_OPTIONS = \"detect_leaks=0\" } },
#{ id = \"strict\", defines = [\"STRICT=1\"], flags = { cflags = [\"-Wshadow\"] }, runner = \"ubuntu-24.04\" },
#]
#default = \"none\"
#optional = true
#[axes.leaks]
#values = [\"reported\", \"ignored\"]
#when = 'checks == \"asan\"'
#[profile.checks]
#activate = [\"checks\"]

# Axes whose values come side by side, a row at a time.
#[[zip]]
#axes = [\"python\", \"numpy\"]
#rows = [[\"3.12\", \"2.1\"], [\"3.13\", \"2.3\"]]
#optional = true
";
