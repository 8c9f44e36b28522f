//! The command `run`, with matrices of the user's own axes: no compiler is needed
//! to see how variants are run.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::Command;
use serde_json::Value;

use crate::support::{cfgmatrix, find_program, have};

const MATRIX: &str = "\
schema = 1
name = \"own\"
[axes]
size = [\"small\", \"large\"]
colour = [\"red\", \"green\", \"blue\"]
";

struct Scene {
    directory: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("m.toml"), MATRIX).unwrap();
        Self { directory }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn run(&self, options: &[&str], script: &str) -> Command {
        let mut command = cfgmatrix();
        command.current_dir(self.path());
        command.args(["run", "m.toml"]).args(options);
        command.args(["--", "sh", "-c", script]);
        command
    }

    /// The document of a run, and its exit code.
    fn document(&self, options: &[&str], script: &str) -> (Value, i32) {
        let mut command = self.run(options, script);
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        let document = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{text}"));
        (document, output.status.code().unwrap())
    }

    /// The same as a process that is watched while it runs.
    #[expect(
        clippy::disallowed_methods,
        reason = "a run is interrupted as its users interrupt it"
    )]
    fn start(&self, options: &[&str], script: &str) -> Child {
        let command = self.run(options, script);
        let mut started = std::process::Command::new(command.get_program());
        started.args(command.get_args()).current_dir(self.path());
        started.env("XDG_CACHE_HOME", crate::support::cache());
        started
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// The outcomes that are there, each of which must be whole.
    fn outcomes(&self) -> Vec<Value> {
        let directory = self.path().join("cfgmatrix-run").join("outcomes");
        let entries = fs::read_dir(directory).into_iter().flatten();
        let documents = entries.map(|entry| entry.unwrap().path());
        documents
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "json")
            })
            .map(|path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap())
            .collect()
    }

    fn wait_for(&self, file: &str) {
        let began = Instant::now();
        while !self.path().join(file).exists() {
            assert!(began.elapsed() < Duration::from_secs(60), "no {file}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    let mut kill = Command::new("kill");
    kill.args([&format!("-{name}"), &pid]).assert().success();
}

#[test]
fn each_variant_is_run_in_its_own_place_and_failures_are_explained() {
    let scene = Scene::new();
    let script = "echo \"$CFGMATRIX_VARIANT\" > it; pwd > where; \
        case $CFGMATRIX_VARIANT in large-blue) echo 'error: too blue'; exit 4;; esac";
    let (document, code) = scene.document(&["--format", "json"], script);
    assert_eq!(code, 5);
    assert_eq!(document["format_version"], 1);
    assert_eq!(document["counts"]["passed"], 5);
    assert_eq!(document["counts"]["failed"], 1);
    let outcomes = document["outcomes"].as_array().unwrap();
    let names: Vec<&str> = outcomes
        .iter()
        .map(|outcome| outcome["variant"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "small-red",
            "small-green",
            "small-blue",
            "large-red",
            "large-green",
            "large-blue"
        ]
    );
    let failed = &outcomes[5];
    assert_eq!(failed["status"], "failed");
    assert_eq!(failed["steps"][0]["exit_code"], 4);
    assert_eq!(failed["steps"][0]["first_error"], "error: too blue");
    let blame = document["blame"].to_string();
    assert!(blame.contains("size=large & colour=blue"), "{blame}");
    let run = scene.path().join("cfgmatrix-run");
    for name in names {
        let build = run.join("builds").join(name);
        let it = fs::read_to_string(build.join("it")).unwrap();
        assert_eq!(it.trim(), name);
        let place = fs::read_to_string(build.join("where")).unwrap();
        assert_eq!(Path::new(place.trim()), dunce::canonicalize(build).unwrap());
    }
    let log = failed["steps"][0]["log"].as_str().unwrap();
    assert!(
        fs::read_to_string(run.join(log))
            .unwrap()
            .ends_with("error: too blue\n")
    );
    assert_eq!(crate::schema::wrong_documents_of_run(&run), [""; 0]);
    let manifest: Value = serde_json::from_slice(&fs::read(run.join("run.json")).unwrap()).unwrap();
    assert_eq!(
        manifest["axes"][1]["values"],
        serde_json::json!(["red", "green", "blue"])
    );
}

#[test]
fn people_see_a_line_for_each_and_what_is_to_blame() {
    let scene = Scene::new();
    let mut command = scene.run(&["-j1"], "test $CFGMATRIX_VARIANT != small-green || exit 1");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    let seen = String::from_utf8(output.stderr).unwrap();
    assert!(seen.contains("✓ small-red "), "{seen}");
    assert!(seen.contains("✗ small-green  command failed "), "{seen}");
    assert!(
        seen.contains("    logs/small-green/1-command.log"),
        "{seen}"
    );
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("5 passed, 1 failed\n"), "{said}");
    assert!(said.contains("size=small & colour=green"), "{said}");
}

#[test]
fn events_are_documents_of_a_line() {
    let scene = Scene::new();
    let mut command = scene.run(&["--format", "jsonl", "--select", "size=small"], "true");
    let output = command.output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let events: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let count = |what: &str| events.iter().filter(|event| event["event"] == what).count();
    assert_eq!((count("started"), count("step"), count("ended")), (3, 3, 3));
    let ended = events
        .iter()
        .find(|event| event["event"] == "ended")
        .unwrap();
    assert_eq!(ended["outcome"]["status"], "passed");
}

#[test]
fn what_the_caller_has_set_does_not_leak() {
    let scene = Scene::new();
    let script = "test -z \"$CFLAGS$LD_LIBRARY_PATH$MINE\"";
    let leaking = |options: &[&str]| {
        let mut command = scene.run(options, script);
        command
            .env("CFLAGS", "-O9")
            .env("MINE", "x")
            .env("LD_LIBRARY_PATH", "/x");
        command.output().unwrap().status.code()
    };
    assert_eq!(leaking(&[]), Some(0));
    assert_eq!(leaking(&["--pass", "MINE"]), Some(5));
}

#[test]
fn parts_are_all_of_it_together_and_each_variant_once() {
    let scene = Scene::new();
    let mut seen = Vec::new();
    for part in ["1/4", "2/4", "3/4", "4/4"] {
        let directory = format!("part-{}", &part[..1]);
        let options = [
            "--format",
            "json",
            "--shard",
            part,
            "--directory",
            &directory,
        ];
        let (document, code) = scene.document(&options, "true");
        assert_eq!(code, 0);
        let outcomes = document["outcomes"].as_array().unwrap();
        seen.extend(
            outcomes
                .iter()
                .map(|outcome| outcome["variant"].as_str().unwrap().to_owned()),
        );
    }
    assert_eq!(seen.len(), 6);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 6);
}

