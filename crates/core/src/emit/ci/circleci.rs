//! `circleci`: a configuration of CircleCI, one job a variant.

use super::pattern::{Filler, Quote};
use super::yaml::Yaml;
use super::{Work, heading, names, script, stem};
use crate::emit::environment::environment;
use crate::emit::spot::Spot;
use crate::emit::{EmitOptions, EmittedFile, Format, quote};
use crate::error::Error;
use crate::matrix::{Expansion, Variant};

/// Where nothing is said.
const IMAGE: &str = "cimg/base:current";
/// The command of the configuration that all jobs have as a step.
const COMMAND: &str = "variant";
const LONGEST_NAME: usize = 100;

pub(in crate::emit) fn files(
    expansion: &Expansion<'_>,
    options: &EmitOptions,
) -> Result<Vec<EmittedFile>, Error> {
    let own = &options.circleci;
    let (setup, commands) = (own.setup.as_ref(), own.commands.as_ref());
    let work = Work::new(Format::Circleci, options, setup, commands)?;
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let names = names(&expansion.variants, LONGEST_NAME, '-', is_letter);
    let jobs: Vec<(String, Yaml)> = names
        .iter()
        .zip(&expansion.variants)
        .map(|(name, variant)| Ok((name.clone(), job(variant, options)?)))
        .collect::<Result<_, Error>>()?;
    let workflow = Yaml::map([("jobs", Yaml::texts(&names))]);
    let command = Yaml::map([("steps", steps(&work)?)]);
    let document = Yaml::map([
        ("version", Yaml::bare(&"2.1")),
        ("commands", Yaml::map([(COMMAND, command)])),
        ("jobs", Yaml::Map(jobs)),
        ("workflows", Yaml::map([(stem(expansion), workflow)])),
    ]);
    let absent = [
        ("max_parallel", options.max_parallel.is_some()),
        ("fail_fast", options.fail_fast),
        ("timeout_minutes", options.timeout_minutes.is_some()),
    ];
    let absent: Vec<&str> = absent
        .iter()
        .filter_map(|(key, is_set)| is_set.then_some(*key))
        .collect();
    let more = match absent.as_slice() {
        [] => Vec::new(),
        keys => vec![format!("there is no place here for {}", keys.join(", "))],
    };
    Ok(vec![EmittedFile {
        path: ".circleci/config.yml".to_owned(),
        text: heading(Format::Circleci, expansion, &more) + &document.document(),
    }])
}

fn job(variant: &Variant<'_>, options: &EmitOptions) -> Result<Yaml, Error> {
    let own = &options.circleci;
    let spot = Spot::new(Format::Circleci, variant);
    let quote: Quote = quote::circleci;
    let fill = |option, pattern: &Option<String>| {
        let filler = Filler {
            spot,
            variant,
            option,
            quote,
        };
        let pattern = pattern.as_deref();
        pattern.map(|pattern| filler.text(pattern)).transpose()
    };
    let class = fill("resource_class", &own.resource_class)?;
    let image = fill("image", &own.image)?;
    let is_own = class.as_ref().is_some_and(|class| class.contains('/'));
    let mut job = vec![match fill("machine", &own.machine)? {
        Some(machine) => ("machine", Yaml::map([("image", Yaml::text(machine))])),
        None if image.is_none() && is_own => ("machine", Yaml::bare(&true)),
        None => {
            let image = image.as_deref().unwrap_or(IMAGE);
            let image = Yaml::map([("image", Yaml::text(image))]);
            ("docker", Yaml::List(vec![image]))
        }
    }];
    if let Some(class) = class {
        job.push(("resource_class", Yaml::text(class)));
    }
    let mut variables = Vec::new();
    for (name, value) in environment(variant) {
        spot.identifier(&name)?;
        let text = spot.value(&name, quote(&value))?;
        variables.push((name, Yaml::text(text)));
    }
    job.push(("environment", Yaml::Map(variables)));
    job.push(("steps", Yaml::texts(["checkout", COMMAND])));
    Ok(Yaml::map(job))
}

fn steps(work: &Work<'_>) -> Result<Yaml, Error> {
    let mut steps = Vec::new();
    for (name, lines) in [("Set up", work.setup), ("Build and test", work.commands)] {
        if lines.is_empty() {
            continue;
        }
        let text = quote::circleci(&script(lines));
        let text = Spot::of_all(Format::Circleci).say("a command", text)?;
        let run = Yaml::map([("name", Yaml::text(name)), ("command", Yaml::script(&text))]);
        steps.push(Yaml::map([("run", run)]));
    }
    Ok(Yaml::List(steps))
}
