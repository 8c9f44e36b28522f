//! The command `emit`: what goes to standard output, and how files are written.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use cfgmatrix::core::emit::{Format, MARK};
use serde_json::json;

use crate::support::{cfgmatrix, json, stdout};

const ONE: [&str; 3] = [
    "emit",
    "env",
    "--select=compiler=gcc,blas=threaded,mode=debug",
];

fn emit(arguments: &[&str]) -> Command {
    let mut command = cfgmatrix();
    command.arg("emit").args(arguments);
    command
}

/// Exit code and message of a command that is refused.
fn refused(command: &mut Command) -> (i32, String) {
    let output = command.output().unwrap();
    assert!(output.stdout.is_empty(), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), said)
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn one_file_is_printed_as_it_is() {
    let text = stdout(cfgmatrix().args(ONE));
    assert!(text.starts_with(&format!("# {MARK}; ")), "{text}");
    assert!(
        text.contains("\nexport CFLAGS='-g -O0 -fopenmp'\n"),
        "{text}"
    );
    let fish = stdout(cfgmatrix().args(ONE).args(["--shell", "fish"]));
    assert!(
        fish.contains("\nset -gx CFLAGS '-g -O0 -fopenmp'\n"),
        "{fish}"
    );
}

#[test]
fn all_files_are_one_document() {
    let document = json(&mut emit(&["make", "--format", "json"]));
    assert_eq!(document["format_version"], 1);
    assert_eq!(document["format"], "make");
    let files = document["files"].as_array().unwrap();
    assert_eq!(files.len(), 17);
    assert_eq!(files[1]["path"], "gcc-sequential-debug.mk");
    assert!(files[1]["text"].as_str().unwrap().contains("CC := gcc\n"));
}

#[test]
fn every_format_is_listed() {
    let listed = stdout(&mut emit(&["--list"]));
    let document = json(&mut emit(&["--list", "--format", "json"]));
    for &format in Format::ALL {
        assert!(
            listed.contains(&format!("  {format} ")),
            "{format}: {listed}"
        );
        let entry = json!({"format": format.as_str(), "about": format.about()});
        assert!(
            document["formats"].as_array().unwrap().contains(&entry),
            "{entry}"
        );
    }
}

#[test]
fn files_are_written_and_written_again_only_where_they_differ() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("new").join("out");
    let write = |more: &[&str]| {
        stdout(
            emit(&["make", "--select", "compiler=gcc,blas=threaded"])
                .arg("-o")
                .arg(&out)
                .args(more),
        )
    };
    let line = |what: &str, name: &str| format!("{what} {}\n", out.join(name).display());
    let all = [
        "cfgmatrix.mk",
        "gcc-threaded-debug.mk",
        "gcc-threaded-release.mk",
    ];
    let lines = |what: &str| all.map(|name| line(what, name)).concat();
    assert_eq!(write(&[]), lines("wrote"));
    assert_eq!(write(&[]), lines("unchanged"));
    // What carries the mark is ours to write over.
    fs::write(out.join(all[1]), format!("# {MARK}\nCC := other\n")).unwrap();
    let expected = line("unchanged", all[0]) + &line("wrote", all[1]) + &line("unchanged", all[2]);
    assert_eq!(write(&[]), expected);
    assert_eq!(names(&out), all);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As a file of the user's is: others may read it where the mask lets them.
        let plain = directory.path().join("plain");
        fs::write(&plain, "").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&out.join(all[1])), mode(&plain));
    }
}

#[test]
fn what_someone_else_wrote_stays_and_nothing_beside_it_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path();
    fs::write(out.join("gcc-threaded-release.mk"), "CC := mine\n").unwrap();
    let write = || {
        let mut command = emit(&["make", "--select", "compiler=gcc,blas=threaded"]);
        command.arg("-o").arg(out);
        command
    };
    let (code, said) = refused(&mut write());
    let expected = format!(
        "error: {} is there already, and cfgmatrix did not write it\n  name another directory, or replace it with `--force`\n",
        out.join("gcc-threaded-release.mk").display()
    );
    assert_eq!((code, said), (2, expected));
    assert_eq!(names(out), ["gcc-threaded-release.mk"]);
    assert!(stdout(write().arg("--force")).contains("wrote"));
    let text = fs::read_to_string(out.join("gcc-threaded-release.mk")).unwrap();
    assert!(text.contains("CC := gcc\n"), "{text}");
}

