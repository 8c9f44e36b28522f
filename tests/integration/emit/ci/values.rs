//! Readers of YAML 1.1 and 1.2 find the same texts, and those are what was meant.

use cfgmatrix::core::emit::{Format, environment, quote};
use serde_json::{Value, json};

use super::super::{emitted_with, program, stdout, written};
use super::consumers::of_python;
use super::{PIPELINES, hostile, options};
use crate::support::{have, repository};

/// A Python that reads YAML both ways.
fn python() -> Option<std::path::PathBuf> {
    let python = of_python("python3").filter(|python| {
        let mut import = program(python, std::path::Path::new("/"));
        let tried = import.args(["-c", "import yaml, ruamel.yaml"]).output();
        tried.is_ok_and(|output| output.status.success())
    });
    have(python.is_some(), "Python with yaml and ruamel.yaml");
    python
}

/// The environments of the jobs of a pipeline, as YAML has them.
fn environments(format: Format, document: &Value, names: &[String]) -> Vec<Value> {
    let list = |value: &Value| value.as_array().unwrap().clone();
    match format {
        Format::Github => list(&document["jobs"]["variants"]["strategy"]["matrix"]["include"])
            .iter()
            .map(|entry| entry["env"].clone())
            .collect(),
        Format::Azure => document["jobs"][0]["strategy"]["matrix"]
            .as_object()
            .unwrap()
            .values()
            .cloned()
            .collect(),
        Format::Buildkite => list(&document["steps"])
            .iter()
            .map(|step| step["env"].clone())
            .collect(),
        Format::Gitlab => names
            .iter()
            .map(|name| document[name]["variables"].clone())
            .collect(),
        Format::Circleci => {
            let jobs = document["jobs"].as_object().unwrap().values();
            jobs.map(|job| job["environment"].clone()).collect()
        }
        other => panic!("{other}"),
    }
}

/// How a service has a value that it is to read as this one.
fn said(format: Format, value: &str) -> Value {
    match format {
        Format::Github => json!(quote::github(value).unwrap()),
        Format::Azure => json!(quote::azure(value)),
        Format::Buildkite => json!(quote::buildkite(value)),
        Format::Circleci => json!(quote::circleci(value).unwrap()),
        Format::Gitlab if value.contains('$') => json!({ "value": value, "expand": false }),
        _ => json!(value),
    }
}

#[test]
fn every_reader_finds_every_value() {
    let Some(python) = python() else { return };
    let hostile = hostile();
    let names: Vec<String> = hostile.variants.iter().map(|v| v.name.clone()).collect();
    for (format, _) in PIPELINES {
        let files = emitted_with(format, &hostile, &options());
        let directory = written(&files);
        let mut command = program(&python, directory.path());
        let script = repository().join("tests/support/ci/read.py");
        let printed = stdout(command.arg(script).arg(&files[0].path));
        let readers: Vec<Vec<Value>> = serde_json::from_str(&printed).unwrap();
        assert!(readers.len() >= 3);
        for reader in &readers {
            assert_eq!(reader, &readers[0], "{format}: two readers differ");
        }
        let found = environments(format, &readers[0][0], &names);
        assert_eq!(found.len(), hostile.variants.len());
        for (found, variant) in found.iter().zip(&hostile.variants) {
            for (name, value) in environment(variant) {
                if format == Format::Azure && found.get(&name).is_none() {
                    let exports = found["CFGMATRIX_EXPORTS"].as_str().unwrap();
                    let line = format!("export {name}={}\n", quote::posix(&value));
                    assert!(exports.contains(&quote::azure(&line)), "{exports}");
                    continue;
                }
                assert_eq!(found[&name], said(format, &value), "{format}: {name}");
            }
        }
    }
}

#[test]
fn azure_exports_what_its_variables_cannot_be() {
    let hostile = hostile();
    let text = &emitted_with(Format::Azure, &hostile, &options())[0].text;
    for name in ["http_proxy", "PATH", "SECRET_X"] {
        assert!(text.contains(&format!("export {name}=")), "{text}");
        assert!(!text.contains(&format!("\n          {name}:")), "{text}");
    }
    assert!(
        text.contains("\n          eval \"$CFGMATRIX_EXPORTS\"\n"),
        "{text}"
    );
}
