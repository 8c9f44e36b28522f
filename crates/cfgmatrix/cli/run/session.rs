//! One run at work: from variants to jobs, and to what came of them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cfgmatrix_build::backend::Backend;
use cfgmatrix_build::outcome::Outcome;
use cfgmatrix_build::report::{Axis, Report, Run};
use cfgmatrix_build::run::{Job, Record, Settings};
use cfgmatrix_build::run::{changes, file_name, passed, run as run_jobs, state};
use cfgmatrix_build::verify::{MpiHelper, Recogniser};
use cfgmatrix_core::emit::environment;
use cfgmatrix_core::{KnowledgeBase, RunOptions, Space, Variant};

use super::conduct::{Conductor, Prepared};
use super::further::run_variant;
use super::plan::{self, Places};
use super::progress::Progress;
use super::{Arguments, Error, Surroundings, absolute};
use crate::files::io_error;

/// What is built, by what, and where it goes.
pub(super) struct Project {
    source: PathBuf,
    install: Option<PathBuf>,
    /// Nothing where it is commands.
    backend: Option<Backend>,
}

impl Project {
    /// # Errors
    /// There is no such source, or nothing says how it is built.
    pub(super) fn new(arguments: &Arguments, options: &RunOptions) -> Result<Self, Error> {
        let source = absolute(arguments.source.as_deref().unwrap_or(Path::new(".")))?;
        let backend = arguments.backend(options, &source)?;
        let install = arguments.install.as_deref();
        let install = install.map(|path| std::path::absolute(path).map_err(io_error("find", path)));
        Ok(Self {
            source,
            install: install.transpose()?,
            backend,
        })
    }

    /// What builds the project must be here, unless a variant says itself where
    /// programs are.
    fn expect_program(
        &self,
        command: &[OsString],
        variants: &[Variant<'_>],
        surroundings: &Surroundings,
    ) -> Result<(), Error> {
        let own_path = |variant: &Variant<'_>| variant.configuration.env.contains_key("PATH");
        let (name, reason) = match (self.backend, command.first().and_then(|word| word.to_str())) {
            (Some(backend), _) => {
                let source = self.source.display();
                (backend.program(), format!("{backend} builds {source}"))
            }
            (None, Some(name)) => (name, "the command begins with it".to_owned()),
            (None, None) => return Ok(()),
        };
        let is_path = Path::new(name).components().count() > 1;
        if is_path || surroundings.has_program(name) || variants.iter().any(own_path) {
            return Ok(());
        }
        Err(Error::NoProgram {
            name: name.to_owned(),
            reason,
        })
    }
}

/// What is the same for all variants of a run, and what came of those that were
/// built.
pub(super) struct Session<'a> {
    arguments: &'a Arguments,
    options: &'a RunOptions,
    known: &'a KnowledgeBase,
    surroundings: &'a Surroundings,
    project: Project,
    record: Record,
    recogniser: Recogniser,
    mpi: MpiHelper,
    /// What the run before this one was of.
    earlier: Option<Run>,
    run: Run,
    outcomes: Vec<Outcome>,
    /// Bytes that all builds together may have.
    memory: Option<u64>,
    /// Builds at a time.
    workers: usize,
    progress: Progress,
}

