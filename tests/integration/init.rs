//! `init`: what is found in a project, and the file that is written.
//!
//! Each directory below `cases/init` is a case: a `project`, the file that is
//! written for it (`cfgmatrix.toml`), what was found (`found.json`) and what was
//! said (`stderr`, if anything). The machine is that of `host.json`, of the
//! case's own or of the one beside the cases. `CFGMATRIX_BLESS=1` records anew.

use std::fs;
use std::path::{Path, PathBuf};

use cfgmatrix::core::Document;
use serde_json::Value;

use crate::support::{blessing, cfgmatrix, files_in, json, repository, stdout};

fn cases() -> PathBuf {
    repository().join("tests").join("cases").join("init")
}

fn host() -> PathBuf {
    cases().join("host.json")
}

/// What `init` prints for a case, and what it says.
fn printed(case: &Path, format: &str) -> (String, String) {
    let own = case.join("host.json");
    let host = if own.exists() { own } else { host() };
    let output = cfgmatrix()
        .arg("init")
        .arg(case.join("project"))
        .args(["--stdout", "--format", format, "--host"])
        .arg(host)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap().replace("\r\n", "\n");
    assert!(output.status.success(), "{case:?}: {output:?}");
    (text(output.stdout), text(output.stderr))
}

fn expect_recorded(path: &Path, found: &str, wrong: &mut Vec<String>) {
    if blessing() {
        if found.is_empty() {
            let _ = fs::remove_file(path);
        } else {
            fs::write(path, found).unwrap();
        }
    } else if fs::read_to_string(path).unwrap_or_default() != found {
        wrong.push(format!("{}:\n{found}", path.display()));
    }
}

/// The directories of the cases.
fn each_case() -> impl Iterator<Item = PathBuf> {
    files_in(&cases()).into_iter().filter(|path| path.is_dir())
}

