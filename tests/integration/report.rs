//! `report`: what is said of a run that is recorded.
//!
//! Each directory below `cases/report` is a case: a `run`, an `earlier` one to
//! compare it with where there is one, and what is said of it, by format.
//! `CFGMATRIX_BLESS=1` records anew. The page is recorded without its style and
//! script, which are the same for all.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use sha2::{Digest as _, Sha256};

use crate::support::{blessing, cfgmatrix, files_in, find_program, have, json, repository, stdout};

const FORMATS: [(&str, &str); 5] = [
    ("html", "report.html"),
    ("markdown", "report.md"),
    ("table", "report.txt"),
    ("junit", "report.xml"),
    ("json", "report.json"),
];

fn cases() -> Vec<PathBuf> {
    files_in(&repository().join("tests").join("cases").join("report"))
}

fn report(case: &Path) -> Command {
    let mut command = cfgmatrix();
    command.arg("report").arg(case.join("run"));
    if case.join("earlier").is_dir() {
        command.arg("--against").arg(case.join("earlier"));
    }
    command
}

/// Text without what is between two others, each time.
fn without(text: &str, start: &str, end: &str) -> String {
    let mut parts = text.split(start);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (_, after) = part.split_once(end).expect("what begins also ends");
        kept.push_str(start);
        kept.push_str(end);
        kept.push_str(after);
    }
    kept
}

