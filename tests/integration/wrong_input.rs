//! Wrong input is refused with a message that says what is wrong, where, and
//! what was expected, and with the right exit code.
//!
//! Each directory below `cases/wrong-input` is a case: `args` (one to a line;
//! `{case}` stands for the directory, as seen from `tests`), `stdin` if there
//! is any, the files that the arguments name, and what is expected: `stderr`,
//! `code`, and `stdout` where something is printed all the same.
//! `CFGMATRIX_BLESS=1` writes what is expected anew.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::LazyLock;

use assert_cmd::Command;
use cfgmatrix::core::{Document, Error, KnowledgeBase, Matrix, Plan, Sources, Space, Want};
use proptest::prelude::*;

use crate::data;
use crate::support::{blessing, cfgmatrix, files_in, repository};

const CASES: &str = "cases/wrong-input";

/// What the command said and how it ended, the same on every system.
#[derive(Debug, PartialEq, Eq)]
struct Refusal {
    stdout: String,
    stderr: String,
    code: String,
}

impl Refusal {
    /// Runs the command where no program is in PATH: what `gc` is must not
    /// depend on the machine. `directory` is left out of the messages.
    fn of(command: &mut Command, directory: &Path) -> Self {
        let output = command
            .env("PATH", repository().join("tests"))
            .env_remove("COLUMNS")
            .output()
            .expect("the command starts");
        let directory = format!("{}/", plain(&directory.display().to_string()));
        let text = |bytes: &[u8]| {
            let text = std::str::from_utf8(bytes).expect("output is UTF-8");
            plain(text).replace(&directory, "")
        };
        let code = output.status.code().expect("no signal ended it");
        Self {
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            code: format!("{code}\n"),
        }
    }

    fn read(case: &Path) -> Self {
        let read = |name: &str| fs::read_to_string(case.join(name)).unwrap_or_default();
        Self {
            stdout: read("stdout"),
            stderr: system_neutral(read("stderr")),
            code: read("code"),
        }
    }

    fn write(&self, case: &Path) {
        let write = |name: &str, text: &str| {
            let path = case.join(name);
            if text.is_empty() {
                // It is no error that there was none.
                let _ = fs::remove_file(path);
            } else {
                fs::write(&path, text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
            }
        };
        write("stdout", &self.stdout);
        write("stderr", &self.stderr);
        write("code", &self.code);
    }

    /// What holds for every message, whatever was recorded.
    fn breach(&self) -> Option<&'static str> {
        let unlike_others = || !self.stderr.starts_with("error: ");
        match self.code.trim() {
            "1" | "2" | "3" | "4" if unlike_others() => Some("no `error: ` first"),
            "1" | "2" | "3" | "4" => None,
            _ => Some("an exit code that no refusal has"),
        }
    }
}

/// Text as Unix would have it: separators of paths, and names of executables.
fn plain(text: &str) -> String {
    let text = text
        .replace('\\', "/")
        .replace("cfgmatrix.exe", "cfgmatrix");
    system_neutral(text)
}

/// Windows has its own words and numbers for what the system said.
fn system_neutral(text: String) -> String {
    if !cfg!(windows) {
        return text;
    }
    let lines = text.lines().map(|line| {
        let is_of_system = line.starts_with("  because: ") && line.contains("(os error ");
        if is_of_system {
            "  because: …\n".to_owned()
        } else {
            format!("{line}\n")
        }
    });
    lines.collect()
}

