//! What is started for a variant: the command of the user, the steps of the
//! matrix, or those of a build system.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use cfgmatrix_build::backend::{Backend, BackendError, Jobs, Layout, copy_tree};
use cfgmatrix_build::outcome::StepName;
use cfgmatrix_build::report::RunStep;
use cfgmatrix_build::run::Step;
use cfgmatrix_core::{RunOptions, RunPlaces, Variant};

use super::Error;

/// Where a variant is built, from what, and where it is installed.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    pub(super) source: &'a Path,
    pub(super) build: &'a Path,
    /// Nothing where that is not asked for.
    pub(super) install: Option<&'a Path>,
}

/// The steps of a variant, each started in the directory that it is built in.
pub(super) fn steps(
    command: &[OsString],
    options: &RunOptions,
    variant: &Variant<'_>,
    places: Places<'_>,
    threads: &[(String, String)],
) -> Result<Vec<Step>, Error> {
    let text = |path: &Path| path.display().to_string();
    let Places { source, build, .. } = places;
    let environment = environment(threads, source, build);
    let step = |name: StepName, words: &[OsString]| {
        let (program, arguments) = words.split_first().expect("commands have a program");
        Step {
            name,
            program: from(source, program),
            arguments: arguments.to_vec(),
            directory: build.to_owned(),
            environment: environment.clone(),
        }
    };
    if !command.is_empty() {
        return Ok(vec![step(StepName::Command, command)]);
    }
    let own = build.join("install");
    let install = text(places.install.unwrap_or(&own));
    let (source, build) = (text(source), text(build));
    let places = RunPlaces {
        source: &source,
        build: &build,
        install: &install,
    };
    let mut steps = Vec::new();
    for (name, commands) in options.steps() {
        for words in commands.of(name, variant, places)? {
            let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
            steps.push(step(step_name(name), &words));
        }
    }
    Ok(steps)
}

/// What a step is told beside the configuration's environment.
fn environment(
    threads: &[(String, String)],
    source: &Path,
    build: &Path,
) -> Vec<(String, OsString)> {
    let threads = threads.iter();
    threads
        .map(|(name, value)| (name.clone(), value.into()))
        .chain([
            ("CFGMATRIX_SOURCE".to_owned(), source.into()),
            ("CFGMATRIX_BUILD".to_owned(), build.into()),
        ])
        .collect()
}

/// A path is from where the user is; a name is looked for in `PATH`.
fn from(source: &Path, program: &OsString) -> PathBuf {
    let program = PathBuf::from(program);
    if program.components().count() > 1 {
        source.join(program)
    } else {
        program
    }
}

fn step_name(name: &str) -> StepName {
    match name {
        "configure" => StepName::Configure,
        "build" => StepName::Build,
        "test" => StepName::Test,
        _ => StepName::Install,
    }
}

/// The steps as they were asked for.
pub(super) fn asked(command: &[OsString], options: &RunOptions) -> Vec<RunStep> {
    if !command.is_empty() {
        let words = command.iter().map(|word| word.to_string_lossy());
        return vec![RunStep {
            name: StepName::Command,
            command: words.map(Into::into).collect(),
        }];
    }
    let steps = options.steps().into_iter();
    let steps = steps.flat_map(|(name, commands)| {
        let commands = commands.0.iter().cloned();
        commands.map(move |command| RunStep {
            name: step_name(name),
            command,
        })
    });
    steps.collect()
}

/// The steps of a build system, in a copy of the source where it builds there.
pub(super) fn backend_steps(
    backend: Backend,
    variant: &Variant<'_>,
    places: Places<'_>,
    skip: &[PathBuf],
    threads: &[(String, String)],
) -> Result<Vec<Step>, BackendError> {
    let Places { source, build, .. } = places;
    let variables = environment(threads, source, build);
    let (own, build) = (build.join("source"), build.join("build"));
    let source = if backend.in_place(source) {
        copy_tree(source, &own, skip)?;
        own
    } else {
        source.to_owned()
    };
    let layout = Layout {
        source,
        build,
        install: places.install.map(Path::to_owned),
    };
    let mut steps = backend.prepare(variant, &layout, Jobs::Shared)?;
    for step in &mut steps {
        let mut environment = variables.clone();
        environment.append(&mut step.environment);
        step.environment = environment;
    }
    Ok(steps)
}
