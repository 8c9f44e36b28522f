//! `buildkite`: a pipeline of one step a variant, for
//! `buildkite-agent pipeline upload`.
//!
//! Buildkite has a matrix of its own, of six axes, twenty values and fifty jobs;
//! steps that stand by themselves have no such limits.

use super::limit::{self, Limits};
use super::pattern::Filler;
use super::yaml::Yaml;
use super::{Work, heading, numbered, script, stem};
use crate::emit::environment::environment;
use crate::emit::quote::Unquotable;
use crate::emit::spot::Spot;
use crate::emit::{EmitOptions, EmittedFile, Format, quote};
use crate::error::Error;
use crate::matrix::{Expansion, Variant};

pub(in crate::emit) fn files(
    expansion: &Expansion<'_>,
    options: &EmitOptions,
) -> Result<Vec<EmittedFile>, Error> {
    let own = &options.buildkite;
    let (setup, commands) = (own.setup.as_ref(), own.commands.as_ref());
    let work = Work::new(Format::Buildkite, options, setup, commands)?;
    let text = script(work.setup) + &script(work.commands);
    let command = Yaml::script(&quote::buildkite(&text));
    let group = format!("cfgmatrix/{}", stem(expansion));
    let steps: Vec<Yaml> = expansion
        .variants
        .iter()
        .map(|variant| step(variant, options, &command, &group))
        .collect::<Result<_, _>>()?;
    let limits = Limits::new(Format::Buildkite, options, own.over_limit);
    let count = limit::BUILDKITE_JOBS.or(own.max_jobs);
    let parts = limits.parts(&vec![0; steps.len()], count, None)?;
    let several = parts.len() > 1;
    let files = parts.into_iter().enumerate().map(|(at, part)| {
        let number = numbered(at, several);
        let path = format!(".buildkite/pipeline{number}.yml");
        let more = [format!(
            "a step starts it: `buildkite-agent pipeline upload {path}`"
        )];
        let document = Yaml::map([("steps", Yaml::List(steps[part].to_vec()))]);
        let text = heading(Format::Buildkite, expansion, &more) + &document.document();
        EmittedFile { path, text }
    });
    Ok(files.collect())
}

fn step(
    variant: &Variant<'_>,
    options: &EmitOptions,
    command: &Yaml,
    group: &str,
) -> Result<Yaml, Error> {
    let own = &options.buildkite;
    let spot = Spot::new(Format::Buildkite, variant);
    let mut env = Vec::new();
    for (name, value) in environment(variant) {
        spot.identifier(&name)?;
        if name.starts_with("BUILDKITE") {
            let reason = "Buildkite alone sets what begins with `BUILDKITE`";
            return Err(spot.refuse(format_args!("variable `{name}`"), reason));
        }
        env.push((name, Yaml::text(quote::buildkite(&value))));
    }
    let mut step = vec![
        ("label", Yaml::text(quote::buildkite(&variant.name))),
        ("command", command.clone()),
        ("env", Yaml::Map(env)),
    ];
    let agents = agents(variant, options, spot)?;
    if !agents.is_empty() {
        step.push(("agents", Yaml::Map(agents)));
    }
    if let Some(minutes) = own.timeout_minutes.or(options.timeout_minutes) {
        step.push(("timeout_in_minutes", Yaml::bare(&minutes)));
    }
    if let Some(most) = own.max_parallel.or(options.max_parallel) {
        step.push(("concurrency", Yaml::bare(&most)));
        step.push(("concurrency_group", Yaml::text(group)));
    }
    if own.fail_fast.unwrap_or(options.fail_fast) {
        step.push(("cancel_on_build_failing", Yaml::bare(&true)));
    }
    Ok(Yaml::map(step))
}

/// Keys and values of an agent's tags: labels of the form `KEY=VALUE`, or the name
/// of its queue.
fn agents(
    variant: &Variant<'_>,
    options: &EmitOptions,
    spot: Spot<'_>,
) -> Result<Vec<(String, Yaml)>, Error> {
    let quote = |text: &str| -> Result<String, Unquotable> { Ok(quote::buildkite(text)) };
    let filler = Filler {
        spot,
        variant,
        option: "agents",
        quote,
    };
    let by_runner = ["{runner}".to_owned()];
    let patterns = match options.buildkite.agents.as_slice() {
        [] => &by_runner,
        own => own,
    };
    let mut agents: Vec<(String, Yaml)> = Vec::new();
    for tag in filler.list(patterns)? {
        let (key, value) = tag.split_once('=').unwrap_or(("queue", &tag));
        if agents.iter().any(|(known, _)| known == key) {
            let what = format_args!("the agent's tag `{tag}`");
            let reason =
                format!("an agent has one `{key}`: name it by `agents` of `[emit.buildkite]`");
            return Err(spot.refuse(what, reason));
        }
        agents.push((key.to_owned(), Yaml::text(value)));
    }
    Ok(agents)
}
