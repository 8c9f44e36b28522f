//! What the steps are, where running them does not tell.

use super::*;

fn plan(backend: Backend, files: &[(&str, &str)], jobs: Jobs, install: bool) -> Vec<String> {
    let place = tempfile::tempdir().unwrap();
    let source = place.path().join("source");
    write(&source, files);
    let expansion = expansion("");
    let mut layout = layout(place.path(), &source, "b");
    layout.install = install.then(|| place.path().join("install"));
    let steps = backend
        .prepare(&expansion.variants[0], &layout, jobs)
        .unwrap();
    let lines = steps.iter().map(|step| {
        let mut line = vec![step.name.as_str().to_owned() + ":"];
        line.push(step.program.to_string_lossy().into_owned());
        line.extend(arguments(step));
        line.join(" ")
            .replace(place.path().to_str().unwrap(), "HERE")
    });
    lines.collect()
}

#[test]
fn backend_shared_jobs_say_no_number() {
    for (backend, file) in [
        (Backend::Cmake, "CMakeLists.txt"),
        (Backend::Cargo, "Cargo.toml"),
        (Backend::Make, "Makefile"),
        (Backend::Autotools, "configure"),
        (Backend::Setuptools, "setup.py"),
    ] {
        let shared = plan(backend, &[(file, "")], Jobs::Shared, false);
        let says = |plan: &[String]| {
            let mut lines = plan.iter();
            lines.any(|line| {
                line.contains("-j") || line.contains("--parallel") || line.contains("--jobs")
            })
        };
        assert!(!says(&shared), "{shared:?}");
        let own = plan(backend, &[(file, "")], two(), false);
        assert!(says(&own), "{own:?}");
    }
}

#[test]
fn backend_configure_script_is_made_where_there_is_none() {
    let plan = plan(
        Backend::Autotools,
        &[("configure.ac", "")],
        Jobs::Shared,
        false,
    );
    assert_eq!(plan[0], "configure: autoreconf --install --force");
    assert!(
        plan[1].starts_with("configure: HERE/source/configure CC=gcc "),
        "{plan:?}"
    );
    assert_eq!(plan[2..], ["build: make", "test: make check"]);
}

#[test]
fn backend_cargo_installs_executables_only() {
    let installs = |files: &[(&str, &str)]| {
        let plan = plan(Backend::Cargo, files, Jobs::Shared, true);
        plan.iter().any(|line| line.starts_with("install: "))
    };
    let package = "[package]\nname = \"x\"\n";
    assert!(!installs(&[("Cargo.toml", package), ("src/lib.rs", "")]));
    assert!(installs(&[("Cargo.toml", package), ("src/main.rs", "")]));
    let named = "[package]\nname = \"x\"\n[[bin]]\nname = \"y\"\n";
    assert!(installs(&[("Cargo.toml", named)]));
    assert!(!installs(&[
        ("Cargo.toml", "[workspace]\n"),
        ("src/main.rs", "")
    ]));
}

#[test]
fn backend_hook_files_that_say_the_same_are_left() {
    let place = tempfile::tempdir().unwrap();
    let source = place.path().join("source");
    write(&source, &[("CMakeLists.txt", "")]);
    let expansion = expansion("");
    let layout = layout(place.path(), &source, "b");
    let written = || {
        Backend::Cmake
            .prepare(&expansion.variants[0], &layout, two())
            .unwrap();
        let file = layout.build.join("cfgmatrix/toolchain.cmake");
        fs::metadata(file).unwrap().modified().unwrap()
    };
    assert_eq!(written(), written());
}

#[test]
fn backend_setuptools_tests_what_is_built() {
    let files = |test| [("setup.py", ""), ("tests/test_x.py", test)];
    let unittest = plan(
        Backend::Setuptools,
        &files("import unittest\n"),
        two(),
        false,
    );
    assert_eq!(
        unittest[1],
        "test: python3 -m unittest discover -s HERE/source/tests"
    );
    let pytest = plan(
        Backend::Setuptools,
        &files("def test_x(): pass\n"),
        two(),
        false,
    );
    assert_eq!(
        pytest[1],
        "test: python3 -m pytest -p no:cacheprovider HERE/source/tests"
    );
    let none = plan(Backend::Setuptools, &[("setup.py", "")], two(), true);
    assert_eq!(none.len(), 2, "{none:?}");
    assert!(
        none[1].ends_with("--prefix=HERE/install --record=HERE/build/b/installed.txt"),
        "{none:?}"
    );
}