impl<'a> Session<'a> {
    /// Takes the run's directory. What is wrong with the steps of `variants` is
    /// said before anything is written.
    pub(super) fn new(
        arguments: &'a Arguments,
        options: &'a RunOptions,
        project: Project,
        known: &'a KnowledgeBase,
        surroundings: &'a Surroundings,
        space: &Space<'_>,
        variants: &[Variant<'_>],
    ) -> Result<Self, Error> {
        for variant in variants.iter().filter(|_| project.backend.is_none()) {
            let nowhere = Places {
                source: Path::new(""),
                build: Path::new(""),
                install: None,
            };
            plan::steps(&arguments.command, options, variant, nowhere, &[])?;
        }
        project.expect_program(&arguments.command, variants, surroundings)?;
        let memory = arguments.memory()?;
        let workers = arguments.workers();
        let record = Record::open(&arguments.directory)?;
        let skip = [record.directory().to_owned()];
        let axes = space.axes().map(|(name, values)| Axis {
            name: name.to_owned(),
            values: values.map(ToString::to_string).collect(),
        });
        let mut run = Run::new(space.name(), axes.collect(), now());
        match project.backend {
            Some(backend) => {
                run.with = Some(backend.as_str().to_owned());
                run.sources = Some(state(&project.source, &skip)?);
            }
            None => run.steps = plan::asked(&arguments.command, options),
        }
        run.source = project.source.display().to_string();
        let install = project.install.as_ref();
        run.install = install.map(|place| place.display().to_string());
        Ok(Self {
            arguments,
            options,
            known,
            surroundings,
            project,
            earlier: record.manifest()?,
            record,
            recogniser: Recogniser::new(),
            mpi: MpiHelper::new(),
            run,
            outcomes: Vec::new(),
            memory,
            workers,
            progress: Progress::new(arguments.format, workers),
        })
    }

    /// Where what it finds out is kept.
    pub(super) fn directory(&self) -> &Path {
        self.record.directory()
    }

    /// Says what is not as it was in the run that this one resumes.
    pub(super) fn tell_changes(&self, variants: &[Variant<'_>]) -> Result<(), Error> {
        let resumes = self.arguments.resume || self.arguments.only_failed;
        let Some(earlier) = self.earlier.as_ref().filter(|_| resumes) else {
            return Ok(());
        };
        let mut outcomes = BTreeMap::new();
        for variant in variants {
            if let Some(outcome) = self.record.outcome(&variant.name)? {
                outcomes.insert(variant.name.clone(), outcome);
            }
        }
        let jobs = self.jobs(variants);
        let changes = changes(earlier, &self.run, &jobs, &outcomes);
        self.progress.tell_changes(&changes);
        Ok(())
    }

    /// Builds variants, or takes what earlier runs found out about them.
    pub(super) fn build(&mut self, variants: &[Variant<'_>]) -> Result<(), Error> {
        let workers = self.workers;
        // They are no part of what a job is: another machine has other cores.
        let threads =
            super::super::threads::variables(variants, self.surroundings.host(), workers)?;
        let mut prepared = BTreeMap::new();
        for (variant, threads) in variants.iter().zip(threads) {
            let own = self.prepare(variant, threads)?;
            prepared.insert(variant.name.as_str(), own);
        }
        let jobs = self.jobs(variants);
        let described = variants.iter().map(|variant| run_variant(variant));
        self.run.variants.extend(described);
        self.record.write_manifest(&self.run)?;
        let mut named = self.arguments.pass.clone();
        named.extend_from_slice(&self.options.pass);
        let variables = self.surroundings.environment.iter();
        let through = passed(variables, &named)
            .into_iter()
            .filter_map(|(name, value)| {
                let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
                named.contains(&name).then_some((name, value))
            });
        let through = through.collect();
        let settings = Settings {
            jobs: workers,
            keep: self.arguments.keep(),
            fail_fast: self.arguments.fail_fast,
            passed: passed(self.surroundings.environment.iter(), &named),
            keeper: self.surroundings.program.clone(),
            memory: self.memory,
        };
        let conductor = Conductor {
            prepared,
            backend: self.project.backend,
            directory: self.record.directory(),
            known: self.known,
            recogniser: &self.recogniser,
            mpi: &self.mpi,
            source: &self.project.source,
            named: &through,
            verify: !self.arguments.no_verify,
            progress: &self.progress,
        };
        self.progress.expect(variants.len());
        let outcomes = run_jobs(&jobs, &self.record, &settings, &conductor)?;
        self.outcomes.extend(outcomes.into_iter().flatten());
        Ok(())
    }

    /// What came of all that was built until now.
    pub(super) fn report(&self) -> Report {
        Report::new(
            self.run.clone(),
            self.outcomes.clone(),
            self.record.directory(),
        )
    }

    /// Keeps what only all outcomes together tell.
    pub(super) fn end(
        &mut self,
        report: &mut Report,
        further: &[Variant<'_>],
    ) -> Result<(), Error> {
        self.progress.end();
        self.run.further = further.iter().map(|one| one.name.clone()).collect();
        report.run.further.clone_from(&self.run.further);
        self.run.duplicates = report.find_duplicates();
        report.run.duplicates.clone_from(&self.run.duplicates);
        self.record.write_manifest(&self.run)?;
        Ok(())
    }

    fn prepare<'v>(
        &self,
        variant: &'v Variant<'v>,
        threads: Vec<(String, String)>,
    ) -> Result<Prepared<'v>, Error> {
        let install = self.project.install.as_ref();
        let install = install.map(|directory| directory.join(file_name(&variant.name)));
        let places = Places {
            source: &self.project.source,
            build: &self.record.build(&variant.name),
            install: install.as_deref(),
        };
        let steps = match self.project.backend {
            Some(_) => Vec::new(),
            None => plan::steps(
                &self.arguments.command,
                self.options,
                variant,
                places,
                &threads,
            )?,
        };
        Ok(Prepared {
            variant,
            steps,
            threads,
            install,
        })
    }

    fn jobs(&self, variants: &[Variant<'_>]) -> Vec<Job> {
        let recipe = self.run.recipe();
        let limit = self.options.timeout;
        let limit = limit.map(|seconds| Duration::from_secs(u64::from(seconds.get())));
        let jobs = variants.iter().map(|variant| Job {
            variant: variant.name.clone(),
            id: variant.configuration.id.clone(),
            axes: variant.axes.clone(),
            recipe: recipe.clone(),
            environment: environment(variant),
            limit: self.arguments.timeout.or(limit),
            retries: self.arguments.retry.unwrap_or(self.options.retry),
        });
        jobs.collect()
    }
}

/// Seconds from 1970 to now.
#[expect(
    clippy::disallowed_methods,
    reason = "a run says when it began; nothing depends on it"
)]
fn now() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs())
}
