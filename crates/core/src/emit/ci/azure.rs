//! `azure`: a pipeline of Azure whose one job is a matrix.
//!
//! A leg's variables become the environment of its steps by themselves, with
//! their names in upper case; what cannot be had so is exported by a script.

use super::pattern::{Filler, plain};
use super::yaml::Yaml;
use super::{Work, common, heading, limit, names, script};
use crate::emit::environment::environment;
use crate::emit::spot::Spot;
use crate::emit::{EmitOptions, EmittedFile, Format, quote};
use crate::error::Error;
use crate::matrix::{Expansion, Variant};

/// Where nothing is said.
const IMAGE: &str = "ubuntu-latest";
/// The variable of lines for a shell that export what Azure does not.
const EXPORTS: &str = "CFGMATRIX_EXPORTS";
/// Variables that name the machine of a leg, where that differs.
const IMAGE_VARIABLE: &str = "vmImage";
const POOL_VARIABLE: &str = "poolName";
/// Beginnings of names that variables may not have, or that Azure's own have.
const RESERVED: [&str; 14] = [
    "AGENT",
    "AZURE_",
    "BUILD_",
    "CFGMATRIX_DOLLAR",
    EXPORTS,
    "ENDPOINT",
    "INPUT",
    "PATH",
    "PIPELINE_",
    "RELEASE_",
    "SECRET",
    "SECUREFILE",
    "SYSTEM",
    "TF_",
];

pub(in crate::emit) fn files(
    expansion: &Expansion<'_>,
    options: &EmitOptions,
) -> Result<Vec<EmittedFile>, Error> {
    let own = &options.azure;
    let (setup, commands) = (own.setup.as_ref(), own.commands.as_ref());
    let work = Work::new(Format::Azure, options, setup, commands)?;
    let variants = expansion.variants.iter();
    let places: Vec<Place> = variants
        .clone()
        .map(|variant| Place::new(variant, options))
        .collect::<Result<_, _>>()?;
    let place = common(&places);
    let is_letter = |c: char| c.is_ascii_alphanumeric();
    let names = names(&expansion.variants, limit::AZURE_NAME, '_', is_letter);
    let legs: Vec<(String, Yaml)> = names
        .into_iter()
        .zip(variants.zip(&places))
        .map(|(name, (variant, own))| {
            let own = place.is_none().then_some(own);
            Ok((name, leg(variant, own)?))
        })
        .collect::<Result<_, Error>>()?;

    let mut strategy = Vec::new();
    // Every value is a text to Azure, and its schema says so of these.
    if let Some(most) = own.max_parallel.or(options.max_parallel) {
        strategy.push(("maxParallel", Yaml::text(most.to_string())));
    }
    strategy.push(("matrix", Yaml::Map(legs)));
    let mut job = vec![
        ("job", Yaml::text("variants")),
        ("strategy", Yaml::map(strategy)),
        ("pool", pool(place.as_ref(), &places, options)),
    ];
    if let Some(minutes) = own.timeout_minutes.or(options.timeout_minutes) {
        job.push(("timeoutInMinutes", Yaml::text(minutes.to_string())));
    }
    let with_exports = expansion.variants.iter().any(|variant| {
        let env = environment(variant);
        env.iter().any(|(name, value)| !is_exported(name, value))
    });
    job.push(("steps", steps(&work, with_exports)));
    let jobs = Yaml::List(vec![Yaml::map(job)]);
    let dollar = Yaml::map([(quote::AZURE_DOLLAR, Yaml::text("$"))]);
    let text = Yaml::map([("jobs", jobs)]).document();
    // It is there for those texts that have need of it.
    let text = if text.contains(quote::AZURE_DOLLAR) {
        format!("{}\n{text}", Yaml::map([("variables", dollar)]).document())
    } else {
        text
    };
    let more: Vec<String> = if options.fail_fast {
        vec!["there is no place here for fail_fast".to_owned()]
    } else {
        Vec::new()
    };
    Ok(vec![EmittedFile {
        path: "azure-pipelines.yml".to_owned(),
        text: heading(Format::Azure, expansion, &more) + &text,
    }])
}

