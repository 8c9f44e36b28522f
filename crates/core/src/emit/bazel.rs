//! `bazel`: a group of options a variant, for `bazel build --config=NAME`.

use super::line::command_words;
use super::quote::bazelrc;
use super::spot::Spot;
use super::{EmittedFile, Format, comment};
use crate::error::Error;
use crate::matrix::{Expansion, Variant};

pub(super) fn files(expansion: &Expansion<'_>) -> Result<Vec<EmittedFile>, Error> {
    let mut text = format!(
        "# {}\n# import it into the project's own: try-import %workspace%/cfgmatrix.bazelrc\n",
        comment(Format::Bazel)
    );
    for variant in &expansion.variants {
        text.push_str(&group(variant, Spot::new(Format::Bazel, variant))?);
    }
    // A project has a .bazelrc of its own.
    let path = "cfgmatrix.bazelrc".to_owned();
    Ok(vec![EmittedFile { path, text }])
}

fn group(variant: &Variant<'_>, spot: Spot<'_>) -> Result<String, Error> {
    let configuration = &variant.configuration;
    let flags = &configuration.flags;
    let mut options: Vec<String> = Vec::new();
    // The toolchain that Bazel finds by itself takes one driver for C and C++.
    let compiler = configuration
        .tools
        .get("cc")
        .or_else(|| configuration.tools.get("cxx"));
    if let Some(tool) = compiler {
        let words = command_words(tool);
        let [compiler] = words.as_slice() else {
            let reason = "Bazel takes an executable without arguments";
            return Err(spot.refuse(format_args!("the compiler `{tool}`"), reason));
        };
        options.push(format!("--repo_env=CC={compiler}"));
    }
    let lists = [
        ("copt", &flags.cppflags),
        ("conlyopt", &flags.cflags),
        ("cxxopt", &flags.cxxflags),
        ("linkopt", &flags.ldflags),
        ("linkopt", &flags.libs),
    ];
    for (option, words) in lists {
        options.extend(words.iter().map(|word| format!("--{option}={word}")));
    }
    let answers = variant.answers.iter();
    let mut on = answers.filter(|answer| answer.support.is_available());
    if on.any(|answer| answer.feature.id == "debug") {
        // By default, symbols of what is quickly built are taken away again.
        options.push("--strip=never".to_owned());
    }
    for (name, value) in &configuration.env {
        options.push(format!("--action_env={name}={value}"));
        options.push(format!("--repo_env={name}={value}"));
    }
    // What only tests are told leaves what is built in the cache.
    let named = [
        ("CFGMATRIX_VARIANT", &variant.name),
        ("CFGMATRIX_ID", &configuration.id),
    ];
    let run = configuration
        .run_env
        .iter()
        .map(|(name, value)| (name.as_str(), value));
    options.extend(
        run.chain(named)
            .map(|(name, value)| format!("--test_env={name}={value}")),
    );
    let mut text = String::from("\n");
    let name = spot.say("the name", bazelrc(&format!("build:{}", variant.name)))?;
    for option in &options {
        let what = option.split_inclusive('=').next().unwrap_or_default();
        let quoted = spot.say(format_args!("option `{what}`"), bazelrc(option))?;
        text.push_str(&format!("{name} {quoted}\n"));
    }
    Ok(text)
}
