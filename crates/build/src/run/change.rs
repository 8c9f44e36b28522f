//! What is another in a run than in the one before it in the same directory.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::job::Job;
use crate::outcome::Outcome;
use crate::report::Run;

/// Why an earlier outcome is not of what is asked for now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Change {
    /// The matrix did not have the variant.
    New,
    /// The variant is not asked for any more.
    Gone,
    /// A variable of the builds' environment.
    Variable {
        /// Its name, such as `CFLAGS`.
        name: String,
        /// What it was; nothing where it was not there.
        before: Option<String>,
        /// What it is.
        now: Option<String>,
    },
    /// The configuration, in something that the environment does not tell: a
    /// compiler's or library's own content.
    Configuration,
    /// The commands, or the build system.
    Commands,
    /// The files that are built.
    Sources,
}

impl Change {
    /// It in words, as what follows a variant's name.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::New => "not in the earlier run".to_owned(),
            Self::Gone => "not in this run".to_owned(),
            Self::Variable { name, before, now } => match (before, now) {
                (Some(before), Some(now)) => format!("{name} was `{before}`, is `{now}`"),
                (None, Some(now)) => format!("{name} was not set, is `{now}`"),
                (Some(before), None) => format!("{name} was `{before}`, is not set"),
                (None, None) => format!("{name} is not set"),
            },
            Self::Configuration => "a compiler or a library is another one".to_owned(),
            Self::Commands => "other commands".to_owned(),
            Self::Sources => "other sources".to_owned(),
        }
    }
}

/// What changed, by variant in the order of the matrix, and then what is gone.
///
/// `outcomes` has what is known of variants by name; one that has no outcome is
/// built anyway, and is not told unless it is new.
#[must_use]
pub fn changes(
    earlier: &Run,
    now: &Run,
    jobs: &[Job],
    outcomes: &BTreeMap<String, Outcome>,
) -> Vec<(String, Vec<Change>)> {
    let known: BTreeSet<&str> = earlier
        .variants
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    let all: BTreeSet<&str> = jobs.iter().map(|job| job.variant.as_str()).collect();
    let here = jobs.iter().map(|job| {
        let what = match outcomes.get(&job.variant) {
            Some(outcome) if outcome.job == job.identity() => Vec::new(),
            Some(outcome) => differences(earlier, now, job, outcome),
            None if !known.contains(job.variant.as_str()) => vec![Change::New],
            None => Vec::new(),
        };
        (job.variant.clone(), what)
    });
    let gone = earlier.variants.iter();
    let gone = gone.filter(|variant| !all.contains(variant.name.as_str()));
    let gone = gone.map(|variant| (variant.name.clone(), vec![Change::Gone]));
    here.filter(|(_, what)| !what.is_empty())
        .chain(gone)
        .collect()
}

