//! Jobs of real shells and real makes.
#![cfg(unix)]

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::outcome::Claim;

/// Each job is a script for a shell; the claims of all are these.
#[derive(Default)]
struct Shell {
    claims: Vec<Claim>,
    told: Mutex<Vec<String>>,
}

impl Conduct for Shell {
    fn steps(&self, job: &Job, build: &Path) -> Result<Vec<Step>, String> {
        if job.recipe == "unprepared" {
            return Err("nothing builds this".to_owned());
        }
        let scripts = job.recipe.split("\n---\n");
        let names = [StepName::Configure, StepName::Build, StepName::Test];
        let steps = scripts.zip(names).map(|(script, name)| Step {
            name,
            program: PathBuf::from("sh"),
            arguments: vec!["-c".into(), script.into()],
            directory: build.to_owned(),
            environment: vec![("STEP".to_owned(), name.as_str().into())],
        });
        Ok(steps.collect())
    }

    fn examine(&self, _: &Job, _: &Path, outcome: &mut Outcome) {
        outcome.claims.clone_from(&self.claims);
    }

    fn tell(&self, event: Event<'_>) {
        let text = match event {
            Event::Kept(outcome) => format!("kept {}", outcome.variant),
            Event::Started(job) => format!("started {}", job.variant),
            Event::Step(job, step) => format!("{} {}", step.name.as_str(), job.variant),
            Event::Ended(outcome) => {
                format!("ended {} {}", outcome.variant, outcome.status.as_str())
            }
        };
        self.told.lock().unwrap().push(text);
    }
}

fn job(variant: &str, script: &str) -> Job {
    Job {
        variant: variant.to_owned(),
        id: format!("{variant:0>64}"),
        axes: vec![("a".to_owned(), variant.to_owned())],
        recipe: script.to_owned(),
        environment: vec![("CFLAGS".to_owned(), "-O2 'x y'".to_owned())],
        limit: Some(Duration::from_secs(60)),
        retries: 0,
    }
}

fn settings() -> Settings {
    let path = "/usr/local/bin:/usr/bin:/bin";
    Settings {
        jobs: 2,
        passed: vec![("PATH".into(), path.into())],
        ..Settings::default()
    }
}

struct Scene {
    directory: tempfile::TempDir,
    shell: Shell,
}

impl Scene {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            shell: Shell::default(),
        }
    }

    fn run(&self, jobs: &[Job], settings: &Settings) -> Vec<Option<Outcome>> {
        let record = Record::open(self.directory.path()).unwrap();
        record
            .write_manifest(&crate::report::Run::new("m", Vec::new(), 0))
            .unwrap();
        super::run(jobs, &record, settings, &self.shell).unwrap()
    }

    fn one(&self, job: Job) -> Outcome {
        let mut outcomes = self.run(&[job], &settings());
        outcomes.remove(0).unwrap()
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.directory.path().join(path)).unwrap()
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.shell.told.lock().unwrap())
    }
}

#[test]
fn steps_follow_each_other_and_the_first_that_fails_is_the_last() {
    let scene = Scene::new();
    let script = "echo one\n---\necho two; echo 'x.c:3: error: no such thing' >&2; echo after; exit 3\n---\necho three";
    let outcome = scene.one(job("v", script));
    assert_eq!(outcome.status, Status::Failed);
    let steps: Vec<(StepName, Status, Option<i32>)> = outcome
        .steps
        .iter()
        .map(|step| (step.name, step.status, step.exit_code))
        .collect();
    let expected = [
        (StepName::Configure, Status::Passed, Some(0)),
        (StepName::Build, Status::Failed, Some(3)),
    ];
    assert_eq!(steps, expected);
    let failed = outcome.failed_step().unwrap();
    assert_eq!(
        failed.first_error.as_deref(),
        Some("x.c:3: error: no such thing")
    );
    let log = scene.text(&failed.log);
    assert!(
        log.starts_with("$ sh -c echo two;") && log.ends_with("after\n"),
        "{log}"
    );
    assert_eq!(
        scene.told(),
        ["started v", "configure v", "build v", "ended v failed"]
    );
    let written: Outcome = serde_json::from_str(&scene.text("outcomes/v.json")).unwrap();
    assert_eq!(written, outcome);
}

