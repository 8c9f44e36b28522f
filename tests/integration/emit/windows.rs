//! `env` for the shells of Windows: cmd under Wine, and PowerShell's rules.

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

use cfgmatrix::core::emit::{EmitOptions, Format, Shell, environment};

use super::{HARDER, TEXTS, emitted_with, program, with_environment, written};
use crate::support::have;

const WINE: &str = "/usr/lib/wine/wine64";

fn options(shell: Shell) -> EmitOptions {
    EmitOptions {
        shell,
        ..EmitOptions::default()
    }
}

/// The texts that cmd can say, as far as Wine's reads them: without a console it
/// has no code page.
fn texts() -> Vec<&'static str> {
    let texts = TEXTS.into_iter().chain(HARDER);
    texts
        .filter(|text| !text.is_empty() && text.is_ascii() && !text.contains(['\n', '\r']))
        .collect()
}

/// Runs a batch file; Wine's server keeps a pipe open, so that output goes to a file.
fn run_cmd(directory: &Path, batch: &str) -> Vec<u8> {
    let said = directory.join("said.txt");
    let status = program("timeout", directory)
        .args(["300", WINE, "cmd", "/d", "/c", batch])
        .env("WINEPREFIX", directory.join("prefix"))
        .env("WINEDEBUG", "-all")
        .env("WINEDLLOVERRIDES", "mscoree,mshtml=")
        .stdin(Stdio::null())
        .stdout(File::create(&said).unwrap())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{batch}: {status}");
    fs::read(said).unwrap()
}

#[test]
fn cmd_has_the_environment_afterwards() {
    if !have(Path::new(WINE).exists(), "wine64") {
        return;
    }
    let texts = texts();
    let expansion = with_environment(&texts);
    let files = emitted_with(Format::Env, &expansion, &options(Shell::Cmd));
    assert_eq!(files[0].path, "gcc.cmd");
    assert!(files[0].text.lines().all(|line| line.starts_with('@')));
    assert!(!files[0].text.replace("\r\n", "").contains('\n'));
    let directory = written(&files);
    let batch = "@call gcc.cmd\r\n@set\r\n";
    fs::write(directory.path().join("read.cmd"), batch).unwrap();
    let said = run_cmd(directory.path(), "read.cmd");
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.lines().collect();
    for (name, value) in environment(&expansion.variants[0]) {
        let line = format!("{name}={value}");
        assert!(lines.contains(&line.as_str()), "{line:?}: {said}");
    }
}

#[test]
fn cmd_reads_what_is_not_ascii_as_utf_8_and_gets_its_code_page_back() {
    let text = |texts: &[&str]| {
        let files = emitted_with(Format::Env, &with_environment(texts), &options(Shell::Cmd));
        files[0].text.clone()
    };
    assert!(!text(&["plain"]).contains("chcp"));
    let text = text(&["é"]);
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part}: {text}"));
    let order = [
        "in ('chcp') do @set \"CFGMATRIX_CODE_PAGE=%%p\"",
        "@chcp 65001",
        "@set \"V0=é\"",
        "@chcp %CFGMATRIX_CODE_PAGE%",
        "@set \"CFGMATRIX_CODE_PAGE=\"",
    ];
    assert!(order.map(at).is_sorted(), "{text}");
}

#[test]
fn cmd_stops_where_delayed_expansion_would_take_a_mark_away() {
    if !have(Path::new(WINE).exists(), "wine64") {
        return;
    }
    let files = emitted_with(
        Format::Env,
        &with_environment(&["x!y"]),
        &options(Shell::Cmd),
    );
    let directory = written(&files);
    let batch = "@setlocal EnableDelayedExpansion\r\n@call gcc.cmd\r\n@echo code %ERRORLEVEL%\r\n@set\r\n@exit /b 0\r\n";
    fs::write(directory.path().join("read.cmd"), batch).unwrap();
    let said = String::from_utf8_lossy(&run_cmd(directory.path(), "read.cmd")).into_owned();
    assert!(
        said.contains("this file needs delayed expansion off"),
        "{said}"
    );
    assert!(said.contains("code 1") && !said.contains("V0="), "{said}");
}

#[test]
fn powershell_gets_assignments_of_ascii() {
    let texts: Vec<&str> = TEXTS
        .into_iter()
        .chain(HARDER)
        .filter(|text| !text.is_empty())
        .collect();
    let expansion = with_environment(&texts);
    let files = emitted_with(Format::Env, &expansion, &options(Shell::Powershell));
    assert_eq!(files[0].path, "gcc.ps1");
    assert!(files[0].text.is_ascii());
    let line = |text: &str| {
        let at = texts.iter().position(|known| *known == text).unwrap();
        format!("$env:V{at} = ")
    };
    for (text, expression) in [
        ("it's", "'it''s'"),
        ("$HOME", "'$HOME'"),
        (
            "two\nlines\n",
            "'two' + [char]0x000A + 'lines' + [char]0x000A",
        ),
    ] {
        let expected = line(text) + expression + "\n";
        assert!(
            files[0].text.contains(&expected),
            "{expected}: {}",
            files[0].text
        );
    }
}

#[test]
fn what_the_shells_of_windows_cannot_say_is_refused() {
    for (shell, text, reason) in [
        (Shell::Cmd, "a\nb", "it has a line break"),
        (
            Shell::Cmd,
            "",
            "it is empty, which would remove the variable",
        ),
        (Shell::Cmd, "\u{1b}[0m", "it has a control character"),
        (
            Shell::Powershell,
            "",
            "it is empty, which would remove the variable",
        ),
    ] {
        let expansion = with_environment(&[text]);
        let refused = super::emit::emit(Format::Env, &expansion, &options(shell)).unwrap_err();
        let expected = format!("env cannot express variable `V0` of variant `gcc`: {reason}");
        assert_eq!(refused.to_string(), expected);
    }
}