#[test]
fn a_run_goes_on_where_it_was_and_builds_what_has_changed() {
    let scene = Scene::new();
    let script = "echo x >> \"$CFGMATRIX_SOURCE/built\"; test $CFGMATRIX_VARIANT != small-red";
    let built = || {
        let path = scene.path().join("built");
        let count = fs::read_to_string(&path).map_or(0, |text| text.lines().count());
        let _ = fs::remove_file(path);
        count
    };
    let run =
        |options: &[&str], script: &str| scene.run(options, script).output().unwrap().status.code();
    assert_eq!(run(&[], script), Some(5));
    assert_eq!(built(), 6);
    assert_eq!(run(&["--resume"], script), Some(5));
    assert_eq!(built(), 0);
    assert_eq!(run(&["--only-failed"], script), Some(5));
    assert_eq!(built(), 1);
    assert_eq!(run(&[], script), Some(5));
    assert_eq!(built(), 6);
    // Another command is another thing to be known of all.
    assert_eq!(run(&["--resume"], &format!("{script}; true")), Some(0));
    assert_eq!(built(), 6);
    // Another flag of one value is another configuration of those that have it.
    let changed = MATRIX.replace("\"blue\"", "{ id = \"blue\", defines = { BLUE = 2 } }");
    fs::write(scene.path().join("m.toml"), changed).unwrap();
    let code = run(&["--resume"], &format!("{script}; true"));
    if code == Some(0) {
        assert_eq!(built(), 2);
    } else {
        // Without a compiler nothing can be defined.
        assert_eq!(built(), 0);
    }
}

#[test]
fn an_interrupted_run_says_so_and_leaves_nothing_running() {
    let scene = Scene::new();
    let script =
        "touch \"$CFGMATRIX_SOURCE/begun\"; (sleep 3; touch \"$CFGMATRIX_SOURCE/late\") & wait";
    let mut child = scene.start(&["-j1"], script);
    scene.wait_for("begun");
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let outcomes = scene.outcomes();
    assert_eq!(outcomes.len(), 1, "{outcomes:?}");
    assert_eq!(outcomes[0]["status"], "interrupted");
    std::thread::sleep(Duration::from_millis(3500));
    assert!(!scene.path().join("late").exists());
}