#[test]
fn every_case_is_refused_as_recorded() {
    let tests = repository().join("tests");
    let mut wrong = Vec::new();
    for case in files_in(&tests.join(CASES)) {
        let name = case.file_name().unwrap().to_str().unwrap();
        let args = fs::read_to_string(case.join("args"))
            .unwrap_or_else(|error| panic!("{name}: args: {error}"));
        let args = args
            .lines()
            .map(|arg| arg.replace("{case}", &format!("{CASES}/{name}")));
        let stdin = fs::read(case.join("stdin")).unwrap_or_default();
        let found = Refusal::of(cfgmatrix().args(args).write_stdin(stdin), &tests);
        if let Some(breach) = found.breach() {
            wrong.push(format!("{name}: {breach}: {found:#?}"));
        } else if blessing() {
            found.write(&case);
        } else if found != Refusal::read(&case) {
            wrong.push(format!(
                "{name}: {found:#?}, expected {:#?}",
                Refusal::read(&case)
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} cases:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The ways by which documents come in, each with a file or a stream of these
/// contents; what each says, without the temporary directory's name.
fn every_way_in(fill: impl Fn(&Path)) -> Vec<(&'static str, Refusal)> {
    let directory = tempfile::tempdir().expect("there is room for temporary files");
    let layer = directory.path().join("layer");
    fs::create_dir(&layer).expect("the directory is new");
    let file = |name: &str| -> PathBuf {
        let path = directory.path().join(name);
        fill(&path);
        path
    };
    let mut toml = cfgmatrix();
    toml.arg("expand").arg(file("matrix.toml"));
    let mut json = cfgmatrix();
    json.arg("expand").arg(file("matrix.json"));
    let mut stdin = cfgmatrix();
    stdin
        .args(["expand", "-"])
        .pipe_stdin(file("stdin"))
        .expect("the file was just written");
    file("layer/tiny.json");
    let mut overlay = cfgmatrix();
    overlay
        .arg("--toolchains")
        .arg(layer)
        .args(["flags", "--list"]);
    let ways = [
        ("matrix.toml", toml),
        ("matrix.json", json),
        ("standard input", stdin),
        ("layer/tiny.json", overlay),
    ];
    ways.map(|(name, mut command)| (name, Refusal::of(&mut command, directory.path())))
        .into()
}

fn assert_refused_by_every_way_in(fill: impl Fn(&Path), message: impl Fn(&str) -> String) {
    for (name, found) in every_way_in(fill) {
        let expected = Refusal {
            stdout: String::new(),
            stderr: message(name),
            code: "2\n".to_owned(),
        };
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn a_document_that_is_no_text_is_refused() {
    assert_refused_by_every_way_in(
        |path| fs::write(path, b"{\n  \"name\": \"caf\xe9\"\n}\n").unwrap(),
        |name| {
            format!(
                "error: {name}:2:15: byte 0xe9 is no UTF-8, which documents are written in\n  \
                 |   \"name\": \"caf\u{fffd}\"\n  |               ^\n  save it as UTF-8\n"
            )
        },
    );
}

#[test]
fn a_document_of_100_mb_is_refused() {
    assert_refused_by_every_way_in(
        |path| File::create(path).unwrap().set_len(100 << 20).unwrap(),
        |name| format!("error: {name} is larger than 16 MiB, which no document of this kind is\n"),
    );
}

#[test]
fn a_banner_of_100_mb_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("banner.txt");
    File::create(&path).unwrap().set_len(100 << 20).unwrap();
    let found = Refusal::of(
        cfgmatrix().args(["identify", "--banner"]).arg(path),
        directory.path(),
    );
    assert_eq!(found.code, "2\n", "{found:?}");
    assert!(
        found.stderr.contains("banner.txt is larger than 16 MiB"),
        "{found:?}"
    );
}

#[test]
fn nesting_without_end_is_refused() {
    let deep = "[".repeat(1 << 20);
    for text in [format!("{{\"rows\": {deep}"), format!("axes = {deep}")] {
        for (name, found) in every_way_in(|path| fs::write(path, &text).unwrap()) {
            assert_eq!(
                (found.code.as_str(), found.breach()),
                ("2\n", None),
                "{name}: {found:?}"
            );
        }
    }
}

#[test]
fn without_arguments_the_help_is_the_message() {
    let found = Refusal::of(&mut cfgmatrix(), &repository());
    assert_eq!((found.stdout.as_str(), found.code.as_str()), ("", "2\n"));
    for part in ["Usage: cfgmatrix", "expand", "Exit codes:"] {
        assert!(found.stderr.contains(part), "{part}: {}", found.stderr);
    }
}

#[test]
fn a_program_that_is_no_compiler_is_not_taken_for_one() {
    let program = assert_cmd::cargo::cargo_bin("cfgmatrix");
    let directory = program.parent().unwrap().to_owned();
    let found = Refusal::of(cfgmatrix().arg("identify").arg(program), &directory);
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        "error: cfgmatrix is no compiler that is known: no compiler family is known by this banner\n  \
         it says: cfgmatrix {version}\n"
    );
    assert_eq!((found.stderr, found.code.as_str()), (expected, "3\n"));
}

#[test]
fn a_closed_output_is_the_readers_choice() {
    for args in [
        &["expand"][..],
        &["expand", "--format", "json"],
        &["expand", "--format", "jsonl"],
        &["expand", "--format", "csv"],
        &["why", "mode=debug"],
        &["flags", "-c", "gcc"],
        &["flags", "-c", "gcc", "--format", "json"],
        &["flags", "--list"],
        &["emit", "--list"],
        &["emit", "bazel"],
        &["emit", "make", "--format", "json"],
        &["schema"],
        &["schema", "family"],
        &["completions", "bash"],
        &["--help"],
        &["--version"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        #[expect(
            clippy::disallowed_methods,
            reason = "a test starts the command itself, with a pipe that nobody reads"
        )]
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("cfgmatrix"));
        command.args(args).current_dir(repository().join("tests"));
        let child = command
            .stdin(Stdio::null())
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn();
        let output = child.unwrap().wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            (output.status.code(), stderr.as_ref()),
            (Some(0), ""),
            "{args:?}"
        );
    }
}

/// A family with something of everything that a document may have.
const FAMILY: &str = r#"{
"format_version": 1,
"id": "tiny",
"name": "Tiny compiler",
"aliases": ["tinycompiler", "small"],
"languages": ["c", "fortran"],
"drivers": {"c": "tiny", "fortran": "tinyfort"},
"targets": [{"os": "linux", "arch": "x86_64"}, {"os": "windows", "arch": "x86_64"}],
"newest": "3.1",
"last": {"fortran": "2.5"},
"base": {"family": "tcc", "versions": [{"versions": "..2", "base": "0.9.26"}, {"versions": "2..", "base": "0.9.27"}], "except": ["lto"]},
"identify": {
  "masks": ["tcc"],
  "macros": [{"languages": ["c"], "defined": ["__TINY__"], "version": [{"macro": "__TINY__", "fields": [[100, 0], [1, 100]]}], "source": "manual"}],
  "banners": [{"languages": ["c"], "pattern": "Tiny (?P<version>[0-9.]+)", "source": "manual"}],
  "targets": ["for (?P<target>\\S+)"]
},
"rows": [
  {"feature": "openmp", "languages": ["c"], "versions": "..2", "support": "unsupported", "reason": "it came with 2", "hint": "use 2", "source": "manual"},
  {"feature": "openmp", "languages": ["c"], "versions": "2..", "os": ["!windows"], "compile": ["-mp"], "link": ["-mp"], "source": "manual"},
  {"feature": "openmp", "languages": ["c"], "versions": "2..", "os": ["windows"], "with": ["mp"], "compile": ["/mp"], "libs": ["mp.lib"], "source": "manual"},
  {"feature": "openmp", "languages": ["c"], "versions": "2..", "os": ["windows"], "without": ["mp"], "support": "unknown", "reason": "nobody tried", "source": "manual"},
  {"feature": "rpath", "languages": ["c", "fortran"], "link": ["-R{dir}"], "source": "manual", "note": "as everywhere"}
]
}
"#;

