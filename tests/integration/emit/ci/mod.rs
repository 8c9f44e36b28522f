//! Pipelines: the services' published schemas and parsers accept them, and every
//! job is given its own environment.

mod consumers;
mod limits;
mod refused;
mod values;

use cfgmatrix::core::Expansion;
use cfgmatrix::core::emit::{EmitOptions, Format};

use super::{HARDER, TEXTS, expansion, variables};

/// Each with the name of its published schema.
const PIPELINES: [(Format, &str); 5] = [
    (Format::Github, "vendor.github-workflows"),
    (Format::Gitlab, "vendor.gitlab-ci"),
    (Format::Azure, "vendor.azure-pipelines"),
    (Format::Buildkite, "vendor.buildkite"),
    (Format::Circleci, "vendor.circle-ci"),
];

/// Texts that YAML or a service could take for something else.
const MORE: [&str; 36] = [
    "yes",
    "no",
    "on",
    "Off",
    "y",
    "N",
    "true",
    "null",
    "~",
    "1.10",
    "0x1F",
    "1e3",
    "1_000",
    "0o17",
    "1:20",
    "2024-01-01",
    ".inf",
    "NaN",
    "key: value",
    "ends:",
    "- item",
    "? key",
    "*alias",
    "&anchor",
    "!tag",
    "@at",
    "|",
    ">",
    "---",
    "<<",
    "<< pipeline.id >>",
    "${{ 'it''s' }} and 'two' {0}",
    "\\$HOME \\\\$HOME \\\\\\$x",
    "$$ $",
    "$(Build.BuildId) $[variables.x] $(CC)",
    "##vso[task.complete]",
];

/// Characters that are no part of a line, or are not seen.
const UNSEEN: [&str; 9] = [
    "nel\u{85}x",
    "nbsp\u{a0}x",
    "del\u{7f}x",
    "bell\u{7}x",
    "esc\u{1b}[0m",
    "ls\u{2028}ps\u{2029}",
    "\u{feff}bom",
    "\u{202e}rtl",
    "\u{fffd}\u{ffff}",
];

fn hostile_texts() -> Vec<&'static str> {
    TEXTS
        .into_iter()
        .chain(HARDER)
        .chain(MORE)
        .chain(UNSEEN)
        .collect()
}

/// Two variants, of which one has all that is hostile, and variables with names
/// that are something else to YAML or to Azure.
fn hostile() -> Expansion<'static> {
    let mut hostile = expansion(
        "schema = 1\nname = \"it's a \\\"name\\\": # \u{2028} ${{ x }}\"\nlanguages = [\"c\"]\n\
         [axes]\ncompiler = [\"gcc\"]\n\
         [axes.extra]\nvalues = [\"a\", { id = \"b\", runner = \"big\" }]\n",
    );
    let variant = &mut hostile.variants[1];
    variant.axes[1].1 = "yes: ${{ no }} 'q'".to_owned();
    variant.tags = vec!["on".to_owned(), "${{ tag }}".to_owned()];
    let env = &mut variant.configuration.env;
    *env = variables(&hostile_texts());
    for name in ["NO", "Y", "http_proxy", "PATH", "SECRET_X", "_"] {
        env.insert(name.to_owned(), format!("{name} 'of' $(x)"));
    }
    hostile
}

/// As many variants as are wanted, in one expansion.
fn many(count: usize) -> Expansion<'static> {
    let mut many = super::one();
    let first = many.variants.remove(0);
    many.variants = (0..count)
        .map(|number| {
            let mut variant = first.clone();
            variant.name = format!("gcc-{number}");
            variant.axes.push(("number".to_owned(), number.to_string()));
            variant
        })
        .collect();
    many
}

/// Options with commands, setup and all that holds for each CI.
fn options() -> EmitOptions {
    EmitOptions {
        commands: vec![
            "make -j\"$(nproc)\" check CFLAGS=\"\\$CFLAGS\"".to_owned(),
            "# ${{ secrets.X }} is 'no' \"expression\"".to_owned(),
            "cat << x\n  <<y>>: $$ ${HOME}\nx".to_owned(),
        ],
        setup: vec!["apt-get install -y gcc".to_owned()],
        max_parallel: Some(8.try_into().unwrap()),
        fail_fast: true,
        timeout_minutes: Some(90.try_into().unwrap()),
        ..EmitOptions::default()
    }
}