#[test]
fn a_build_sees_its_own_variables_and_what_passes() {
    let scene = Scene::new();
    let outcome = scene.one(job("v", "env > seen"));
    assert_eq!(outcome.status, Status::Passed);
    let seen = scene.text("builds/v/seen");
    let mut names: Vec<&str> = seen
        .lines()
        .filter_map(|line| Some(line.split_once('=')?.0))
        .collect();
    names.sort_unstable();
    // What the shell sets itself, and what tells of the jobserver.
    names.retain(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name));
    assert_eq!(
        names,
        [
            "CARGO_MAKEFLAGS",
            "CFLAGS",
            "MAKEFLAGS",
            "MFLAGS",
            "PATH",
            "STEP"
        ]
    );
    assert!(seen.contains("CFLAGS=-O2 'x y'\n"));
}

#[test]
fn what_takes_too_long_is_ended_with_what_it_started() {
    let scene = Scene::new();
    let mut job = job("v", "(sleep 2; : > mark) & echo waiting; wait");
    job.limit = Some(Duration::from_millis(300));
    let outcome = scene.one(job);
    assert_eq!(outcome.status, Status::TimedOut);
    let reason = outcome.steps[0].first_error.as_deref();
    assert_eq!(reason, Some("it did not end within 0.3 s"));
    std::thread::sleep(Duration::from_millis(2200));
    assert!(!scene.directory.path().join("builds/v/mark").exists());
}

#[test]
fn what_is_left_running_is_ended_with_its_step() {
    let scene = Scene::new();
    let outcome = scene.one(job("v", "(sleep 1; : > mark) & exit 0"));
    assert_eq!(outcome.status, Status::Passed);
    std::thread::sleep(Duration::from_millis(1500));
    assert!(!scene.directory.path().join("builds/v/mark").exists());
}

#[test]
fn a_test_that_kills_its_shell_is_a_failure_with_its_signal() {
    let scene = Scene::new();
    let outcome = scene.one(job("v", "echo Assertion failed; kill -SEGV $$"));
    assert_eq!(outcome.status, Status::Failed);
    let step = &outcome.steps[0];
    assert_eq!((step.exit_code, step.signal), (None, Some(11)));
    assert_eq!(step.first_error.as_deref(), Some("Assertion failed"));
}

#[test]
fn a_step_that_fails_may_be_tried_again() {
    let scene = Scene::new();
    let mut job = job("v", "echo x >> times; test $(wc -l < times) = 3");
    job.retries = 5;
    let outcome = scene.one(job.clone());
    assert_eq!(outcome.status, Status::Passed);
    assert_eq!(outcome.steps[0].attempts, 3);
    let log = scene.text(&outcome.steps[0].log);
    assert_eq!(log.matches("$ sh -c").count(), 3, "{log}");
    job.retries = 1;
    assert_eq!(scene.one(job).steps[0].attempts, 2);
}

#[test]
fn what_is_not_there_and_what_cannot_be_prepared_is_said() {
    let scene = Scene::new();
    let outcome = scene.one(job("v", "unprepared"));
    assert_eq!(outcome.status, Status::Failed);
    assert_eq!(
        outcome.steps[0].first_error.as_deref(),
        Some("nothing builds this")
    );
    let without_path = Settings {
        passed: vec![("PATH".into(), "/nonexistent".into())],
        ..settings()
    };
    let outcomes = scene.run(&[job("v", "true")], &without_path);
    let step = &outcomes[0].as_ref().unwrap().steps[0];
    let reason = step.first_error.as_deref().unwrap();
    assert!(reason.starts_with("cannot start sh: "), "{reason}");
}

#[test]
fn one_that_prints_without_end_is_ended() {
    let scene = Scene::new();
    let outcome = scene.one(job("v", "yes"));
    assert_eq!(outcome.status, Status::Failed);
    let reason = outcome.steps[0].first_error.as_deref();
    assert_eq!(reason, Some("it printed more than 256 MiB"));
}

#[test]
fn the_first_failure_may_end_the_run() {
    let scene = Scene::new();
    let jobs = [
        job(
            "bad",
            "until [ -e ../long/begun ]; do sleep 0.01; done; exit 1",
        ),
        job("long", "touch begun; sleep 30"),
        job("never", "true"),
    ];
    let settings = Settings {
        fail_fast: true,
        ..settings()
    };
    let outcomes = scene.run(&jobs, &settings);
    let status: Vec<Option<Status>> = outcomes
        .iter()
        .map(|outcome| outcome.as_ref().map(|outcome| outcome.status))
        .collect();
    assert_eq!(
        status,
        [Some(Status::Failed), Some(Status::Interrupted), None]
    );
}