/// One accident that befalls a document.
#[derive(Clone, Debug)]
enum Mutation {
    FlipBit(prop::sample::Index, u8),
    Truncate(prop::sample::Index),
    DuplicateLine(prop::sample::Index),
    /// A quoted text takes the place of another one.
    CopyText(prop::sample::Index, prop::sample::Index),
    /// A quoted text becomes one that is wrong in most places.
    ReplaceText(prop::sample::Index, &'static str),
}

const ODD_TEXTS: [&str; 12] = [
    "",
    " ",
    "..",
    "3..1",
    "4294967296",
    "!linux",
    "{dir}",
    "{",
    "é\u{301}",
    "(?P<version>",
    "gcc@",
    "march.zen4",
];

impl Mutation {
    fn apply(&self, document: &mut Vec<u8>) {
        let length = document.len();
        if length == 0 {
            return;
        }
        match self {
            Self::FlipBit(at, bit) => document[at.index(length)] ^= 1 << bit,
            Self::Truncate(at) => document.truncate(at.index(length)),
            Self::DuplicateLine(at) => {
                let lines: Vec<&[u8]> = document.split_inclusive(|&byte| byte == b'\n').collect();
                let at = at.index(lines.len());
                *document = [&lines[..=at], &lines[at..]].concat().concat();
            }
            Self::CopyText(from, to) => {
                let texts: Vec<&[u8]> = document.split(|&byte| byte == b'"').collect();
                let text = texts[from.index(texts.len())].to_vec();
                replace_text(document, to, &text);
            }
            Self::ReplaceText(at, text) => replace_text(document, at, text.as_bytes()),
        }
    }
}

/// Puts `new` where one of the quoted texts stands.
fn replace_text(document: &mut Vec<u8>, at: &prop::sample::Index, new: &[u8]) {
    let mut texts: Vec<&[u8]> = document.split(|&byte| byte == b'"').collect();
    let quoted = texts.len() / 2;
    if quoted > 0 {
        texts[2 * at.index(quoted) + 1] = new;
    }
    *document = texts.join(&b'"');
}

fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    let index = any::<prop::sample::Index>;
    let one = prop_oneof![
        (index(), 0u8..8).prop_map(|(at, bit)| Mutation::FlipBit(at, bit)),
        index().prop_map(Mutation::Truncate),
        index().prop_map(Mutation::DuplicateLine),
        (index(), index()).prop_map(|(from, to)| Mutation::CopyText(from, to)),
        (index(), prop::sample::select(&ODD_TEXTS[..]))
            .prop_map(|(at, text)| Mutation::ReplaceText(at, text)),
    ];
    prop::collection::vec(one, 1..4)
}

