//! GNU make: its command line, 3.82 or newer.
//!
//! What reaches a recipe's `$(CFLAGS)`, run with GNU make 4.3, by how the makefile
//! assigns it (E: environment, M: makefile, O: ours):
//!
//! | makefile | E | E, `make -e` | `make CFLAGS=O` | E, `--eval='%: private override CFLAGS += O'` |
//! |---|---|---|---|---|
//! | nothing | E | E | O | E O |
//! | `?= M` | E | E | O | E O |
//! | `+= M` | E M | E | O | E M O |
//! | `= M`, `:= M` | M | E | O | M O |
//! | `override += M` | E M | E M | O M | E M O |
//! | the same below `$(MAKE) -C` | as above | E | O | as above |
//!
//! So neither `-e` nor the command line keeps what a makefile adds itself, such as
//! `-fPIC`. The last does, and has the last word over an `-O2`: a variable of the
//! pattern `%` is appended when a target is made, after all makefiles were read;
//! `override` makes it hold against `override`, `private` keeps a target from
//! handing it on to what it depends on, and make hands `--eval` on to makes below.
//! The environment stays beside it for what is expanded while makefiles are read.
//!
//! It does not reach two things: what a makefile took from `$(CFLAGS)` by `:=` before
//! (where it also assigned them by `=`), and a target that assigns its own by `=`.
//! Tools come by the command line, which only `override` in a makefile withstands.

use cfgmatrix_core::emit::quote;

use super::hook::Hook;
use super::makefile::Makefile;
use super::{BackendError, Step};
use crate::outcome::StepName;

/// BSD's own make is another.
pub(super) const PROGRAM: &str = if cfg!(any(
    target_os = "freebsd",
    target_os = "openbsd",
    target_os = "netbsd"
)) {
    "gmake"
} else {
    "make"
};

const TOOLS: [&str; 11] = [
    "CC", "CXX", "FC", "F77", "AR", "RANLIB", "NM", "MPICC", "MPICXX", "MPIFC", "MPIEXEC",
];

const FLAGS: [&str; 8] = [
    "CPPFLAGS", "CFLAGS", "CXXFLAGS", "FFLAGS", "FCFLAGS", "LDFLAGS", "LDLIBS", "LIBS",
];

pub(super) fn steps(hook: &Hook<'_, '_>) -> Result<Vec<Step>, BackendError> {
    let makefile = Makefile::read(hook.source())?;
    let mut common = Step::new(StepName::Build, PROGRAM, hook.source());
    if let Some(jobs) = hook.jobs.own() {
        common = common.arg(format!("-j{jobs}"));
    }
    for (name, value) in hook.variables(&FLAGS) {
        if value.contains('$') {
            // make expands what it takes from the environment.
            common = common.env(name, value.replace('$', "$$"));
        }
    }
    for (name, value) in appended(hook, &makefile) {
        let value = quote::make(&value).map_err(|error| BackendError::Inexpressible {
            backend: hook.backend,
            what: format!("variable `{name}`"),
            reason: error.reason,
        })?;
        common = common.arg(format!("--eval=%: private override {name} += {value}"));
    }
    for (name, value) in hook.variables(&TOOLS) {
        common = common.arg(format!("{name}={}", value.replace('$', "$$")));
    }
    if let Some(prefix) = hook.install() {
        let Some(prefix) = prefix.to_str() else {
            return Err(BackendError::Inexpressible {
                backend: hook.backend,
                what: format!("the directory `{}`", prefix.display()),
                reason: "its name is no UTF-8",
            });
        };
        for name in ["prefix", "PREFIX"] {
            common = common.arg(format!("{name}={}", prefix.replace('$', "$$")));
        }
    }
    let target = |name, target: &str| {
        let mut step = common.clone().arg(target);
        step.name = name;
        step
    };
    let mut steps = vec![common.clone()];
    if let Some(test) = makefile.first_of(&["check", "test"]) {
        steps.push(target(StepName::Test, test));
    }
    if hook.install().is_some() && makefile.first_of(&["install"]).is_some() {
        steps.push(target(StepName::Install, "install"));
    }
    Ok(steps)
}

/// What each variable for flags has at its end. Where recipes may leave a variable
/// out, as many that are written by hand do, it stands with another too.
fn appended(hook: &Hook<'_, '_>, makefile: &Makefile) -> Vec<(&'static str, String)> {
    let all = FLAGS.iter().filter_map(|&name| {
        let also = match name {
            "CFLAGS" | "CXXFLAGS" => hook.variable("CPPFLAGS"),
            "LDFLAGS" if !makefile.has_libraries() => hook.variable("LDLIBS"),
            _ => None,
        };
        let parts: Vec<&str> = hook.variable(name).into_iter().chain(also).collect();
        (!parts.is_empty()).then(|| (name, parts.join(" ")))
    });
    all.collect()
}
