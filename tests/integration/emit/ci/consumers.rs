//! The published schemas, GitHub's own parser, and actionlint.

use std::path::{Path, PathBuf};

use cfgmatrix::core::Expansion;
use cfgmatrix::core::emit::{EmitOptions, EmittedFile, Format, environment};
use serde_json::{Map, Value, json};

use super::super::{emitted, emitted_with, expansion, output, program, stdout, written};
use super::{PIPELINES, hostile, many, options};
use crate::support::{find_program, have, repository};

/// A program of the virtual environment that the tests are run in, or in PATH.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests are told by the environment where Python's packages are"
)]
pub(super) fn of_python(name: &str) -> Option<PathBuf> {
    let environment = std::env::var_os("VIRTUAL_ENV").map(PathBuf::from);
    let own = environment.map(|path| path.join("bin").join(name));
    own.filter(|path| path.exists())
        .or_else(|| find_program(name))
}

/// Node, with the directory that has a package.
fn node(package: &str) -> Option<(PathBuf, PathBuf)> {
    let modules = repository().join("target/npm/node_modules");
    let found = find_program("node").filter(|_| modules.join(package).exists());
    have(
        found.is_some(),
        &format!("Node, and {package} below target/npm"),
    );
    found.map(|node| (node, modules))
}

/// What a program for Node prints of a file, as JSON.
fn node_says(package: &str, name: &str, text: &str) -> Option<Value> {
    let (node, modules) = node(package)?;
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("file.yml"), text).unwrap();
    let script = repository().join("tests/support/ci").join(name);
    let mut command = program(node, directory.path());
    let printed = stdout(command.arg(script).arg(modules).arg("file.yml"));
    Some(serde_json::from_str(&printed).unwrap())
}

fn paths(directory: &Path, files: &[EmittedFile]) -> Vec<PathBuf> {
    let files = files.iter();
    files.map(|file| directory.join(&file.path)).collect()
}

fn default_matrix() -> Expansion<'static> {
    let path = repository().join("matrix/default.toml");
    expansion(&std::fs::read_to_string(path).unwrap())
}

#[test]
fn published_schemas_accept_each_pipeline() {
    let check = of_python("check-jsonschema");
    have(check.is_some(), "check-jsonschema");
    let Some(check) = check else { return };
    let plain = EmitOptions {
        commands: vec!["make check".to_owned()],
        ..EmitOptions::default()
    };
    let full = options();
    let (sixteen, many, hostile) = (default_matrix(), many(700), hostile());
    assert_eq!(sixteen.variants.len(), 16);
    for (format, schema) in PIPELINES {
        for (expansion, options) in [(&sixteen, &plain), (&many, &full), (&hostile, &full)] {
            let files = emitted_with(format, expansion, options);
            let directory = written(&files);
            let mut command = program(&check, directory.path());
            let command = command.args(["--builtin-schema", schema]);
            output(command.args(paths(directory.path(), &files)));
        }
    }
}

#[test]
fn github_gives_each_job_what_its_variant_has() {
    let mut options = options();
    options.github.container = Some("img:{name}".to_owned());
    let hostile = hostile();
    let files = emitted_with(Format::Github, &hostile, &options);
    let package = "@actions/workflow-parser";
    let Some(seen) = node_says(package, "workflow.mjs", &files[0].text) else {
        return;
    };
    assert_eq!(seen["errors"], json!([]));
    let jobs = seen["jobs"].as_array().unwrap();
    assert_eq!(jobs.len(), hostile.variants.len());
    for (job, variant) in jobs.iter().zip(&hostile.variants) {
        let env = environment(variant).into_iter();
        let env: Map<String, Value> = env.map(|(k, v)| (k, Value::String(v))).collect();
        assert_eq!(job["env"], Value::Object(env), "{}", variant.name);
        assert_eq!(job["name"], json!(variant.name));
        for (axis, value) in &variant.axes {
            assert_eq!(job["matrix"][axis], json!(value));
        }
        let setup = options.setup.join("\n");
        let commands = options.commands.join("\n") + "\n";
        assert_eq!(job["run"], json!([setup, commands]));
    }
    assert_eq!(jobs[0]["runs-on"], "ubuntu-latest");
    assert_eq!(jobs[1]["runs-on"], "big");
    assert_eq!(jobs[1]["matrix"]["tags"], json!(["on", "${{ tag }}"]));
}

#[test]
fn github_reads_the_bare_matrix_as_the_workflow_has_it() {
    let hostile = hostile();
    let files = emitted(Format::GithubJson, &hostile);
    assert_eq!(files[0].path, "matrix.json");
    assert_eq!(files[0].text.lines().count(), 1);
    let bare: Value = serde_json::from_str(&files[0].text).unwrap();
    let workflow = &emitted_with(Format::Github, &hostile, &options())[0];
    let package = "@actions/workflow-parser";
    let Some(seen) = node_says(package, "workflow.mjs", &workflow.text) else {
        return;
    };
    let jobs = seen["jobs"].as_array().unwrap().iter();
    let include: Vec<Value> = jobs.map(|job| job["matrix"].clone()).collect();
    assert_eq!(bare, json!({ "include": include }));
}

#[test]
fn actionlint_has_nothing_to_say() {
    for (expansion, options) in [
        (default_matrix(), options()),
        (many(300), options()),
        (hostile(), options()),
    ] {
        let files = emitted_with(Format::Github, &expansion, &options);
        // The label is one of the matrix's own.
        let text = files[0]
            .text
            .replace("runs-on: big", "runs-on: self-hosted");
        let Some(seen) = node_says("actionlint", "lint.mjs", &text) else {
            return;
        };
        assert_eq!(seen, json!([]));
    }
}