#[test]
fn a_run_that_is_killed_at_any_moment_is_resumed_with_what_is_true() {
    let scene = Scene::new();
    // Who ends writes down that it did; only then may it be known as passed.
    let script = "sleep 0.02; echo $CFGMATRIX_VARIANT >> \"$CFGMATRIX_SOURCE/done\"; sleep 0.02";
    let times = 12;
    for time in 0..times {
        let mut child = scene.start(&["--resume", "-j2"], script);
        std::thread::sleep(Duration::from_millis(30 + time * 17 % 160));
        child.kill().unwrap();
        child.wait().unwrap();
        let done = fs::read_to_string(scene.path().join("done")).unwrap_or_default();
        for outcome in scene.outcomes() {
            let variant = outcome["variant"].as_str().unwrap();
            assert_eq!(outcome["status"], "passed");
            assert!(
                done.lines().any(|line| line == variant),
                "{variant}: {done}"
            );
        }
    }
    // What was left of a killed run may still be at work for a moment.
    std::thread::sleep(Duration::from_millis(200));
    let kept = scene.outcomes().len();
    let (document, code) = scene.document(&["--resume", "--format", "json"], script);
    assert_eq!(code, 0);
    assert_eq!(document["counts"]["passed"], 6);
    assert_eq!(scene.outcomes().len(), 6);
    assert!(kept <= 6);
}

#[test]
fn a_program_that_cannot_be_started_fails_each_variant_with_the_reason() {
    let scene = Scene::new();
    fs::write(scene.path().join("not-executable"), "").unwrap();
    let mut command = cfgmatrix();
    command.current_dir(scene.path());
    command.args([
        "run",
        "m.toml",
        "--format",
        "json",
        "--",
        "./not-executable",
    ]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["counts"]["failed"], 6);
    let reason = document["outcomes"][0]["steps"][0]["first_error"].to_string();
    assert!(reason.contains("Permission denied"), "{reason}");
    let blame = document["blame"].to_string();
    assert!(blame.contains("nothing passed"), "{blame}");
}