#[test]
fn every_project_gets_the_file_that_is_recorded() {
    let mut wrong = Vec::new();
    for case in each_case() {
        let (document, said) = printed(&case, "text");
        expect_recorded(&case.join("cfgmatrix.toml"), &document, &mut wrong);
        expect_recorded(&case.join("stderr"), &said, &mut wrong);
        let (found, _) = printed(&case, "json");
        let mut found: Value = serde_json::from_str(&found).unwrap();
        assert_eq!(found["document"].take(), Value::String(document));
        let found = serde_json::to_string_pretty(&found["found"]).unwrap() + "\n";
        expect_recorded(&case.join("found.json"), &found, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_written_expands_to_as_many_variants_as_it_expects() {
    let mut expanded = 0;
    for case in each_case() {
        let (document, _) = printed(&case, "text");
        let expect = document
            .lines()
            .find_map(|line| line.strip_prefix("expect = "));
        let mut expand = cfgmatrix();
        expand.args(["expand", "--format", "json", "-"]);
        expand.write_stdin(document.clone());
        if let Some(expect) = expect {
            let variants = json(&mut expand)["variants"].as_array().unwrap().len();
            assert_eq!(variants.to_string(), expect, "{case:?}");
            expanded += 1;
        } else {
            assert!(
                document.contains("compiler = { installed = true }"),
                "{case:?}"
            );
        }
    }
    assert!(expanded > 10, "{expanded}");
}

/// The file with its examples in force, from a line that begins so.
fn with_examples(document: &str, from: &str) -> String {
    let mut begun = false;
    let lines = document.lines().map(|line| {
        begun |= line.starts_with(from);
        match line.strip_prefix('#') {
            Some(example) if begun && !example.starts_with(' ') => example,
            // The examples change how many there are.
            _ if line.starts_with("expect = ") => "",
            _ => line,
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_examples_in_it_are_toml_without_their_marks() {
    for case in each_case() {
        let text = with_examples(&printed(&case, "text").0, "");
        let document = Document::from_bytes("cfgmatrix.toml", text.into_bytes()).unwrap();
        let read: Result<Value, _> = document.toml();
        let read = read.unwrap_or_else(|error| panic!("{case:?}: {error}"));
        for key in ["zip", "forbid", "require", "include", "set", "profile"] {
            assert!(read.get(key).is_some(), "{case:?}: {key}");
        }
        assert!(read["axes"]["checks"]["values"][1]["features"].is_array());
    }
}

#[test]
fn the_examples_in_it_are_of_the_language() {
    let mut expanded = 0;
    for case in each_case() {
        let (document, _) = printed(&case, "text");
        // Rules about one compiler of several say little of the only one, or of none.
        let several = document.contains("compiler = [\n  { id");
        if !several {
            continue;
        }
        let text = with_examples(&document, "# Axes of your own");
        for profile in ["pr", "nightly", "checks"] {
            let mut expand = cfgmatrix();
            expand.args(["expand", "--profile", profile, "--format", "json", "-"]);
            let found = json(expand.write_stdin(text.clone()));
            assert!(!found["variants"].as_array().unwrap().is_empty());
            if profile != "nightly" {
                let rules: Vec<&Value> = found["excluded"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|excluded| &excluded["rule"])
                    .collect();
                assert!(rules.contains(&&"few-debug".into()), "{case:?}: {rules:?}");
            }
            expanded += 1;
        }
    }
    assert!(expanded > 30, "{expanded}");
}

#[test]
fn the_file_is_written_once_and_replaced_only_when_told() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cfgmatrix.toml");
    let init = || {
        let mut command = cfgmatrix();
        command
            .current_dir(directory.path())
            .arg("init")
            .arg("--host")
            .arg(host());
        command
    };
    fs::write(
        directory.path().join("Makefile"),
        "all:\n\t$(CC) -fopenmp main.c\n",
    )
    .unwrap();
    let said = stdout(init().args(["--name", "first \"one\""]));
    assert!(
        said.starts_with("cfgmatrix.toml written: first \"one\", 8 variants\n"),
        "{said}"
    );
    let first = fs::read_to_string(&path).unwrap();
    assert!(first.contains("name = \"first \\\"one\\\"\"\n"), "{first}");
    let expanded = json(
        cfgmatrix()
            .current_dir(directory.path())
            .args(["expand", "--format", "json"]),
    );
    assert_eq!(expanded["name"], "first \"one\"");

    let refused = init().output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(refused.stderr).unwrap(),
        "error: cfgmatrix.toml is there already\n  `--force` replaces it, and `--stdout` prints what it would be\n"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), first);

    let told = json(init().args(["--force", "--name", "second", "--format", "json"]));
    assert_eq!(told["path"], "cfgmatrix.toml");
    assert_eq!(
        (&told["name"], &told["variants"]),
        (&"second".into(), &8.into())
    );
    assert!(told.get("document").is_none());
    assert!(
        fs::read_to_string(&path)
            .unwrap()
            .contains("name = \"second\"\n")
    );
    // Nothing half-written stays behind.
    let mut names: Vec<_> = files_in(directory.path())
        .iter()
        .map(|path| path.file_name().unwrap().to_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["Makefile", "cfgmatrix.toml"]);
}

#[cfg(unix)]
#[test]
fn a_link_stays_one_and_the_file_is_readable_by_all() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let directory = tempfile::tempdir().unwrap();
    let elsewhere = directory.path().join("elsewhere.toml");
    fs::write(&elsewhere, "").unwrap();
    let link = directory.path().join("cfgmatrix.toml");
    symlink("elsewhere.toml", &link).unwrap();
    let mut init = cfgmatrix();
    init.arg("init")
        .arg(directory.path())
        .arg("--host")
        .arg(host());
    assert_eq!(init.output().unwrap().status.code(), Some(2));
    stdout(init.arg("--force"));
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert!(
        fs::read_to_string(&elsewhere)
            .unwrap()
            .contains("schema = 1")
    );
    // As of a file that any program makes.
    let plain = directory.path().join("plain");
    fs::write(&plain, "").unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
    assert_eq!(mode(&elsewhere), mode(&plain));
    // A link that leads nowhere is there, too.
    fs::remove_file(&elsewhere).unwrap();
    let mut init = cfgmatrix();
    init.arg("init")
        .arg(directory.path())
        .arg("--host")
        .arg(host());
    assert_eq!(init.output().unwrap().status.code(), Some(2));
}

/// Each step for each byte would take longer than this, on a busy machine too.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(100);

/// What is said of a project with one odd file.
fn warning(name: &str, fill: impl FnOnce(&Path)) -> String {
    let directory = tempfile::tempdir().unwrap();
    fill(&directory.path().join(name));
    let mut init = cfgmatrix();
    init.arg("init")
        .arg(directory.path())
        .args(["--stdout", "--host"])
        .arg(host());
    let output = init.timeout(LIMIT).output().unwrap();
    assert!(output.status.success(), "{name}: {output:?}");
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("schema = 1")
    );
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn files_that_cannot_be_read_are_passed_over_with_a_warning() {
    let said = warning("meson.build", |path| {
        fs::write(path, b"project('caf\xe9')").unwrap();
    });
    assert_eq!(said, "warning: meson.build is not read: it is no UTF-8\n");
    let said = warning("CMakeLists.txt", |path| {
        fs::File::create(path).unwrap().set_len(3 << 30).unwrap();
    });
    assert_eq!(
        said,
        "warning: CMakeLists.txt is not read: it is larger than 1 MiB, which no build file is\n"
    );
    let said = warning("setup.py", |path| fs::create_dir(path).unwrap());
    assert_eq!(said, "warning: setup.py is not read: it is no file\n");
    let said = warning("Cargo.toml", |path| {
        fs::write(path, "[package]\nname = 7 8\n").unwrap();
    });
    assert!(said.starts_with("warning: Cargo.toml:2:"), "{said}");
    assert!(said.ends_with("; the file is not read\n"), "{said}");
}

/// Long files of what costs most, none of which may take long.
#[test]
fn files_that_are_made_to_be_slow_are_not() {
    let within_a_mebibyte = |part: &str| part.repeat((1 << 20) / part.len());
    for (name, part) in [
        ("CMakeLists.txt", "set(a \"${a}${a}x\")\n"),
        ("CMakeLists.txt", "f(("),
        ("CMakeLists.txt", "find_package(MPI)\n"),
        ("CMakeLists.txt", "[=[ #[==[ "),
        ("meson.build", "project("),
        ("meson.build", "if dependency('mpi') "),
        ("meson.build", "'''"),
        ("setup.py", "setup(name=x, "),
        ("setup.py", "Extension([["),
        ("build.rs", "\"\\\""),
        ("Makefile", "$(CC) "),
        ("Makefile", "a.f90 -lblas mpicc\n"),
        (
            "pyproject.toml",
            "[[tool.setuptools.ext-modules]]\nsources = [\"a.c\"]\n",
        ),
        ("Cargo.toml", "[dependencies]\nblas = \"1\"\n"),
    ] {
        warning(name, |path| {
            fs::write(path, within_a_mebibyte(part)).unwrap();
        });
    }
    let dependencies = (0..30_000).map(|number| format!("c{number} = {{ package = \"mpi\" }}\n"));
    let manifest = format!("[dependencies]\n{}", dependencies.collect::<String>());
    warning("Cargo.toml", |path| fs::write(path, manifest).unwrap());
}

#[test]
fn what_a_report_says_stays_in_its_comment() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(
        directory.path().join("Makefile"),
        "main: main.c\n\t$(CC) -fopenmp -lblas main.c\n\tmpicc\n",
    )
    .unwrap();
    let mut report: Value = serde_json::from_str(&fs::read_to_string(host()).unwrap()).unwrap();
    let toolchains = report["toolchains"].as_array_mut().unwrap();
    for toolchain in toolchains.iter_mut() {
        for feature in toolchain["features"].as_array_mut().unwrap() {
            feature["evidence"] = "said\n[axes]\r\nmode = []".into();
        }
    }
    toolchains[0]["family"] = "newer\n\"family".into();
    report["mpi"][0]["implementation"] = "newer-mpi".into();
    report["blas"][0]["library"] = "newer-blas".into();
    let path = directory.path().join("host.json");
    fs::write(&path, report.to_string()).unwrap();
    let mut init = cfgmatrix();
    init.arg("init")
        .arg(directory.path())
        .args(["--stdout", "--name", "a\nb", "--host"])
        .arg(path);
    let document = stdout(&mut init);
    assert!(
        document.contains("# Left out: newer \"family 14.0.6: not known to this version\n"),
        "{document}"
    );
    assert!(document.contains("said [axes]  mode = []\n"), "{document}");
    let mut expand = cfgmatrix();
    expand
        .args(["expand", "--format", "json", "-"])
        .write_stdin(document);
    let expanded = json(&mut expand);
    assert_eq!(expanded["name"], "a\nb");
    assert_eq!(expanded["variants"].as_array().unwrap().len(), 12);
}

#[test]
fn this_machine_is_asked_where_no_report_is_given() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("CMakeLists.txt"), "project(here C)\n").unwrap();
    let report = directory.path().join("host.json");
    let probe = cfgmatrix()
        .args(["probe", "--format", "json"])
        .output()
        .unwrap();
    fs::write(&report, &probe.stdout).unwrap();
    let init = |host: bool| {
        let mut command = cfgmatrix();
        command.arg("init").arg(directory.path()).arg("--stdout");
        if host {
            command.arg("--host").arg(&report);
        }
        stdout(&mut command)
    };
    assert_eq!(init(false), init(true));
}