#[test]
fn a_directory_in_the_way_is_an_error_and_nothing_is_half_written() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path();
    fs::create_dir(out.join("gcc-threaded-release.mk")).unwrap();
    let (code, said) = refused(
        emit(&["make", "--force", "--select", "compiler=gcc,blas=threaded"])
            .arg("-o")
            .arg(out),
    );
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("gcc-threaded-release.mk"), "{said}");
    assert_eq!(names(out), ["gcc-threaded-release.mk"]);
}

#[cfg(unix)]
#[test]
fn a_file_where_the_directory_should_be_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("file");
    fs::write(&out, "mine").unwrap();
    let (code, said) = refused(cfgmatrix().args(ONE).arg("-o").arg(&out));
    assert_eq!(code, 1, "{said}");
    assert!(said.ends_with("a directory is expected here\n"), "{said}");
    assert_eq!(fs::read_to_string(&out).unwrap(), "mine");
}

#[cfg(unix)]
#[test]
fn the_directory_itself_may_be_a_link() {
    let directory = tempfile::tempdir().unwrap();
    let (out, elsewhere) = (
        directory.path().join("out"),
        directory.path().join("elsewhere"),
    );
    fs::create_dir(&elsewhere).unwrap();
    // It is what the user named.
    std::os::unix::fs::symlink(&elsewhere, &out).unwrap();
    stdout(cfgmatrix().args(ONE).arg("-o").arg(&out));
    assert_eq!(names(&elsewhere), ["gcc-threaded-debug.sh"]);
}

#[cfg(unix)]
#[test]
fn a_file_that_is_a_link_is_replaced_and_not_followed() {
    let directory = tempfile::tempdir().unwrap();
    let (out, elsewhere) = (
        directory.path().join("out"),
        directory.path().join("elsewhere"),
    );
    fs::create_dir(&out).unwrap();
    let theirs = format!("# {MARK}\n");
    fs::write(&elsewhere, &theirs).unwrap();
    std::os::unix::fs::symlink(&elsewhere, out.join("gcc-threaded-debug.sh")).unwrap();
    stdout(cfgmatrix().args(ONE).arg("-o").arg(&out));
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), theirs);
    let written = out.join("gcc-threaded-debug.sh");
    assert!(!fs::symlink_metadata(&written).unwrap().is_symlink());
    assert!(
        fs::read_to_string(written)
            .unwrap()
            .contains("export CC=gcc\n")
    );
}

#[test]
fn no_file_leaves_its_directory() {
    // What a matrix names its values is no path.
    let matrix = "schema = 1\nname = \"x\"\n[axes]\ncompiler = [{ id = \"../../x\", family = \"gcc\" }, { id = \"..\", family = \"gcc\" }]\n";
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    for format in ["env", "make", "cmake-toolchain"] {
        let mut command = emit(&[format, "-"]);
        let result = command
            .arg("-o")
            .arg(&out)
            .write_stdin(matrix)
            .output()
            .unwrap();
        if result.status.success() {
            let expected = ["out"];
            assert_eq!(names(directory.path()), expected, "{format}");
            assert!(
                names(&out).iter().all(|name| !name.starts_with("..")),
                "{format}"
            );
        } else {
            let said = String::from_utf8(result.stderr).unwrap();
            let expected = format!(
                "error: {format} cannot express the name of variant `..`: no file can have it\n"
            );
            assert_eq!(said, expected);
            assert!(!out.exists());
        }
    }
}

#[test]
fn the_command_line_has_the_last_word_on_commands() {
    let matrix = "schema = 1\nname = \"x\"\naxes = { a = [\"1\"] }\n[emit]\ncommands = [\"make of-all\"]\n[emit.github]\ncommands = [\"make of-github\"]\n";
    let workflow = |command: Option<&str>| {
        let mut emit = cfgmatrix();
        emit.args(["emit", "github", "-"]).write_stdin(matrix);
        emit.args(command.map(|line| format!("--command={line}")));
        stdout(&mut emit)
    };
    assert!(workflow(None).contains("make of-github"));
    let mine = workflow(Some("make mine"));
    assert!(
        mine.contains("make mine") && !mine.contains("make of-"),
        "{mine}"
    );
}