/// Where a leg runs.
#[derive(Clone, PartialEq)]
enum Place {
    Image(String),
    Pool(String),
}

impl Place {
    fn new(variant: &Variant<'_>, options: &EmitOptions) -> Result<Self, Error> {
        let own = &options.azure;
        let spot = Spot::new(Format::Azure, variant);
        let filler = |option| Filler {
            spot,
            variant,
            option,
            quote: plain,
        };
        if let Some(pool) = &own.pool {
            return Ok(Self::Pool(filler("pool").text(pool)?));
        }
        if let Some(image) = &own.vm_image {
            return Ok(Self::Image(filler("vm_image").text(image)?));
        }
        match variant.runner.as_slice() {
            [] => Ok(Self::Image(IMAGE.to_owned())),
            [one] => Ok(Self::Image(one.clone())),
            more => {
                let what = format_args!("the labels {}", more.join(", "));
                let reason = "a job has one image: name it by `vm_image` of `[emit.azure]`, \
                              or the machines by `pool`";
                Err(spot.refuse(what, reason))
            }
        }
    }

    fn variable(&self) -> (&'static str, &str) {
        match self {
            Self::Image(image) => (IMAGE_VARIABLE, image),
            Self::Pool(pool) => (POOL_VARIABLE, pool),
        }
    }
}

/// The pool of all legs, or of each by its own variable.
fn pool(common: Option<&Place>, places: &[Place], options: &EmitOptions) -> Yaml {
    let by_variable = places
        .first()
        .map_or(IMAGE_VARIABLE, |place| place.variable().0);
    let named = match common {
        Some(place) => Yaml::text(place.variable().1),
        None => Yaml::text(format!("$({by_variable})")),
    };
    let key = if by_variable == POOL_VARIABLE {
        "name"
    } else {
        "vmImage"
    };
    let mut pool = vec![(key, named)];
    if !options.azure.demands.is_empty() {
        pool.push(("demands", Yaml::texts(&options.azure.demands)));
    }
    Yaml::map(pool)
}

fn leg(variant: &Variant<'_>, place: Option<&Place>) -> Result<Yaml, Error> {
    let spot = Spot::new(Format::Azure, variant);
    let mut variables = Vec::new();
    if let Some(place) = place {
        let (name, value) = place.variable();
        variables.push((name.to_owned(), Yaml::text(value)));
    }
    let mut exports = String::new();
    for (name, value) in environment(variant) {
        spot.identifier(&name)?;
        if is_exported(&name, &value) {
            variables.push((name, Yaml::text(quote::azure(&value))));
        } else {
            let line = format!("export {name}={}\n", quote::posix(&value));
            exports.push_str(&line);
        }
    }
    if !exports.is_empty() {
        variables.push((EXPORTS.to_owned(), Yaml::text(quote::azure(&exports))));
    }
    Ok(Yaml::Map(variables))
}

/// Whether a leg's variable becomes this variable of the environment.
fn is_exported(name: &str, value: &str) -> bool {
    let is_reserved = RESERVED.iter().any(|prefix| name.starts_with(prefix));
    let is_upper = !name.contains(|c: char| c.is_ascii_lowercase());
    is_upper && !is_reserved && !value.is_empty()
}

fn steps(work: &Work<'_>, with_exports: bool) -> Yaml {
    let mut steps = vec![Yaml::map([("checkout", Yaml::text("self"))])];
    for (name, lines) in [("Set up", work.setup), ("Build and test", work.commands)] {
        if lines.is_empty() {
            continue;
        }
        // This shell would go on after a line that fails.
        let exports = if with_exports {
            format!("eval \"${EXPORTS}\"\n")
        } else {
            String::new()
        };
        let text = format!(
            "set -eo pipefail\n{exports}{}",
            quote::azure(&script(lines))
        );
        steps.push(Yaml::map([
            ("bash", Yaml::script(&text)),
            ("displayName", Yaml::text(name)),
        ]));
    }
    Yaml::List(steps)
}
