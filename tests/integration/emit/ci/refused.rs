//! What a service cannot be told, and patterns that say nothing.

use cfgmatrix::core::emit::{self, EmitOptions, Format};
use cfgmatrix::core::{Document, Error, Expansion, Matrix};

use super::super::{emitted_with, expansion, one, with_environment};
use super::options;

fn said(format: Format, expansion: &Expansion<'_>, options: &EmitOptions) -> String {
    match emit::emit(format, expansion, options) {
        Err(error) => error.to_string(),
        Ok(files) => panic!("{files:?}"),
    }
}

fn with_variable(name: &str, value: &str) -> Expansion<'static> {
    let mut expansion = one();
    let env = &mut expansion.variants[0].configuration.env;
    env.insert(name.to_owned(), value.to_owned());
    expansion
}

#[test]
fn a_pipeline_has_something_to_run() {
    for (format, _) in super::PIPELINES {
        let error = emit::emit(format, &one(), &EmitOptions::default()).unwrap_err();
        assert!(matches!(error, Error::NoCommands { .. }), "{error}");
    }
    assert!(emit::emit(Format::GithubJson, &one(), &EmitOptions::default()).is_ok());
}

#[test]
fn services_keep_names_for_themselves() {
    for (format, name, reason) in [
        (
            Format::Github,
            "GITHUB_SHA",
            "GitHub alone sets what begins with `GITHUB_`",
        ),
        (
            Format::Github,
            "runner_os",
            "GitHub alone sets what begins with `RUNNER_`",
        ),
        (Format::Github, "cc", "it is the same as `CC` to GitHub"),
        (
            Format::Buildkite,
            "BUILDKITE_TAG",
            "Buildkite alone sets what begins with `BUILDKITE`",
        ),
        (
            Format::Gitlab,
            "a-b",
            "its name has more than letters, digits and underscores",
        ),
        (
            Format::Circleci,
            "a-b",
            "its name has more than letters, digits and underscores",
        ),
        (
            Format::Azure,
            "a-b",
            "its name has more than letters, digits and underscores",
        ),
    ] {
        let message = said(format, &with_variable(name, "x"), &options());
        assert!(message.ends_with(reason), "{message}");
        assert!(message.contains("of variant `gcc`"), "{message}");
    }
    let axes = expansion("schema = 1\nname = \"one\"\n[axes]\nname = [\"gcc\", \"clang\"]\n");
    assert_eq!(
        said(Format::Github, &axes, &options()),
        "github cannot express axis `name` of variant `gcc`: an entry of the matrix has the key `name` already"
    );
}

#[test]
fn texts_that_a_service_has_no_words_for() {
    let long = format!("${{{{ {}", "x".repeat(21_000));
    let message = said(Format::Github, &with_environment(&[&long]), &options());
    assert!(
        message.ends_with("it has `${{`, and is longer than GitHub's expressions may be"),
        "{message}"
    );
    let message = said(
        Format::Circleci,
        &with_environment(&[r"a \<< b"]),
        &options(),
    );
    assert!(message.ends_with(r"it has `\<<`"), "{message}");
    let mut commands = options();
    commands.commands = vec![r"cat \<< x".to_owned()];
    assert_eq!(
        said(Format::Circleci, &one(), &commands),
        r"circleci cannot express a command: it has `\<<`"
    );
}

const LABELS: &str = "schema = 1\nname = \"one\"\nlanguages = [\"c\"]\n[axes]\n\
    compiler = [{ id = \"gcc\", runner = [\"self-hosted\", \"gcc-box\"] }]\n\
    [axes.os]\nvalues = [{ id = \"trixie\", runner = \"debian\", vars = { image = \"debian:13\" } }]\n";

