//! `env`, read in by shells.

use std::collections::BTreeMap;

use cfgmatrix::core::emit::{EmitOptions, Format, Shell, environment};

use super::{
    HARDER, TEXTS, emitted_with, needed, output, program, variables, with_environment, written,
};

fn options(shell: Shell) -> EmitOptions {
    EmitOptions {
        shell,
        ..EmitOptions::default()
    }
}

/// The variables that a shell has after it read a file in.
fn read_in(
    shell: &std::path::Path,
    file: &str,
    arguments: &[&str],
    directory: &std::path::Path,
) -> BTreeMap<String, String> {
    let line = format!(". ./{file}; exec env -0");
    let said = output(
        program(shell, directory)
            .env("HOME", directory)
            .args(arguments)
            .args(["-c", &line]),
    );
    let text = String::from_utf8(said.stdout).unwrap();
    let entries = text.split_terminator('\0');
    entries
        .map(|entry| entry.split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn shells_have_the_environment_afterwards() {
    let texts: Vec<&str> = TEXTS.into_iter().chain(HARDER).collect();
    let expansion = with_environment(&texts);
    let expected = environment(&expansion.variants[0]);
    assert_eq!(expected.len(), texts.len() + 3, "{expected:?}");
    for (shell, file, programs) in [
        (
            Shell::Sh,
            "gcc.sh",
            &["sh", "dash", "bash", "zsh", "ksh"][..],
        ),
        (Shell::Fish, "gcc.fish", &["fish"]),
    ] {
        let files = emitted_with(Format::Env, &expansion, &options(shell));
        assert_eq!(files[0].path, file);
        let directory = written(&files);
        for name in programs {
            let Some(path) = needed(name) else { continue };
            let arguments: &[&str] = if *name == "fish" {
                &["--no-config"]
            } else {
                &[]
            };
            let read = read_in(&path, file, arguments, directory.path());
            for (variable, value) in &expected {
                assert_eq!(read.get(variable), Some(value), "{name}: {variable}");
            }
        }
    }
}

#[test]
fn what_runs_and_what_builds_is_there_and_the_last_word_is_the_configurations() {
    let mut expansion = with_environment(&[]);
    let configuration = &mut expansion.variants[0].configuration;
    configuration
        .tools
        .insert("cc".to_owned(), "/opt/my tools/gcc".to_owned());
    configuration
        .tools
        .insert("ar".to_owned(), "gcc-ar".to_owned());
    configuration.flags.cflags = vec!["-O2".to_owned(), "-DX=a b".to_owned()];
    configuration.flags.libs = vec!["-lm".to_owned()];
    configuration.env = variables(&["built"]);
    configuration
        .env
        .insert("LDLIBS".to_owned(), "-lmine".to_owned());
    configuration
        .run_env
        .insert("OMP_NUM_THREADS".to_owned(), "2".to_owned());
    let id = configuration.id.clone();
    let expected = [
        ("CC", "'/opt/my tools/gcc'"),
        ("CFLAGS", "-O2 '-DX=a b'"),
        ("LDLIBS", "-lmine"),
        ("LIBS", "-lm"),
        ("AR", "gcc-ar"),
        ("V0", "built"),
        ("OMP_NUM_THREADS", "2"),
        ("CFGMATRIX_VARIANT", "gcc"),
        ("CFGMATRIX_ID", &id),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(environment(&expansion.variants[0]), expected);
}

#[test]
fn a_variable_that_no_shell_has_is_refused() {
    for shell in [Shell::Sh, Shell::Fish, Shell::Powershell, Shell::Cmd] {
        let mut expansion = with_environment(&["x"]);
        let env = &mut expansion.variants[0].configuration.env;
        env.insert("not-a name".to_owned(), "x".to_owned());
        let refused = super::emit::emit(Format::Env, &expansion, &options(shell)).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "env cannot express variable `not-a name` of variant `gcc`: its name has more than letters, digits and underscores"
        );
    }
}

#[test]
fn no_format_takes_what_no_environment_holds() {
    for &format in Format::ALL {
        let mut expansion = with_environment(&["a\0b"]);
        let message = super::refusal(format, &expansion);
        let expected = format!(
            "{format} cannot express variable `V0` of variant `gcc`: it has the character NUL, which no environment and no command line holds"
        );
        assert_eq!(message, expected);
        expansion = with_environment(&[]);
        let env = &mut expansion.variants[0].configuration.env;
        env.insert("A=B".to_owned(), "x".to_owned());
        assert!(super::refusal(format, &expansion).contains("variable `A=B`"));
        expansion = with_environment(&[]);
        expansion.variants[0].name = "..".to_owned();
        let message = super::refusal(format, &expansion);
        assert!(
            message.ends_with("of variant `..`: no file can have it"),
            "{message}"
        );
    }
}
