//! `bazel`, read by Bazel's documented rules for rc files: options of a command
//! and a configuration, a line at a time, in words with quotes and backslashes.

use cfgmatrix::core::emit::Format;

use super::{HARDER, TEXTS, emitted, expansion, refusal, with_environment};

/// The options of a configuration, in order.
fn options(text: &str, configuration: &str) -> Vec<String> {
    // A backslash at the end of a line continues it, whatever is before it.
    let text = text.replace("\\\n", "");
    let lines = text.lines().map(words).filter(|words| !words.is_empty());
    let mut options = Vec::new();
    for line in lines {
        let (command, more) = line.split_first().unwrap();
        let of = command
            .strip_prefix("build:")
            .expect("each line is of a configuration");
        assert!(
            more.iter()
                .all(|option| option.starts_with("--") && option.contains('=')),
            "{more:?}"
        );
        if of == configuration {
            options.extend_from_slice(more);
        }
    }
    options
}

fn words(line: &str) -> Vec<String> {
    // What stands in the environment takes the place of `${NAME}` first.
    assert!(!line.contains("${"), "{line}");
    let (mut words, mut word, mut begun, mut quote) = (Vec::new(), String::new(), false, None);
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => {
                word.extend(rest.next());
                begun = true;
            }
            _ if quote == Some(c) => quote = None,
            _ if quote.is_some() => word.push(c),
            '#' => break,
            '\'' | '"' => (quote, begun) = (Some(c), true),
            ' ' | '\t' | '\r' => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            _ => {
                word.push(c);
                begun = true;
            }
        }
    }
    assert_eq!(quote, None, "{line}: a quote without end");
    if begun {
        words.push(word);
    }
    words
}

#[test]
fn each_flag_is_an_option_of_its_language() {
    let expansion = expansion(
        "schema = 1\nname = \"two\"\nlanguages = [\"c\", \"cxx\"]\n[axes]\ncompiler = [\"gcc@12\"]\nblas = [\"threaded\"]\nmode = [\"debug\", \"release\"]\n\
         [require-features]\nfeatures = [\"openmp\", \"std.c17\"]\n",
    );
    let files = emitted(Format::Bazel, &expansion);
    assert_eq!(files[0].path, "cfgmatrix.bazelrc");
    let id = &expansion.variants[0].configuration.id;
    let debug = options(&files[0].text, "gcc@12-threaded-debug");
    let expected = [
        "--repo_env=CC=gcc",
        "--conlyopt=-fopenmp",
        "--conlyopt=-std=c17",
        "--conlyopt=-g",
        "--conlyopt=-O0",
        "--cxxopt=-fopenmp",
        "--cxxopt=-g",
        "--cxxopt=-O0",
        "--linkopt=-fopenmp",
        "--linkopt=-lopenblas",
        "--strip=never",
        "--test_env=CFGMATRIX_VARIANT=gcc@12-threaded-debug",
        &format!("--test_env=CFGMATRIX_ID={id}"),
    ];
    let sorted = |mut words: Vec<String>| {
        words.sort();
        words
    };
    assert_eq!(sorted(debug), sorted(expected.map(str::to_owned).to_vec()));
    let release = options(&files[0].text, "gcc@12-threaded-release");
    assert!(
        release.contains(&"--copt=-DNDEBUG".to_owned()),
        "{release:?}"
    );
    assert!(
        !release.contains(&"--strip=never".to_owned()),
        "{release:?}"
    );
}

#[test]
fn hostile_values_stay_what_they_are() {
    let texts: Vec<&str> = TEXTS
        .into_iter()
        .chain(HARDER)
        .filter(|text| !text.contains(['\n', '\r']))
        .collect();
    let mut expansion = with_environment(&texts);
    let configuration = &mut expansion.variants[0].configuration;
    configuration.flags.cflags = texts.iter().map(|text| format!("-DX={text}")).collect();
    configuration.run_env = configuration.env.clone();
    let options = options(&emitted(Format::Bazel, &expansion)[0].text, "gcc");
    for (at, text) in texts.iter().enumerate() {
        for option in [
            format!("--conlyopt=-DX={text}"),
            format!("--action_env=V{at}={text}"),
            format!("--repo_env=V{at}={text}"),
            format!("--test_env=V{at}={text}"),
        ] {
            assert!(options.contains(&option), "{option}: {options:?}");
        }
    }
}

#[test]
fn what_an_rc_file_cannot_say_is_refused() {
    assert_eq!(
        refusal(Format::Bazel, &with_environment(&["a\nb"])),
        "bazel cannot express option `--action_env=` of variant `gcc`: it has a line break"
    );
    let mut expansion = with_environment(&[]);
    let tools = &mut expansion.variants[0].configuration.tools;
    tools.insert("cc".to_owned(), "ccache gcc".to_owned());
    assert_eq!(
        refusal(Format::Bazel, &expansion),
        "bazel cannot express the compiler `ccache gcc` of variant `gcc`: Bazel takes an executable without arguments"
    );
}
