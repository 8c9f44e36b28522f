//! Gives each variant its steps, looks at what was built, and tells what happens.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cfgmatrix_build::backend::Backend;
use cfgmatrix_build::outcome::{Outcome, Status};
use cfgmatrix_build::run::{Conduct, Event, Job, Step};
use cfgmatrix_build::verify::{MpiHelper, Recogniser, Scene, Verification, verify};
use cfgmatrix_core::{KnowledgeBase, Variant};

use super::super::verify::Helper;
use super::plan::{self, Places};
use super::progress::Progress;

/// What a run knows of its variants while it is at work.
pub(super) struct Conductor<'a> {
    /// By name.
    pub(super) prepared: BTreeMap<&'a str, Prepared<'a>>,
    /// What builds the source, where it is not commands.
    pub(super) backend: Option<Backend>,
    /// The run's own directory, which is no part of the sources.
    pub(super) directory: &'a Path,
    pub(super) known: &'a KnowledgeBase,
    pub(super) recogniser: &'a Recogniser,
    pub(super) mpi: &'a MpiHelper,
    pub(super) source: &'a Path,
    /// What of the caller's environment the user lets through: what was built runs
    /// with it, and its libraries are looked for with it.
    pub(super) named: &'a BTreeMap<String, String>,
    /// Whether what was built is looked at.
    pub(super) verify: bool,
    pub(super) progress: &'a Progress,
}

/// What is known of a variant before it begins.
pub(super) struct Prepared<'a> {
    pub(super) variant: &'a Variant<'a>,
    pub(super) steps: Vec<Step>,
    /// The variables that say how many threads it may have.
    pub(super) threads: Vec<(String, String)>,
    pub(super) install: Option<PathBuf>,
}

impl Conductor<'_> {
    fn of(&self, job: &Job) -> &Prepared<'_> {
        &self.prepared[job.variant.as_str()]
    }

    /// What is seen of what lies below a directory; nothing where it cannot be
    /// looked at.
    fn look(
        &self,
        directory: &Path,
        variant: &Variant<'_>,
        outcome: &Outcome,
    ) -> Option<Verification> {
        let mut run_env = self.named.clone();
        run_env.extend(variant.configuration.run_env.clone());
        let logs = outcome.steps.iter();
        let logs = logs.map(|step| self.directory.join(&step.log)).collect();
        let scene = Scene::of_build(directory, &[self.source.to_owned()], run_env);
        let scene = scene.with_logs(logs);
        let helper = Helper::of(variant, self.mpi);
        // Files that were found by looking are passed over where they cannot be read.
        verify(variant, self.known, self.recogniser, &scene, &helper).ok()
    }
}

impl Conduct for Conductor<'_> {
    fn steps(&self, job: &Job, build: &Path) -> Result<Vec<Step>, String> {
        let prepared = self.of(job);
        let Some(backend) = self.backend else {
            return Ok(prepared.steps.clone());
        };
        let places = Places {
            source: self.source,
            build,
            install: prepared.install.as_deref(),
        };
        let skip = [self.directory.to_owned()];
        plan::backend_steps(backend, prepared.variant, places, &skip, &prepared.threads).map_err(
            |error| {
                let hint = error.hint();
                hint.map_or(error.to_string(), |hint| format!("{error}: {hint}"))
            },
        )
    }

    fn examine(&self, job: &Job, build: &Path, outcome: &mut Outcome) {
        if !self.verify {
            return;
        }
        let prepared = self.of(job);
        if let Some(seen) = self.look(build, prepared.variant, outcome) {
            outcome.fingerprint = seen.fingerprint;
            outcome.claims = seen.claims;
        }
        // Installing may take away what was true of the build, such as an rpath.
        let installed = prepared.install.as_ref();
        let installed = installed.and_then(|place| self.look(place, prepared.variant, outcome));
        if let Some(seen) = installed {
            let claims = seen.claims.into_iter();
            let claims = claims.filter(|claim| claim.artifact.is_some());
            outcome.claims.extend(claims);
        }
        if outcome.is_refuted() {
            outcome.status = Status::Refuted;
        }
    }

    fn tell(&self, event: Event<'_>) {
        self.progress.tell(event);
    }
}