fn mutated(name: &str, text: &str, mutations: &[Mutation]) -> Result<Document, Error> {
    let mut bytes = text.as_bytes().to_vec();
    mutations
        .iter()
        .for_each(|mutation| mutation.apply(&mut bytes));
    Document::from_bytes(name, bytes)
}

/// The knowledge base with one document over a few of the shipped ones.
fn with_layer(document: Document) -> Result<KnowledgeBase, Error> {
    let shipped = ["features.json", "tcc.json", "blas/openblas.json"].map(|path| {
        let file = repository().join("toolchains").join(path);
        let bytes = fs::read(file).expect("the repository has the shipped documents");
        let document = Document::from_bytes(path, bytes).expect("they are small and UTF-8");
        (path.to_owned(), document)
    });
    let mut layer = Sources::default();
    layer.add("tiny.json", document);
    KnowledgeBase::new(shipped.into_iter().collect(), [layer])
}

/// Asks everything of a family that was accepted.
fn ask(known: &KnowledgeBase) -> Result<(), Error> {
    for id in known.family_ids() {
        let toolchain = known.toolchain(&id.parse()?, None, &[])?;
        for &language in &toolchain.family.languages {
            let wants = [
                Want::new("openmp"),
                Want::from("rpath=/lib"),
                Want::new("lto"),
            ];
            for answer in known.resolve(&toolchain, language, &wants)? {
                let _ = (answer.compile().count(), answer.explanation());
            }
        }
    }
    let _ = known.identify_banner("Tiny 2.0 for x86_64-linux-gnu")?;
    Ok(())
}

/// An error has something to say, and saying it does not fail.
fn assert_speaks(error: &Error) {
    assert!(!error.to_string().trim().is_empty(), "{error:?}");
    assert!(
        error.hint().is_none_or(|hint| !hint.trim().is_empty()),
        "{error:?}"
    );
    if let Some(place) = error.place() {
        assert!(place.line() > 0 && place.column() > 0, "{error:?}");
        let _ = place.excerpt();
    }
}

#[test]
fn the_family_of_the_mutations_is_right() {
    let known = with_layer(Document::embedded("tiny.json", FAMILY)).unwrap();
    ask(&known).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_mutated_family_is_refused_or_answers(mutations in mutations()) {
        let asked = mutated("tiny.json", FAMILY, &mutations)
            .and_then(with_layer)
            .and_then(|known| ask(&known));
        if let Err(error) = asked {
            assert_speaks(&error);
        }
    }

    #[test]
    fn a_mutated_matrix_is_refused_or_expands(mutations in mutations()) {
        static KNOWN: LazyLock<KnowledgeBase> = LazyLock::new(data::known);
        let text = include_str!("../../matrix/default.toml");
        let expanded = mutated("matrix.toml", text, &mutations)
            .and_then(Matrix::parse)
            .and_then(|matrix| {
                let space = Space::new(&matrix, &KNOWN, None, None)?;
                space.expand(&space.all(), &Plan::default()).map(|_| ())
            });
        if let Err(error) = expanded {
            assert_speaks(&error);
        }
    }
}