#[test]
fn patterns_are_filled_from_the_variant() {
    let labels = expansion(LABELS);
    let mut options = options();
    options.github.runs_on = vec![
        "{compiler.runner}".to_owned(),
        "x-{os.runner}-${{ vars.A }}".to_owned(),
    ];
    let text = &emitted_with(Format::Github, &labels, &options)[0].text;
    let runs_on =
        "    runs-on:\n      - self-hosted\n      - gcc-box\n      - \"x-debian-${{ vars.A }}\"\n";
    assert!(text.contains(runs_on), "{text}");

    options.gitlab.image = Some("${CI_REGISTRY}/{vars.image}".to_owned());
    let text = &emitted_with(Format::Gitlab, &labels, &options)[0].text;
    assert!(
        text.contains("  image: \"${CI_REGISTRY}/debian:13\"\n  tags:\n    - debian\n"),
        "{text}"
    );

    options.buildkite.agents = vec!["queue={runner}".to_owned(), "os={os}".to_owned()];
    let text = &emitted_with(Format::Buildkite, &labels, &options)[0].text;
    assert!(
        text.contains("    agents:\n      queue: debian\n      os: trixie\n"),
        "{text}"
    );

    options.azure.pool = Some("{os}".to_owned());
    options.azure.demands = vec!["gcc".to_owned()];
    let text = &emitted_with(Format::Azure, &labels, &options)[0].text;
    assert!(
        text.contains("    pool:\n      name: trixie\n      demands:\n        - gcc\n"),
        "{text}"
    );

    options.circleci.resource_class = Some("own/{os}".to_owned());
    let text = &emitted_with(Format::Circleci, &labels, &options)[0].text;
    assert!(
        text.contains("    machine: true\n    resource_class: own/trixie\n"),
        "{text}"
    );
}

#[test]
fn patterns_that_name_nothing_are_refused() {
    let labels = expansion(LABELS);
    for (pattern, reason) in [
        (
            "{complier}",
            "it has no `complier`; it has compiler, os, vars.image, tools.cc, name, runner",
        ),
        (
            "{vars.x}",
            "it has no `vars.x`; it has compiler, os, vars.image, tools.cc, name, runner",
        ),
        (
            "a-{compiler.runner}",
            "`{compiler.runner}` is not one word here",
        ),
    ] {
        let mut options = options();
        options.github.runs_on = vec![pattern.to_owned()];
        let message = said(Format::Github, &labels, &options);
        let start = "github cannot express `runs_on` of variant `gcc-trixie`: ";
        assert_eq!(message, format!("{start}{reason}"));
    }
    let mut two = expansion(LABELS);
    two.variants[0].runner = vec!["a".to_owned(), "b".to_owned()];
    assert!(
        said(Format::Azure, &two, &options()).contains("name it by `vm_image` of `[emit.azure]`")
    );
    assert!(said(Format::Buildkite, &two, &options()).contains("an agent has one `queue`"));
}

#[test]
fn the_table_emit_is_read_and_nothing_else_in_it() {
    let read = |emit: &str| {
        let text =
            format!("schema = 1\nname = \"one\"\n[axes]\ncompiler = [\"gcc\"]\n[emit]\n{emit}");
        Matrix::parse(Document::from_bytes("matrix.toml", text.into_bytes()).unwrap())
    };
    let matrix = read(
        "commands = [\"make\"]\nsetup = [\"true\"]\nmax_parallel = 4\nfail_fast = true\ntimeout_minutes = 5\n\
         over_limit = \"cover\"\n[emit.github]\nruns_on = \"{runner}\"\ntriggers = [\"push\"]\nover_limit = \"shard\"\n\
         checkout = \"actions/checkout@v4\"\n[emit.gitlab]\nimage = \"gcc\"\ntags = [\"a\", \"b\"]\nmax_jobs = 9\n\
         [emit.azure]\nvm_image = \"macos-15\"\n[emit.buildkite]\nagents = [\"queue=x\"]\n\
         [emit.circleci]\nmachine = \"ubuntu-2404:current\"\nresource_class = \"large\"\n",
    )
    .unwrap();
    let options = matrix.emit_options();
    assert_eq!(options.github.runs_on, ["{runner}"]);
    assert_eq!(options.gitlab.tags, ["a", "b"]);
    assert_eq!(options.max_parallel.map(u32::from), Some(4));
    let text = &emitted_with(Format::Github, &one(), options)[0].text;
    assert!(text.contains("\n  - push\n\npermissions:"), "{text}");
    assert!(
        text.contains("      - uses: actions/checkout@v4\n"),
        "{text}"
    );
    assert!(text.contains("    timeout-minutes: 5\n"), "{text}");

    for (emit, expected) in [
        ("[emit.circleci]\nmax_parallel = 4\n", "max_parallel"),
        ("[emit.github]\nrunson = \"x\"\n", "runs_on"),
        ("over_limit = \"shrad\"\n", "shard"),
        ("max_parallel = 0\n", "above 0"),
    ] {
        let error = read(emit).unwrap_err();
        let said = format!("{error} {}", error.hint().unwrap_or_default());
        assert!(said.contains(expected), "{said}");
        assert!(error.place().is_some(), "{said}");
    }
}
