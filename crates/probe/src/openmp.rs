//! OpenMP as it is on this machine: it counts when `_OPENMP` is defined and two
//! threads were seen.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::identify::{CompilerCommand, IdentifyError};
use crate::trial::{Outcome, Trial, library_file, rpath};

/// What was found out about a compiler's OpenMP.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenMp {
    /// It works.
    Works {
        /// The run-time library's file as the linker found it; none where the
        /// compiler links it in its own way.
        runtime: Option<PathBuf>,
        /// Whether two threads were seen, which a foreign target does not allow.
        seen_running: bool,
        /// Whether the loader finds the run-time library only with a run-time path.
        needs_rpath: bool,
    },
    /// It does not, and this is what was said.
    Broken {
        /// What was said.
        said: String,
    },
}

const SOURCE: &str = r#"
#ifndef _OPENMP
#error "_OPENMP is not defined"
#endif
#include <omp.h>
#include <stdio.h>
int main(void) {
    int threads = 0;
    omp_set_dynamic(0);
#pragma omp parallel num_threads(2)
    {
#pragma omp atomic
        threads += 1;
    }
    printf("threads %d\n", threads);
    return 0;
}
"#;

/// Tries OpenMP with the flags that the knowledge base gives. `runtime` is the
/// run-time library's name as the family has it, such as `libgomp`.
///
/// # Errors
/// The compiler cannot be started, or does not end.
pub fn try_openmp(
    compiler: &CompilerCommand,
    compile: &[String],
    link: &[String],
    runtime: Option<&str>,
    runs_here: bool,
    cxx: bool,
) -> Result<OpenMp, IdentifyError> {
    let mut flags: Vec<OsString> = compile.iter().map(OsString::from).collect();
    flags.extend(
        link.iter()
            .filter(|token| !compile.contains(token))
            .map(OsString::from),
    );
    let mut trial = Trial {
        source: SOURCE,
        file: if cxx { "openmp.cpp" } else { "openmp.c" },
        flags,
        libs: Vec::new(),
        runs_here,
    };
    let find = |linked: &[PathBuf]| {
        let name = runtime?.strip_prefix("lib")?;
        library_file(linked, name).map(PathBuf::from)
    };
    let mut outcome = trial.attempt(compiler)?;
    let mut needs_rpath = false;
    // A compiler in a directory of its own brings a library that the loader
    // does not know of.
    if let Outcome::Failed { linked, .. } = &outcome
        && let Some(directory) = find(linked).as_deref().and_then(Path::parent)
    {
        needs_rpath = true;
        trial.libs.push(rpath(directory));
        outcome = trial.attempt(compiler)?;
    }
    Ok(match outcome {
        Outcome::Ran { stdout, linked } if stdout.trim() == "threads 2" => OpenMp::Works {
            runtime: find(&linked),
            seen_running: true,
            needs_rpath,
        },
        Outcome::NotRun { linked } => OpenMp::Works {
            runtime: find(&linked),
            seen_running: false,
            needs_rpath,
        },
        Outcome::Ran { stdout, .. } => OpenMp::Broken {
            said: format!(
                "two threads were asked for, and it ran with {}",
                stdout.trim()
            ),
        },
        Outcome::NotBuilt { first_error } => OpenMp::Broken { said: first_error },
        Outcome::Failed { said, .. } => OpenMp::Broken { said },
    })
}
