//! `gitlab`: a pipeline of GitLab CI, to be triggered by another as its child.

use super::limit::{self, Limit, Limits};
use super::pattern::{Filler, plain};
use super::yaml::Yaml;
use super::{Work, common, heading, numbered, stem};
use crate::emit::environment::environment;
use crate::emit::spot::Spot;
use crate::emit::{EmitOptions, EmittedFile, Format};
use crate::error::Error;
use crate::matrix::{Expansion, Variant};

/// Names that are no job's.
const RESERVED: [&str; 17] = [
    "after_script",
    "before_script",
    "cache",
    "default",
    "false",
    "image",
    "include",
    "nil",
    "null",
    "pages",
    "services",
    "spec",
    "stages",
    "true",
    "types",
    "variables",
    "workflow",
];
/// The hidden job that all others extend.
const BASE: &str = ".variant";

pub(in crate::emit) fn files(
    expansion: &Expansion<'_>,
    options: &EmitOptions,
) -> Result<Vec<EmittedFile>, Error> {
    let own = &options.gitlab;
    let (setup, commands) = (own.setup.as_ref(), own.commands.as_ref());
    let work = Work::new(Format::Gitlab, options, setup, commands)?;
    let variants = expansion.variants.iter();
    let places: Vec<Place> = variants
        .clone()
        .map(|variant| Place::new(variant, options))
        .collect::<Result<_, _>>()?;
    let place = common(&places);
    let jobs: Vec<(String, Yaml)> = variants
        .zip(&places)
        .map(|(variant, own)| {
            let own = place.is_none().then_some(own);
            Ok((name(&variant.name), job(variant, own)?))
        })
        .collect::<Result<_, Error>>()?;
    let base = base(&work, options, place.as_ref());

    let around = document(expansion, options, "-000", &base, &[]).len();
    let room = Limit {
        most: limit::GITLAB_FILE.most - around,
        ..limit::GITLAB_FILE
    };
    let sizes: Vec<usize> = jobs
        .iter()
        .map(|(name, job)| name.len() + 8 + job.size(2))
        .collect();
    let limits = Limits::new(Format::Gitlab, options, own.over_limit);
    let count = limit::GITLAB_JOBS.or(own.max_jobs);
    let parts = limits.parts(&sizes, count, Some(room))?;
    let several = parts.len() > 1;
    let files = parts.into_iter().enumerate().map(|(at, part)| {
        let number = numbered(at, several);
        EmittedFile {
            path: path(expansion, &number),
            text: document(expansion, options, &number, &base, &jobs[part]),
        }
    });
    Ok(files.collect())
}

fn path(expansion: &Expansion<'_>, number: &str) -> String {
    format!("{}{number}.gitlab-ci.yml", stem(expansion))
}

fn document(
    expansion: &Expansion<'_>,
    options: &EmitOptions,
    number: &str,
    base: &Yaml,
    jobs: &[(String, Yaml)],
) -> String {
    let mut more = vec![format!(
        "a job of .gitlab-ci.yml starts it: `trigger: {{ include: {} }}`",
        path(expansion, number)
    )];
    if options.max_parallel.is_some() {
        more.push("there is no place here for max_parallel".to_owned());
    }
    // A child of a merge request's pipeline has jobs only if a rule lets it.
    let always = Yaml::List(vec![Yaml::map([("when", Yaml::text("always"))])]);
    let mut workflow = vec![("rules", always)];
    if options.gitlab.fail_fast.unwrap_or(options.fail_fast) {
        let all = Yaml::map([("on_job_failure", Yaml::text("all"))]);
        workflow.push(("auto_cancel", all));
    }
    let mut parts = vec![
        ("workflow".to_owned(), Yaml::map(workflow)),
        (BASE.to_owned(), base.clone()),
    ];
    parts.extend(jobs.iter().cloned());
    heading(Format::Gitlab, expansion, &more) + &Yaml::Map(parts).document()
}

/// Where a job runs.
#[derive(Clone, PartialEq)]
struct Place {
    image: Option<String>,
    tags: Vec<String>,
}

impl Place {
    fn new(variant: &Variant<'_>, options: &EmitOptions) -> Result<Self, Error> {
        let own = &options.gitlab;
        let filler = |option| Filler {
            spot: Spot::new(Format::Gitlab, variant),
            variant,
            option,
            quote: plain,
        };
        let image = own.image.as_deref();
        Ok(Self {
            image: image.map(|image| filler("image").text(image)).transpose()?,
            tags: if own.tags.is_empty() {
                variant.runner.clone()
            } else {
                filler("tags").list(&own.tags)?
            },
        })
    }

    fn add_to(&self, job: &mut Vec<(&'static str, Yaml)>) {
        if let Some(image) = &self.image {
            job.push(("image", Yaml::text(image)));
        }
        if !self.tags.is_empty() {
            job.push(("tags", Yaml::texts(&self.tags)));
        }
    }
}

/// What all jobs have.
fn base(work: &Work<'_>, options: &EmitOptions, place: Option<&Place>) -> Yaml {
    let mut base = Vec::new();
    if let Some(place) = place {
        place.add_to(&mut base);
    }
    let minutes = options.gitlab.timeout_minutes.or(options.timeout_minutes);
    if let Some(minutes) = minutes {
        base.push(("timeout", Yaml::text(format!("{minutes} minutes"))));
    }
    let lines = |lines: &[String]| Yaml::List(lines.iter().map(|l| Yaml::script(l)).collect());
    if !work.setup.is_empty() {
        base.push(("before_script", lines(work.setup)));
    }
    base.push(("script", lines(work.commands)));
    Yaml::map(base)
}

fn job(variant: &Variant<'_>, place: Option<&Place>) -> Result<Yaml, Error> {
    let spot = Spot::new(Format::Gitlab, variant);
    let mut job = vec![("extends", Yaml::text(BASE))];
    if let Some(place) = place {
        place.add_to(&mut job);
    }
    let mut variables = Vec::new();
    for (name, value) in environment(variant) {
        spot.identifier(&name)?;
        let text = Yaml::text(&value);
        // Else a dollar sign is that of another variable.
        let value = if value.contains('$') {
            Yaml::map([("value", text), ("expand", Yaml::bare(&false))])
        } else {
            text
        };
        variables.push((name, value));
    }
    job.push(("variables", Yaml::Map(variables)));
    Ok(Yaml::map(job))
}

/// A variant's name, or where it is none of a job, one that no variant has.
fn name(variant: &str) -> String {
    if variant.starts_with('.') || RESERVED.contains(&variant) {
        format!("variant:{variant}")
    } else {
        variant.to_owned()
    }
}
