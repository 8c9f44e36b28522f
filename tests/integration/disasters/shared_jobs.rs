//! Build systems within a run: how many compilers they start together, and
//! whether they have tests.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::support::{find_program, have};

const MATRIX: &str = "schema = 1\nname = \"c\"\nlanguages = [\"c\"]\n[axes]\n\
    compiler = [\"gcc@12\"]\nmode = [\"debug\", \"release\"]\n";

const FILES: usize = 6;

fn has(tools: &[&str]) -> bool {
    let mut tools = tools.iter();
    tools.all(|tool| have(find_program(tool).is_some(), tool))
}

/// A place with a source that any of these build.
fn place(files: &[(&str, &str)]) -> Place {
    let place = Place::new(MATRIX);
    for (name, text) in files {
        let path = place.file("source").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    place
}

fn build(place: &Place) -> (BTreeMap<String, Value>, i32, Value) {
    let options = [
        "-j2",
        "--source",
        "source",
        "--no-verify",
        "--format",
        "json",
    ];
    let mut command = place.command(&options);
    // The one that runs the tests, wherever it is.
    for name in ["HOME", "RUSTUP_HOME", "CARGO_HOME"] {
        #[expect(clippy::disallowed_methods, reason = "cargo is the user's own")]
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    Place::outcomes_of(command.env("CARGO_NET_OFFLINE", "true"))
}

/// A file that keeps a compiler busy for a while.
fn slow(number: usize) -> String {
    let functions = (0..150).map(|at| {
        format!("int f{number}_{at}(int a, int b) {{ int s = 0; for (int i = a; i < b; i++) {{ s += i * a ^ s % (b + {at}); if (s > a) s -= b; }} return s; }}\n")
    });
    functions.collect()
}

/// The most compilers of these names that were at work below a directory at one
/// time, while something was done.
fn most_at_once<T>(place: &Place, names: &[&str], act: impl FnOnce() -> T) -> (usize, T) {
    let ended = AtomicBool::new(false);
    let below = dunce::canonicalize(place.path()).unwrap();
    let count = || {
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let at_work = processes.filter_map(|process| {
            let path = process.path();
            let name = fs::read_to_string(path.join("comm")).ok()?;
            // One that has ended has no directory any more.
            let cwd = fs::read_link(path.join("cwd")).ok()?;
            let is_one = names.contains(&name.trim()) && cwd.starts_with(&below);
            let status = fs::read_to_string(path.join("status")).ok()?;
            let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
            let own = process.file_name().to_string_lossy().into_owned();
            is_one.then(|| (own, parent.trim().to_owned()))
        });
        let at_work: BTreeMap<String, String> = at_work.collect();
        // What a compiler starts has its name until it is another program.
        let parents = at_work.values();
        parents
            .filter(|parent| !at_work.contains_key(*parent))
            .count()
    };
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut most = 0;
            while !ended.load(Ordering::SeqCst) {
                most = most.max(count());
                std::thread::sleep(Duration::from_millis(4));
            }
            most
        });
        let done = act();
        ended.store(true, Ordering::SeqCst);
        (watch.join().unwrap(), done)
    })
}

fn starts_no_more_than_there_are(files: &[(&str, &str)], names: &[&str]) {
    let place = place(files);
    let (most, (outcomes, code, _)) = most_at_once(&place, names, || build(&place));
    assert_eq!((outcomes.len(), code), (2, 0), "{outcomes:#?}");
    assert_eq!(most, 2);
}

fn c_project(name: &str, text: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = (0..FILES)
        .map(|number| (format!("f{number}.c"), slow(number)))
        .collect();
    files.push((name.to_owned(), text.to_owned()));
    files
}

fn c_files() -> String {
    let names: Vec<String> = (0..FILES).map(|number| format!("f{number}.c")).collect();
    names.join(" ")
}

fn starts_no_more(name: &str, text: &str) {
    let files = c_project(name, text);
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    starts_no_more_than_there_are(&files, &["cc1"]);
}

#[test]
fn two_builds_by_make_share_two_jobs() {
    if has(&["make", "gcc-12"]) {
        let objects = c_files().replace(".c", ".o");
        starts_no_more("Makefile", &format!("all: {objects}\n"));
    }
}

#[test]
fn two_builds_by_cmake_share_two_jobs() {
    if has(&["cmake", "make", "gcc-12"]) {
        let files = c_files();
        let text = format!(
            "cmake_minimum_required(VERSION 3.20)\nproject(x C)\nadd_library(x STATIC {files})\n"
        );
        starts_no_more("CMakeLists.txt", &text);
    }
}

#[test]
fn two_builds_by_meson_share_two_jobs() {
    if has(&["meson", "ninja", "gcc-12"]) {
        let files = c_files().replace(' ', "', '");
        let text = format!("project('x', 'c')\nstatic_library('x', '{files}')\n");
        starts_no_more("meson.build", &text);
    }
}

#[test]
fn two_builds_by_cargo_share_two_jobs() {
    if !has(&["cargo", "gcc-12"]) {
        return;
    }
    let manifest = "[workspace]\nmembers = [\"a*\"]\nresolver = \"2\"\n";
    let functions: String = (0..1500)
        .map(|at| format!("pub fn f{at}(a: u64) -> String {{ format!(\"{{a}} {at}\") }}\n"))
        .collect();
    let mut files = vec![("Cargo.toml".to_owned(), manifest.to_owned())];
    for number in 0..4 {
        let package =
            format!("[package]\nname = \"a{number}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
        files.push((format!("a{number}/Cargo.toml"), package));
        files.push((format!("a{number}/src/lib.rs"), functions.clone()));
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    starts_no_more_than_there_are(&files, &["rustc"]);
}

#[test]
fn what_has_no_tests_is_not_told_as_tested() {
    let c = ("x.c", "int main(void) { return 0; }\n");
    let cmake = "cmake_minimum_required(VERSION 3.20)\nproject(x C)\nadd_executable(x x.c)\n";
    let meson = "project('x', 'c')\nx = executable('x', 'x.c')\n";
    let package = "[package]\nname = \"x\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n";
    let with_ctest = format!("{cmake}enable_testing()\nadd_test(NAME x COMMAND x)\n");
    let with_meson = format!("{meson}test('x', x)\n");
    for (tools, name, text, untested) in [
        (&["cmake", "make"][..], "CMakeLists.txt", cmake, 2),
        (&["cmake", "make"], "CMakeLists.txt", &with_ctest, 0),
        (&["meson", "ninja"], "meson.build", meson, 2),
        (&["meson", "ninja"], "meson.build", &with_meson, 0),
        (&["make"], "Makefile", "x: x.o\n", 2),
        (&["make"], "Makefile", "x: x.o\n.PHONY: check\ncheck:\n", 2),
        (&["make"], "Makefile", "x: x.o\ncheck: x\n\t./x\n", 0),
        (&["cargo"], "Cargo.toml", package, 2),
    ] {
        if !has(tools) || !has(&["gcc-12"]) {
            continue;
        }
        let place = place(&[c, ("src/main.rs", "fn main() {}\n"), (name, text)]);
        let (outcomes, code, counts) = build(&place);
        assert_eq!(code, 0, "{outcomes:#?}");
        assert_eq!(counts["passed"], 2, "{text}");
        assert_eq!(counts["untested"], untested, "{text}: {outcomes:#?}");
        if untested > 0 {
            let mut command = place.command(&["--source", "source", "--resume"]);
            let output = command.output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(said.starts_with("2 passed (2 without tests)\n"), "{said}");
        }
    }
}
