//! The JSON Schemas that editors use agree with the loader.

use std::fs;
use std::path::Path;

use cfgmatrix::core::{Document, KnowledgeBase, Sources};
use cfgmatrix_build::report::Run;
use serde_json::{Value, json};

use crate::support::{files_in, repository};

fn validator(path: &str) -> jsonschema::Validator {
    let text = fs::read_to_string(repository().join(path)).unwrap();
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

fn read(path: &std::path::Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_document_is_valid_by_its_schema() {
    let toolchains = repository().join("toolchains");
    let (features, march) = (
        validator("toolchains/schema/features.schema.json"),
        validator("toolchains/schema/march.schema.json"),
    );
    let (family, blas) = (
        validator("toolchains/schema/family.schema.json"),
        validator("toolchains/schema/blas.schema.json"),
    );
    let (mpi, launchers) = (
        validator("toolchains/schema/mpi.schema.json"),
        validator("toolchains/schema/launchers.schema.json"),
    );
    let mut wrong = Vec::new();
    for path in files_in(&toolchains)
        .into_iter()
        .chain(files_in(&toolchains.join("blas")))
        .chain(files_in(&toolchains.join("mpi")))
    {
        if path.is_dir() {
            continue;
        }
        let schema = match path.file_stem().unwrap().to_str().unwrap() {
            "features" => &features,
            "march" => &march,
            "launchers" => &launchers,
            _ if path.parent().unwrap().ends_with("mpi") => &mpi,
            _ if path.parent().unwrap().ends_with("blas") => &blas,
            _ => &family,
        };
        wrong.extend(
            schema
                .iter_errors(&read(&path))
                .map(|error| format!("{}: {error} at {}", path.display(), error.instance_path)),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One way of spoiling a document: a path to the value, and what to put there.
/// The loader and the schema must both refuse it.
fn mutations() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("a misspelt key of a row", "/rows/0/compiel", json!(["-x"])),
        ("an unknown key at the top", "/flgas", json!(1)),
        (
            "a range that is none",
            "/rows/0/versions",
            json!("12 or so"),
        ),
        (
            "an operating system that is none",
            "/rows/0/os",
            json!(["lynux"]),
        ),
        (
            "systems both named and negated",
            "/rows/0/os",
            json!(["linux", "!windows"]),
        ),
        ("no systems", "/rows/0/os", json!([])),
        ("support of a fifth kind", "/rows/0/support", json!("maybe")),
        ("a token with a space", "/rows/0/compile", json!(["-h omp"])),
        ("no tokens", "/rows/0/compile", json!([])),
        ("tokens in one text", "/rows/0/compile", json!("-fopenmp")),
        (
            "a language that is none",
            "/rows/0/languages",
            json!(["cobol"]),
        ),
        ("no languages", "/rows/0/languages", json!([])),
        ("no source", "/rows/0/source", json!("")),
        ("a version that is none", "/newest", json!("new")),
        ("another format", "/format_version", json!(2)),
        ("no identification", "/identify", json!(null)),
        (
            "a macro rule without a version",
            "/identify/macros",
            json!([{"languages": ["c"], "defined": ["__X__"], "version": [], "source": "x"}]),
        ),
        (
            "a target without an architecture",
            "/targets",
            json!([{"os": "linux"}]),
        ),
        ("no targets", "/targets", json!([])),
        (
            "unsupported with tokens",
            "/rows/0/support",
            json!("unsupported"),
        ),
    ]
}

/// What is said of the documents in a run's directory.
pub(crate) fn wrong_documents_of_run(directory: &Path) -> Vec<String> {
    let schema = |name: &str| validator(&format!("crates/cfgmatrix/schema/{name}.schema.json"));
    let (run, outcome) = (schema("run"), schema("outcome"));
    let mut wrong = Vec::new();
    let mut check = |schema: &jsonschema::Validator, path: &Path| {
        let document = read(path);
        let errors = schema.iter_errors(&document);
        wrong.extend(
            errors.map(|error| format!("{}: {error} at {}", path.display(), error.instance_path)),
        );
    };
    check(&run, &directory.join("run.json"));
    let outcomes = files_in(&directory.join("outcomes"));
    assert!(!outcomes.is_empty(), "{} has outcomes", directory.display());
    for path in outcomes {
        check(&outcome, &path);
    }
    wrong
}

#[test]
fn every_document_of_a_run_is_valid_by_its_schema() {
    for case in ["hostile/run", "sixteen/run", "sixteen/earlier"] {
        let directory = repository().join("tests/cases/report").join(case);
        assert_eq!(wrong_documents_of_run(&directory), [""; 0]);
    }
}

#[test]
fn reader_and_schema_refuse_the_same_of_a_run() {
    let whole = repository().join("tests/cases/report/sixteen/run");
    let (run, outcome) = ("run.json", "outcomes/gcc-12-sequential-release.json");
    for (what, file, path, value) in [
        (
            "axes in a list",
            outcome,
            "/axes",
            json!([["compiler", "gcc-12"]]),
        ),
        ("a status that is none", outcome, "/status", json!("won")),
        (
            "a step that is none",
            outcome,
            "/steps/0/name",
            json!("make"),
        ),
        (
            "a verdict that is none",
            outcome,
            "/claims/0/verdict",
            json!("maybe"),
        ),
        ("no evidence", outcome, "/claims/0/evidence", json!(null)),
        ("a later version", outcome, "/format_version", json!(2)),
        (
            "a command in one text",
            run,
            "/steps/0/command",
            json!("make"),
        ),
        ("an unnamed axis", run, "/axes/0/name", json!(null)),
        (
            "a command line that is none",
            run,
            "/variants/0/flags/0/part",
            json!("assemble"),
        ),
        ("a time in words", run, "/started_unix", json!("now")),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path();
        std::fs::create_dir(place.join("outcomes")).unwrap();
        for name in [run, outcome] {
            fs::copy(whole.join(name), place.join(name)).unwrap();
        }
        assert_eq!(wrong_documents_of_run(place), [""; 0]);
        assert!(Run::read(place).is_ok());
        let mut document = read(&place.join(file));
        put(&mut document, path, value);
        fs::write(place.join(file), document.to_string()).unwrap();
        assert!(
            !wrong_documents_of_run(place).is_empty(),
            "the schema takes {what}"
        );
        assert!(Run::read(place).is_err(), "the reader takes {what}");
    }
}

fn small_family() -> Value {
    json!({
        "format_version": 1, "id": "mine", "name": "Mine", "aliases": [], "languages": ["c"], "drivers": {"c": "minecc"},
        "targets": [{"os": "linux", "arch": "x86_64"}], "newest": "2.0", "identify": {},
        "rows": [{"feature": "openmp", "languages": ["c"], "compile": ["-omp"], "source": "test"}]
    })
}

fn loads(document: &Value) -> Result<(), cfgmatrix::core::Error> {
    let mut embedded = Sources::default();
    for name in ["features.json", "gcc.json"] {
        let text = fs::read(repository().join("toolchains").join(name)).unwrap();
        embedded.add(name, Document::from_bytes(name, text).unwrap());
    }
    let mut layer = Sources::default();
    layer.add(
        "mine.json",
        Document::from_bytes("mine.json", document.to_string().into_bytes()).unwrap(),
    );
    KnowledgeBase::new(embedded, [layer]).map(|_| ())
}

fn put(document: &mut Value, path: &str, value: Value) {
    let (parent, key) = path.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap();
    parent
        .as_object_mut()
        .unwrap()
        .insert(key.to_owned(), value);
}

#[test]
fn loader_and_schema_refuse_the_same() {
    let schema = validator("toolchains/schema/family.schema.json");
    let good = small_family();
    assert!(schema.is_valid(&good));
    loads(&good).unwrap();
    for (what, path, value) in mutations() {
        let mut spoilt = good.clone();
        put(&mut spoilt, path, value);
        assert!(!schema.is_valid(&spoilt), "the schema takes {what}");
        assert!(loads(&spoilt).is_err(), "the loader takes {what}");
    }
}

/// A matrix with every key of `[emit]` and `[run]`.
fn emitting() -> Value {
    let of_all = json!({
        "commands": ["make"], "setup": ["true"], "max_parallel": 4, "fail_fast": true,
        "timeout_minutes": 5, "over_limit": "cover",
    });
    let with = |keys: &[&str], own: Value| {
        let mut table = own;
        for &key in keys {
            table[key] = of_all[key].clone();
        }
        table
    };
    let all: Vec<&str> = of_all
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let mut emit = with(&all, json!({"shell": "fish"}));
    emit["github"] = with(
        &all,
        json!({"runs_on": ["{runner}"], "container": "debian", "triggers": "push", "checkout": "actions/checkout@v4"}),
    );
    emit["gitlab"] = with(
        &[
            "commands",
            "setup",
            "fail_fast",
            "timeout_minutes",
            "over_limit",
        ],
        json!({"tags": "{runner}", "image": "debian", "max_jobs": 10}),
    );
    emit["azure"] = with(
        &["commands", "setup", "max_parallel", "timeout_minutes"],
        json!({"vm_image": "ubuntu-24.04", "pool": "own", "demands": ["gcc"]}),
    );
    emit["buildkite"] = with(&all, json!({"agents": ["queue=own"], "max_jobs": 10}));
    emit["circleci"] = with(
        &["commands", "setup"],
        json!({"image": "debian", "machine": "ubuntu", "resource_class": "large"}),
    );
    let run = json!({
        "configure": ["true"], "build": [["make", "-C", "{source}"], ["true"]], "test": [], "install": ["true"],
        "pass": ["HOME"], "timeout": 9, "retry": 2,
    });
    json!({"schema": 1, "name": "x", "axes": {"a": ["1", "2"]}, "emit": emit, "run": run})
}

#[test]
fn loader_and_schema_know_the_same_of_emit_and_run() {
    let schema = validator("matrix/matrix.schema.json");
    let load = |document: &Value| {
        let document = Document::from_bytes("m.json", document.to_string().into_bytes());
        cfgmatrix::core::Matrix::parse(document.unwrap())
    };
    let good = emitting();
    let errors: Vec<String> = schema
        .iter_errors(&good)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    load(&good).unwrap();
    let tables = [
        "/emit",
        "/emit/github",
        "/emit/gitlab",
        "/emit/azure",
        "/emit/buildkite",
        "/emit/circleci",
        "/run",
    ];
    let mut spoilt = Vec::new();
    for table in tables {
        spoilt.push((format!("{table}/unknown"), json!(1)));
        for key in good.pointer(table).unwrap().as_object().unwrap().keys() {
            spoilt.push((format!("{table}/{key}"), json!({"a": 1})));
        }
    }
    for (key, value) in [
        ("shell", json!("tcsh")),
        ("max_parallel", json!(0)),
        ("over_limit", json!("drop")),
        ("commands", json!("make")),
        ("fail_fast", json!("no")),
        ("github/runs_on", json!([1])),
        ("gitlab/max_parallel", json!(1)),
        ("azure/over_limit", json!("shard")),
        ("circleci/timeout_minutes", json!(1)),
    ] {
        spoilt.push((format!("/emit/{key}"), value));
    }
    for (key, value) in [
        ("build", json!([[]])),
        ("build", json!(["", "x"])),
        ("test", json!("make check")),
        ("timeout", json!(0)),
        ("retry", json!(-1)),
    ] {
        spoilt.push((format!("/run/{key}"), value));
    }
    for (path, value) in spoilt {
        let mut document = good.clone();
        put(&mut document, &path, value);
        assert!(!schema.is_valid(&document), "the schema takes {path}");
        assert!(load(&document).is_err(), "the loader takes {path}");
    }
}
