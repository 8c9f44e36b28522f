//! The host report as a document: its schema, and that it reads as it was written.

use std::fs;

use cfgmatrix::core::{Document, HostReport};
use serde_json::{Value, json};

use super::{Directory, machine, probe, script};
use crate::support::{json, repository};

fn validator() -> jsonschema::Validator {
    let text = fs::read_to_string(repository().join("toolchains/schema/host.schema.json")).unwrap();
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

fn complaints(report: &Value) -> Vec<String> {
    let validator = validator();
    let errors = validator.iter_errors(report);
    errors
        .map(|error| format!("{error} at {}", error.instance_path))
        .collect()
}

#[test]
fn the_report_of_this_machine_is_valid_by_its_schema() {
    let report: Value = serde_json::from_str(&machine().text).unwrap();
    assert_eq!(complaints(&report), Vec::<String>::new());
}

#[test]
fn a_report_of_little_is_valid_too() {
    let bin = Directory::new();
    script(&bin.path().join("gcc"), "echo nonsense\n");
    let mut command = probe([bin.path()]);
    let report = json(command.env("CC", "nosuchcc"));
    assert_eq!(
        report["warnings"].as_array().map(Vec::is_empty),
        Some(false)
    );
    assert_eq!(complaints(&report), Vec::<String>::new());
}

#[test]
fn the_report_reads_as_it_was_written() {
    let text = &machine().text;
    let document = Document::from_bytes("host.json", text.clone().into_bytes()).unwrap();
    let read = HostReport::parse(&document).unwrap();
    assert_eq!(read, machine().report);
    let again = serde_json::to_value(&read).unwrap();
    assert_eq!(again, serde_json::from_str::<Value>(text).unwrap());
}

/// One entry of everything, for what a machine without BLAS or MPI lacks.
fn whole() -> Value {
    let digest = "0".repeat(64);
    let system = json!({"os": "linux", "arch": "x86_64"});
    json!({
        "format_version": 1,
        "host": {"os": "linux", "arch": "x86_64", "processors": 2},
        "toolchains": [{
            "family": "gcc", "version": "12.2.0", "base": null, "target": null, "system": system, "decided_by": "test",
            "drivers": {"c": {"path": "/bin/gcc", "realpath": "/bin/gcc", "sha256": digest}},
            "features": [{"feature": "openmp", "language": "c", "works": null, "evidence": ""}],
        }],
        "blas": [{
            "library": "openblas", "version": null, "threading": "openmp", "interface": "lp64", "linkage": "shared",
            "system": system, "file": "/lib/libopenblas.so", "realpath": "/lib/libopenblas.so", "sha256": digest,
            "directories": ["/lib"], "libs": ["-lopenblas"], "works": true, "evidence": "",
        }],
        "mpi": [{
            "implementation": "openmpi", "version": null, "abi": "openmpi", "system": system, "wrappers": {},
            "launcher": null, "works": false, "evidence": "",
        }],
        "scalapack": [{
            "file": "/lib/libscalapack.so", "realpath": "/lib/libscalapack.so", "sha256": digest, "mpi": "openmpi",
            "blas": "openblas", "threading": "openmp", "interface": "lp64", "link": [], "libs": [], "works": true, "evidence": "",
        }],
    })
}

/// What may be left out is left out here, by the schema as by the reader.
#[test]
fn the_schema_asks_for_no_more_than_the_reader() {
    let report = whole();
    assert_eq!(complaints(&report), Vec::<String>::new());
    serde_json::from_value::<HostReport>(report).unwrap();
}

/// The reader takes a null for granted where the schema wants it written down;
/// what the reader misses, the schema misses too.
#[test]
fn the_schema_misses_what_is_always_written() {
    let optional = ["/blas", "/mpi", "/scalapack"];
    for place in [
        "",
        "/host",
        "/toolchains/0",
        "/toolchains/0/drivers/c",
        "/toolchains/0/features/0",
        "/blas/0",
        "/mpi/0",
        "/scalapack/0",
    ] {
        let report = whole();
        let keys = report.pointer(place).unwrap().as_object().unwrap().keys();
        for key in keys.filter(|key| !optional.contains(&format!("{place}/{key}").as_str())) {
            let mut less = report.clone();
            less.pointer_mut(place)
                .unwrap()
                .as_object_mut()
                .unwrap()
                .remove(key);
            assert!(!complaints(&less).is_empty(), "{place}/{key}: the schema");
        }
    }
}

#[test]
fn what_is_wrong_is_refused() {
    for (place, value) in [
        ("/format_version", json!(2)),
        ("/host/processors", json!("2")),
        ("/host/os", json!("plan9")),
        ("/toolchains/0/system", json!("x86_64-linux")),
        ("/toolchains/0/drivers", json!({"cobol": {}})),
        ("/toolchains/0/features/0/works", json!("yes")),
        ("/blas/0/threading", json!("fibres")),
        ("/blas/0/linkage", json!("dynamic")),
        ("/mpi/0/launcher", json!("mpirun")),
    ] {
        let mut report = whole();
        *report.pointer_mut(place).unwrap() = value;
        assert!(!complaints(&report).is_empty(), "{place}: the schema");
        let document = Document::from_bytes("host.json", report.to_string().into_bytes()).unwrap();
        assert!(HostReport::parse(&document).is_err(), "{place}: the reader");
    }
}

/// Editors show what a key means.
#[test]
fn each_key_is_described() {
    fn look(value: &Value, path: &str, bare: &mut Vec<String>) {
        let Some(object) = value.as_object() else {
            return;
        };
        for (key, value) in object {
            let path = format!("{path}/{key}");
            if key == "properties" {
                let properties = value.as_object().unwrap().iter();
                bare.extend(
                    properties
                        .filter(|(_, value)| value["description"].is_null())
                        .map(|(name, _)| format!("{path}/{name}")),
                );
            }
            look(value, &path, bare);
        }
    }
    let text = fs::read_to_string(repository().join("toolchains/schema/host.schema.json")).unwrap();
    let mut bare = Vec::new();
    look(&serde_json::from_str(&text).unwrap(), "", &mut bare);
    assert_eq!(bare, Vec::<String>::new());
}