#[test]
fn every_run_is_reported_as_recorded() {
    let mut wrong = Vec::new();
    for case in cases() {
        for (format, file) in FORMATS {
            let mut text = stdout(report(&case).args(["--format", format]));
            if format == "html" {
                text = without(&text, "<style>", "</style>");
                text = without(&text, "<script>", "</script>");
                text = without(&text, "'sha256-", "'");
            }
            let path = case.join(file);
            if blessing() {
                fs::write(path, text).unwrap();
            } else if fs::read_to_string(&path).unwrap_or_default() != text {
                wrong.push(format!("{}:\n{text}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_run_that_failed_is_reported_well() {
    let case = repository().join("tests/cases/report/sixteen");
    let document = json(report(&case).args(["--format", "json"]));
    let totals = &document["totals"];
    let ends = [
        "variants",
        "passed",
        "failed",
        "timed_out",
        "refuted",
        "interrupted",
        "missing",
    ];
    let counts = ends.map(|end| totals[end].as_u64().unwrap());
    assert_eq!(counts, [16, 9, 2, 1, 2, 1, 1]);
    let summary = document["blame"]["summary"].to_string();
    assert!(
        summary.contains("compiler=clang-19 & blas=threaded"),
        "{summary}"
    );
    assert!(
        summary.contains("compiler=gcc-11 & blas=sequential"),
        "{summary}"
    );
    let comparison = &document["comparison"];
    assert_eq!(comparison["newly_failed"][0], "gcc-11-sequential-debug");
    assert_eq!(comparison["fixed"][0], "gcc-12-sequential-debug");
    assert_eq!(
        comparison["slower"][0]["variant"],
        "gcc-12-sequential-release"
    );
    assert_eq!(comparison["slower"].as_array().unwrap().len(), 1);
}

#[test]
fn the_file_appears_whole_and_its_name_tells_the_format() {
    let directory = tempfile::tempdir().unwrap();
    let case = &cases()[0];
    for (format, file) in FORMATS {
        let path = directory.path().join("new").join(file);
        let written = report(case).arg("-o").arg(&path).assert().success();
        assert!(written.get_output().stdout.is_empty());
        let expected = stdout(report(case).args(["--format", format]));
        assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    }
    // Over a file that is there, and nothing else is left beside it.
    let path = directory.path().join("new").join("report.md");
    fs::write(&path, "old").unwrap();
    report(case).arg("-o").arg(&path).assert().success();
    assert!(fs::read_to_string(&path).unwrap().starts_with("## "));
    assert_eq!(files_in(&directory.path().join("new")).len(), FORMATS.len());
}

#[cfg(unix)]
#[test]
fn a_device_is_not_replaced_by_a_file() {
    let refused = report(&cases()[0])
        .args(["-o", "/dev/null"])
        .assert()
        .code(2);
    let stderr = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(stderr.contains("it is no file"), "{stderr}");
    assert!(!Path::new("/dev/null").is_file());
}

/// The page's policy lets its script run, and no other.
#[test]
fn the_page_names_the_digest_of_its_script() {
    let page = stdout(report(&cases()[0]).args(["--format", "html"]));
    let (_, rest) = page.split_once("<script>").unwrap();
    let (script, _) = rest.split_once("</script>").unwrap();
    let named = format!("script-src 'sha256-{}'", base64(&Sha256::digest(script)));
    assert!(page.contains(&named), "the policy should have {named}");
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |place: usize| u32::from(chunk.get(place).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    text
}

fn python(program: &str, input: &str) -> Option<String> {
    let python = find_program("python3");
    if !have(python.is_some(), "python3") {
        return None;
    }
    let mut script = tempfile::NamedTempFile::new().unwrap();
    script.write_all(program.as_bytes()).unwrap();
    let mut command = Command::new(python?);
    command
        .arg(script.path())
        .env("PYTHONUTF8", "1")
        .write_stdin(input);
    Some(stdout(&mut command))
}

#[test]
fn junit_is_xml_that_counts_right() {
    const PROGRAM: &str = r##"
import sys, xml.etree.ElementTree as tree
top = tree.fromstring(sys.stdin.buffer.read())
assert top.tag == "testsuites"
sums = dict(tests=0, failures=0, errors=0, skipped=0)
for suite in top:
    cases = suite.findall("testcase")
    counts = dict(tests=len(cases), **{name + end: sum(case.find(name) is not None for case in cases)
                  for name, end in (("failure", "s"), ("error", "s"), ("skipped", ""))})
    for name, count in counts.items():
        assert suite.get(name) == str(count), (suite.attrib, counts)
        sums[name] += count
assert all(top.get(name) == str(count) for name, count in sums.items()), sums
print(top.get("name"), len(top), *sums.values())
print(*(suite.get("name") for suite in top), sep="\n")
"##;
    for (name, expected) in [
        ("sixteen", "solve 16 89 5 1 6"),
        ("hostile", "<title>&\"' 4 8 3 0 0"),
    ] {
        let case = repository().join("tests/cases/report").join(name);
        let xml = stdout(report(&case).args(["--format", "junit"]));
        let Some(said) = python(PROGRAM, &xml) else {
            return;
        };
        assert_eq!(said.lines().next(), Some(expected));
        if name == "hostile" {
            assert!(
                said.contains("0 </script><script>alert(1)</script> a|b `c`"),
                "{said}"
            );
        }
    }
}

#[test]
fn the_page_is_html_whose_tags_close() {
    const PROGRAM: &str = r##"
import sys
from html.parser import HTMLParser
EMPTY = {"meta", "br", "input", "img", "link", "hr"}
class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.tags, self.texts, self.ids, self.links = [], {}, [], set(), set()
    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags[tag] = self.tags.get(tag, 0) + 1
        if "id" in attributes:
            assert attributes["id"] not in self.ids, attributes
            self.ids.add(attributes["id"])
        if "href" in attributes:
            assert attributes["href"].startswith("#"), attributes
            self.links.add(attributes["href"][1:])
        assert not any(name.startswith("on") or name == "src" for name in attributes), attributes
        if tag not in EMPTY:
            self.open.append(tag)
    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (self.open, tag, self.getpos())
        self.open.pop()
    def handle_data(self, text):
        self.texts.append(text)
page = Page()
page.feed(sys.stdin.buffer.read().decode())
page.close()
assert not page.open, page.open
assert page.links <= page.ids, page.links - page.ids
assert page.tags["script"] == 1 and "img" not in page.tags and "svg" not in page.tags
print("".join(page.texts))
"##;
    for case in cases() {
        let page = stdout(report(&case).args(["--format", "html"]));
        let Some(text) = python(PROGRAM, &page) else {
            return;
        };
        if case.ends_with("hostile") {
            assert!(text.contains("</script><script>alert(1)</script>"));
            assert!(text.contains("red link <script>alert(1)</script>\n100 %\n"));
            // The log outside of the run's directory is not shown.
            assert!(!text.contains("clang-19"));
        }
    }
}

/// The page as Chromium has it after its script ran; nothing where it is absent.
fn in_a_browser(case: &Path) -> Option<String> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let browser = names.iter().find_map(|name| find_program(name));
    if !have(browser.is_some(), "chromium") {
        return None;
    }
    let directory = tempfile::tempdir().unwrap();
    let page = directory.path().join("report.html");
    report(case).arg("-o").arg(&page).assert().success();
    let mut command = Command::new(browser?);
    command
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--dump-dom",
        ])
        .arg(format!(
            "--user-data-dir={}",
            directory.path().join("profile").display()
        ))
        .arg(format!("file://{}", page.display()))
        .timeout(std::time::Duration::from_secs(120));
    Some(stdout(&mut command))
}

#[cfg(unix)]
#[test]
fn the_script_of_the_page_runs_and_that_of_others_does_not() {
    for case in cases() {
        let Some(page) = in_a_browser(&case) else {
            return;
        };
        // What the script adds: two axes to choose, and how many variants are shown.
        let variants = page.matches("class=\"variant ").count();
        assert!(page.contains(&format!("<output>{variants} of {variants}</output>")));
        assert_eq!(
            page.matches("<select").count(),
            3,
            "down, across, and ended"
        );
        assert_eq!(page.matches("<script").count(), 1);
        assert_eq!(page.matches("<img").count(), 0);
    }
}