fn differences(earlier: &Run, now: &Run, job: &Job, outcome: &Outcome) -> Vec<Change> {
    let variables: BTreeMap<&String, &String> = job
        .environment
        .iter()
        .map(|(name, value)| (name, value))
        .collect();
    let names: BTreeSet<&String> = variables
        .keys()
        .copied()
        .chain(outcome.environment.keys())
        .collect();
    // It is another one whenever anything else is.
    let told = names.into_iter().filter(|name| *name != "CFGMATRIX_ID");
    let mut what: Vec<Change> = told
        .filter_map(|name| {
            let before = outcome.environment.get(name);
            let now = variables.get(name).copied();
            (before != now).then(|| Change::Variable {
                name: name.clone(),
                before: before.cloned(),
                now: now.cloned(),
            })
        })
        .collect();
    if what.is_empty() && outcome.id != job.id {
        what.push(Change::Configuration);
    }
    if (&earlier.with, &earlier.steps, &earlier.source) != (&now.with, &now.steps, &now.source) {
        what.push(Change::Commands);
    } else if earlier.sources != now.sources {
        what.push(Change::Sources);
    } else if what.is_empty() {
        // A run between the two had the commands or sources of now.
        what.push(if now.with.is_some() {
            Change::Sources
        } else {
            Change::Commands
        });
    }
    what
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{RunStep, RunVariant};

    fn job(name: &str, flags: &str, run: &Run) -> Job {
        Job {
            variant: name.to_owned(),
            id: format!("id of {flags}"),
            axes: Vec::new(),
            recipe: run.recipe(),
            environment: vec![("CFLAGS".to_owned(), flags.to_owned())],
            limit: None,
            retries: 0,
        }
    }

    fn run_of(names: &[&str], sources: &str) -> Run {
        let mut run = Run::new("m", Vec::new(), 0);
        run.sources = Some(sources.to_owned());
        run.with = Some("make".to_owned());
        run.variants = names
            .iter()
            .map(|&name| RunVariant {
                name: name.to_owned(),
                id: String::new(),
                axes: Vec::new(),
                attributes: Vec::new(),
                flags: Vec::new(),
            })
            .collect();
        run
    }

    fn outcome(job: &Job) -> (String, Outcome) {
        let text = serde_json::json!({
            "format_version": 1, "variant": job.variant, "id": job.id, "job": job.identity(),
            "axes": {}, "status": "passed", "steps": [], "claims": [], "fingerprint": null,
            "seconds": 0.0,
            "environment": job.environment.iter().cloned().collect::<BTreeMap<_, _>>(),
        });
        (job.variant.clone(), serde_json::from_value(text).unwrap())
    }

    fn texts(earlier: &Run, now: &Run, before: &[Job], jobs: &[Job]) -> Vec<(String, String)> {
        let outcomes = before.iter().map(outcome).collect();
        let all = changes(earlier, now, jobs, &outcomes).into_iter();
        all.map(|(name, what)| {
            let what: Vec<String> = what.iter().map(Change::text).collect();
            (name, what.join("; "))
        })
        .collect()
    }

    #[test]
    fn nothing_is_told_of_what_is_the_same_and_everything_of_what_is_not() {
        let run = run_of(&["a", "b"], "1");
        let all = ["a", "b"].map(|name| job(name, "-O2", &run));
        assert_eq!(texts(&run, &run, &all, &all), []);
        // What was never built is built, and is no change.
        assert_eq!(texts(&run, &run, &all[..1], &all), []);

        let other = run_of(&["b", "c"], "1");
        let now = [job("b", "-O3", &other), job("c", "-O2", &other)];
        let expected = [
            ("b", "CFLAGS was `-O2`, is `-O3`"),
            ("c", "not in the earlier run"),
            ("a", "not in this run"),
        ];
        let expected = expected.map(|(name, text)| (name.to_owned(), text.to_owned()));
        assert_eq!(texts(&run, &other, &all, &now), expected);
    }

    #[test]
    fn sources_commands_and_compilers_are_told_apart() {
        let run = run_of(&["a"], "1");
        let before = [job("a", "-O2", &run)];
        let told = |now: &Run, job: Job| texts(&run, now, &before, &[job])[0].1.clone();

        let sources = run_of(&["a"], "2");
        assert_eq!(told(&sources, job("a", "-O2", &sources)), "other sources");

        let mut commands = run.clone();
        commands.steps.push(RunStep {
            name: crate::outcome::StepName::Build,
            command: vec!["make".to_owned()],
        });
        assert_eq!(
            told(&commands, job("a", "-O2", &commands)),
            "other commands"
        );

        let compiler = Job {
            id: "another".to_owned(),
            ..job("a", "-O2", &run)
        };
        assert_eq!(
            told(&run, compiler),
            "a compiler or a library is another one"
        );

        let mut job = job("a", "-O2", &run);
        job.environment = vec![("LDFLAGS".to_owned(), "-s".to_owned())];
        assert_eq!(
            told(&run, job),
            "CFLAGS was `-O2`, is not set; LDFLAGS was not set, is `-s`"
        );
    }
}