#[test]
fn outcomes_are_kept_as_far_as_they_are_of_the_same() {
    let scene = Scene::new();
    let jobs = [
        job("good", "true"),
        job("bad", "exit 1"),
        job("other", "true"),
    ];
    scene.run(&jobs, &settings());
    scene.told();
    let again = |keep| Settings { keep, ..settings() };
    let mut changed = jobs.clone();
    changed[2].environment[0].1 = "-O3".to_owned();
    scene.run(&changed, &again(Keep::Ended));
    let mut told = scene.told();
    told.retain(|text| text.starts_with("kept") || text.starts_with("started"));
    assert_eq!(told, ["kept good", "kept bad", "started other"]);
    scene.run(&changed, &again(Keep::Passed));
    let mut told = scene.told();
    told.retain(|text| text.starts_with("kept") || text.starts_with("started"));
    assert_eq!(told, ["kept good", "kept other", "started bad"]);
    // What was begun and not ended is not known.
    let record = Record::open(scene.directory.path()).unwrap();
    record.begin("good").unwrap();
    assert_eq!(record.outcome("good").unwrap(), None);
}

#[test]
fn jobs_within_jobs_are_not_more_than_there_are() {
    let scene = Scene::new();
    // Each target counts how many of its kind run at the same time.
    let makefile = "\
all: 1 2 3 4 5 6
1 2 3 4 5 6:
\t@mkdir running/$$$$-$@; ls running | wc -l >> most; sleep 0.1; rmdir running/$$$$-$@
";
    let shared = scene.directory.path().with_extension("shared");
    fs::create_dir_all(shared.join("running")).unwrap();
    fs::write(shared.join("Makefile"), makefile).unwrap();
    let script = format!("make -C '{}'", shared.display());
    let jobs: Vec<Job> = ["a", "b", "c"].map(|name| job(name, &script)).to_vec();
    let outcomes = scene.run(&jobs, &settings());
    let seen = fs::read_to_string(shared.join("most")).unwrap();
    fs::remove_dir_all(&shared).unwrap();
    for outcome in outcomes {
        let outcome = outcome.unwrap();
        assert_eq!(outcome.status, Status::Passed, "{outcome:?}");
    }
    let counts: Vec<u32> = seen
        .lines()
        .map(|line| line.trim().parse().unwrap())
        .collect();
    assert_eq!(counts.len(), 18);
    // One that is seen as it leaves may be counted beside its successor.
    assert!(counts.iter().all(|&count| count <= 3), "{counts:?}");
    assert!(counts.iter().any(|&count| count >= 2), "{counts:?}");
}

#[test]
fn what_took_longest_is_begun_first() {
    let mut waiting = vec![(0, 1.0), (1, f64::NAN), (2, 9.0), (3, f64::NAN), (4, 2.0)];
    longest_first(&mut waiting);
    let order: Vec<usize> = waiting.iter().map(|(number, _)| *number).collect();
    assert_eq!(order, [2, 1, 3, 4, 0]);
    let mut unknown = vec![(0, f64::NAN), (1, f64::NAN)];
    longest_first(&mut unknown);
    assert_eq!(unknown[0].0, 0);
}

#[test]
fn a_directory_of_something_else_is_left_alone() {
    let scene = Scene::new();
    let path = scene.directory.path();
    fs::write(path.join("thesis.tex"), "").unwrap();
    let error = Record::open(path).unwrap_err();
    let text = error.to_string();
    assert!(text.ends_with("is not empty, and no run made it"), "{text}");
    assert!(error.hint().unwrap().contains("--directory"));
    assert_eq!(fs::read_dir(path).unwrap().count(), 1);
}

#[test]
fn documents_that_are_none_or_too_new_are_named() {
    let scene = Scene::new();
    scene.run(&[job("v", "true")], &settings());
    let outcome = scene.directory.path().join("outcomes/v.json");
    let record = || Record::open(scene.directory.path()).unwrap();
    fs::write(&outcome, "{\"format_version\": 1").unwrap();
    let error = record().outcome("v").unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("v.json is no document of a run"),
        "{error}"
    );
    assert!(error.hint().unwrap().starts_with("remove "));
    fs::write(&outcome, "{\"format_version\": 2}").unwrap();
    let error = record().outcome("v").unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("v.json is of format 2, and this version knows 1"),
        "{error}"
    );
    fs::write(
        scene.directory.path().join("run.json"),
        "{\"format_version\": 7}",
    )
    .unwrap();
    assert!(matches!(
        Record::open(scene.directory.path()),
        Err(RunError::Newer { found: 7, .. })
    ));
}

#[test]
fn two_runs_do_not_share_a_directory() {
    let scene = Scene::new();
    let first = Record::open(scene.directory.path()).unwrap();
    let error = Record::open(scene.directory.path()).unwrap_err();
    assert!(
        error.to_string().starts_with("another run is at work in "),
        "{error}"
    );
    drop(first);
    Record::open(scene.directory.path()).unwrap();
}