#[test]
fn steps_are_those_of_the_matrix_with_the_words_of_each_variant() {
    let scene = Scene::new();
    let run = "
[run]
configure = [\"sh\", \"-c\", \"printf '%s|' \\\"$@\\\" > {source}/{name}.words\", \"sh\", \"{size}\", \"{vars.limit}\", \"a b\", \"${{x}}\"]
build = [[\"touch\", \"{build}/one\"], [\"touch\", \"two\"]]
test = [\"test\", \"-e\", \"one\", \"-a\", \"-e\", \"two\"]
timeout = 30

[[set]]
if = 'size == \"small\"'
vars = { limit = 3 }

[[set]]
if = 'size == \"large\"'
vars = { limit = 4 }
";
    fs::write(scene.path().join("m.toml"), format!("{MATRIX}{run}")).unwrap();
    let mut command = cfgmatrix();
    command.current_dir(scene.path());
    command.args(["run", "m.toml", "--format", "json"]);
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let steps = document["outcomes"][0]["steps"].as_array().unwrap();
    let names: Vec<&str> = steps
        .iter()
        .map(|step| step["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["configure", "build", "build", "test"]);
    let logs: BTreeSet<&str> = steps
        .iter()
        .map(|step| step["log"].as_str().unwrap())
        .collect();
    assert_eq!(logs.len(), 4);
    let words = |name: &str| fs::read_to_string(scene.path().join(name)).unwrap();
    assert_eq!(words("small-red.words"), "small|3|a b|${{x}}|");
    assert_eq!(words("large-blue.words"), "large|4|a b|${{x}}|");
}

#[test]
fn further_variants_tell_what_explains_a_failure() {
    let scene = Scene::new();
    let matrix = MATRIX.replace(
        "[axes]",
        "[profile.pairs]\nstrength = 2\n[axes]\nshape = [\"round\", \"square\"]",
    );
    fs::write(scene.path().join("m.toml"), matrix).unwrap();
    let script = "case $CFGMATRIX_VARIANT in *-large-blue) exit 1;; esac";
    let options = ["--profile", "pairs", "--format", "json"];
    let (document, code) = scene.document(&options, script);
    assert_eq!(code, 5);
    let before = document["outcomes"].as_array().unwrap().len();
    assert!(before < 12, "a covering array is shorter than the product");
    let further = document["further"].as_array().unwrap().clone();
    assert!(!further.is_empty(), "{document:#}");

    let mut options = options.to_vec();
    options.push("--bisect");
    let (document, code) = scene.document(&options, script);
    assert_eq!(code, 5);
    assert_eq!(document["further"], serde_json::json!([]));
    let outcomes = document["outcomes"].as_array().unwrap();
    assert!(outcomes.len() > before && outcomes.len() < 12);
    for name in &further {
        assert!(outcomes.iter().any(|outcome| outcome["variant"] == *name));
    }
    let blame = document["blame"][0].as_str().unwrap();
    assert!(
        blame.contains("have size=large & colour=blue; no passing variant has both"),
        "{blame}"
    );
    // The report is of all that was built.
    let run = fs::read(scene.path().join("cfgmatrix-run").join("run.json")).unwrap();
    let run: Value = serde_json::from_slice(&run).unwrap();
    assert_eq!(run["variants"].as_array().unwrap().len(), outcomes.len());
}

#[test]
fn a_resumed_run_says_what_has_changed_and_builds_that_alone() {
    let scene = Scene::new();
    let script = "echo >> ../../../built";
    let run = |options: &[&str]| {
        let output = scene.run(options, script).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let told = said.lines().filter(|line| !line.starts_with('✓'));
        let told: Vec<String> = told.map(str::to_owned).collect();
        let built = fs::read_to_string(scene.path().join("built")).unwrap();
        fs::write(scene.path().join("built"), "").unwrap();
        (told, built.lines().count())
    };
    assert_eq!(run(&[]).1, 6);
    assert_eq!(run(&["--resume"]), (Vec::new(), 0));
    let changed = MATRIX.replace("\"green\", ", "")
        + "[[set]]\nif = 'size == \"large\"'\nenv = { LIMIT = \"3\" }\n";
    fs::write(scene.path().join("m.toml"), changed).unwrap();
    let (told, built) = run(&["--resume"]);
    assert_eq!(
        told,
        [
            "large-red, large-blue: LIMIT was not set, is `3`",
            "small-green, large-green: not in this run"
        ]
    );
    assert_eq!(built, 2);
    fs::write(scene.path().join("m.toml"), MATRIX).unwrap();
    let (told, built) = run(&["--resume"]);
    assert_eq!(told, ["large-red, large-blue: LIMIT was `3`, is not set",]);
    // What was found out about the green ones is as true as before.
    assert_eq!(built, 2);
}

#[test]
fn what_came_of_it_is_written_as_junit() {
    let scene = Scene::new();
    let script = "case $CFGMATRIX_VARIANT in large-blue) echo 'error: too <blue>'; exit 4;; esac";
    let (_, code) = scene.document(&["--format", "json", "--junit", "tests.xml"], script);
    assert_eq!(code, 5);
    let text = fs::read_to_string(scene.path().join("tests.xml")).unwrap();
    assert!(text.contains("tests=\"6\" failures=\"1\""), "{text}");
    assert!(text.contains("too &lt;blue&gt;"), "{text}");
}

/// A C library with a test, for make, with what the makefile adds itself.
const MAKEFILE: &str = "\
CFLAGS += -fPIC
all: t
libadd.so: add.c
\t$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -shared -o $@ $< $(LIBS)
t: t.c libadd.so
\t$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< -L. -ladd -Wl,-rpath,'$$ORIGIN' $(LIBS)
check: t
\t./t
";

#[test]
fn a_source_is_built_by_its_build_system_and_each_variant_is_proved() {
    let tools = ["make", "gcc-12", "clang-14"].map(|name| (name, find_program(name).is_some()));
    for (name, there) in tools {
        if !have(there, name) {
            return;
        }
    }
    let scene = Scene::new();
    let matrix = "schema = 1\nname = \"c\"\nlanguages = [\"c\"]\n[axes]\ncompiler = [\"gcc@12\", \"clang@14\"]\nmode = [\"debug\", \"release\"]\n";
    fs::write(scene.path().join("m.toml"), matrix).unwrap();
    let source = scene.path().join("source");
    fs::create_dir(&source).unwrap();
    fs::write(source.join("Makefile"), MAKEFILE).unwrap();
    fs::write(
        source.join("add.c"),
        "#include <assert.h>\ndouble add(double a, double b) { assert(a == a); return a + b; }\n",
    )
    .unwrap();
    fs::write(
        source.join("t.c"),
        "double add(double, double);\nint main(void) { return add(1, 2) != 3; }\n",
    )
    .unwrap();
    let run = |more: &[&str]| {
        let mut command = cfgmatrix();
        command.current_dir(scene.path());
        command.args(["run", "m.toml", "--source", "source", "--format", "json"]);
        let output = command.args(more).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        let document: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{text}"));
        (document, output.status.code().unwrap())
    };
    let (document, code) = run(&[]);
    assert_eq!(code, 0, "{document:#}");
    assert_eq!(document["counts"]["passed"], 4);
    for outcome in document["outcomes"].as_array().unwrap() {
        let claims = outcome["claims"].as_array().unwrap();
        let proved = |about: &str| {
            let mut claims = claims.iter();
            claims.any(|claim| claim["about"] == about && claim["verdict"] == "proved")
        };
        // What is not debugged has the name of whoever made its start-up code, too.
        let debug = outcome["axes"]["mode"] == "debug";
        assert!(proved("compiler") || !debug, "{claims:#?}");
        assert!(proved("libraries"), "{claims:#?}");
    }
    let mut left: Vec<_> = fs::read_dir(&source)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(
        left,
        ["Makefile", "add.c", "t.c"],
        "the source is as it was"
    );
    // A makefile that takes another compiler is found out.
    let lying = MAKEFILE.replace("$(CC)", "tcc");
    if !have(find_program("tcc").is_some(), "tcc") {
        return;
    }
    fs::write(source.join("Makefile"), lying.replace("$(CFLAGS)", "")).unwrap();
    let (document, code) = run(&[]);
    assert_eq!(code, 5, "{document:#}");
    // tcc leaves no name in what is not debugged.
    assert_eq!(document["counts"]["refuted"], 2, "{document:#}");
}

/// A library and a program for CMake; the program finds the library where both are
/// installed only if it is told so.
const CMAKE: &str = "\
cmake_minimum_required(VERSION 3.18)
project(add C)
add_library(add SHARED add.c)
add_executable(t t.c)
target_link_libraries(t add)
enable_testing()
add_test(NAME t COMMAND t)
install(TARGETS add t)
";

#[test]
fn what_is_installed_is_proved_too_and_changed_sources_are_built_again() {
    for name in ["cmake", "gcc-12"] {
        if !have(find_program(name).is_some(), name) {
            return;
        }
    }
    let scene = Scene::new();
    let matrix = "schema = 1\nname = \"c\"\nlanguages = [\"c\"]\n[axes]\ncompiler = [\"gcc@12\"]\n";
    fs::write(scene.path().join("m.toml"), matrix).unwrap();
    let source = scene.path().join("source");
    fs::create_dir(&source).unwrap();
    fs::write(
        source.join("add.c"),
        "double add(double a) { return a + 1; }\n",
    )
    .unwrap();
    let call = "double add(double);\nint main(void) { return add(1) != 2; }\n";
    fs::write(source.join("t.c"), call).unwrap();
    let run = |cmake: Option<&str>| {
        if let Some(cmake) = cmake {
            fs::write(source.join("CMakeLists.txt"), cmake).unwrap();
        }
        let mut command = cfgmatrix();
        command.current_dir(scene.path());
        command.args([
            "run",
            "m.toml",
            "--source",
            "source",
            "--install",
            "usr",
            "--resume",
        ]);
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        (said, output.status.code().unwrap())
    };
    let (said, code) = run(Some(CMAKE));
    assert_eq!(code, 5, "{said}");
    assert!(
        said.contains("bin/t: asked for all libraries, has a library too few (not found: libadd.so needed by t)"),
        "{said}"
    );
    let with_rpath = CMAKE.replace(
        "add_library",
        "set(CMAKE_INSTALL_RPATH \"$ORIGIN/../lib\")\nadd_library",
    );
    let (said, code) = run(Some(&with_rpath));
    assert_eq!(code, 0, "{said}");
    assert!(said.starts_with("gcc@12: other sources\n"), "{said}");
    let program = scene
        .path()
        .join("usr")
        .join("gcc@12")
        .join("bin")
        .join("t");
    Command::new(program).assert().success();
    assert_eq!(run(None), (String::new(), 0));
}
