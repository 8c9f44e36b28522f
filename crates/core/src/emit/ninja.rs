//! `ninja`: one file that builds all variants.

use std::fmt::Write as _;

use super::environment::environment;
use super::quote;
use super::spot::Spot;
use super::{EmitOptions, EmittedFile, Format, comment};
use crate::error::Error;
use crate::matrix::{Expansion, Variant};

/// An edge that is never up to date: what is to be done, the commands know.
const ALWAYS: &str = "build/.always";

pub(super) fn files(
    expansion: &Expansion<'_>,
    options: &EmitOptions,
) -> Result<Vec<EmittedFile>, Error> {
    if options.commands.is_empty() {
        let format = Format::Ninja;
        return Err(Error::NoCommands { format });
    }
    let mut text = format!(
        "# {}\n\
         # `ninja` builds all variants, `ninja NAME` one: each in build/NAME, in its\n\
         # environment, with CFGMATRIX_SOURCE for the directory of this file.\n\
         ninja_required_version = 1.3\n\n\
         rule variant\n  \
         command = mkdir -p $directory && CFGMATRIX_SOURCE=$$PWD && cd $directory && \
         CFGMATRIX_BUILD=$$PWD && export CFGMATRIX_SOURCE CFGMATRIX_BUILD $environment && $commands\n  \
         description = $directory\n\n\
         build {ALWAYS}: phony\n",
        comment(Format::Ninja)
    );
    for variant in &expansion.variants {
        let spot = Spot::new(Format::Ninja, variant);
        text.push_str(&edge(variant, spot, &options.commands)?);
    }
    let path = "build.ninja".to_owned();
    Ok(vec![EmittedFile { path, text }])
}

fn edge(variant: &Variant<'_>, spot: Spot<'_>, commands: &[String]) -> Result<String, Error> {
    let mut assignments = Vec::new();
    for (name, value) in environment(variant) {
        let word = format!("{}={}", spot.identifier(&name)?, quote::posix(&value));
        assignments.push(spot.value(&name, quote::ninja(&word))?);
    }
    // Each line is read by itself: a comment or an `||` in it ends with it.
    let mut lines = Vec::new();
    for line in commands {
        let word = format!("eval {}", quote::posix(line));
        let quoted = quote::ninja(&word);
        lines.push(spot.say(format_args!("command `{}`", line.escape_debug()), quoted)?);
    }
    let directory = format!("build/{}", variant.name);
    let path = |text: &str| spot.say("the name", quote::ninja_path(text));
    let (name, stamp) = (path(&variant.name)?, path(&format!("{directory}/.built"))?);
    let word = spot.say("the name", quote::ninja(&quote::posix(&directory)))?;
    let mut text = String::new();
    write!(
        text,
        "\nbuild {stamp}: variant {ALWAYS}\n  \
         directory = {word}\n  \
         environment = {}\n  \
         commands = {}\n\
         build {name}: phony {stamp}\n\
         default {name}\n",
        assignments.join(" $\n    "),
        lines.join(" && $\n    ")
    )
    .expect("writing to a String works");
    Ok(text)
}
