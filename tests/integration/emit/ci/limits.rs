//! What is over a limit is split into parts that have everything once, or refused.

use std::collections::HashSet;

use cfgmatrix::core::Error;
use cfgmatrix::core::emit::{self, EmitOptions, EmittedFile, Format, OverLimit};

use super::super::{emitted_with, one};
use super::{many, options};

/// The variants that files name at the beginning of a line, in order.
fn named(files: &[EmittedFile], before: &str, after: &str) -> Vec<String> {
    let lines = files.iter().flat_map(|file| file.text.lines());
    lines
        .filter_map(|line| line.strip_prefix(before)?.strip_suffix(after))
        .map(str::to_owned)
        .collect()
}

fn all(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("gcc-{number}")).collect()
}

fn refused(format: Format, count: usize, over_limit: OverLimit) -> (String, String) {
    let mut options = options();
    options.over_limit = over_limit;
    match emit::emit(format, &many(count), &options) {
        Err(error @ Error::OverLimit { .. }) => (error.to_string(), error.hint().unwrap()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn github_has_matrices_of_256() {
    let files = emitted_with(Format::Github, &many(256), &options());
    assert_eq!(files.len(), 1);
    assert!(files[0].text.contains("\n  variants:\n"));
    assert!(files[0].text.contains("max-parallel: 8\n"));

    let files = emitted_with(Format::Github, &many(600), &options());
    assert_eq!(files.len(), 1);
    let text = &files[0].text;
    let sizes: Vec<usize> = text
        .split("\n  variants-")
        .skip(1)
        .map(|job| job.matches("\n          - name: ").count())
        .collect();
    assert_eq!(sizes, [256, 256, 88]);
    // Together they stay within the 8.
    assert_eq!(text.matches("max-parallel: 2\n").count(), 3);
    assert_eq!(named(&files, "          - name: ", ""), all(600));
}

#[test]
fn github_has_workflows_of_500_kb() {
    let files = emitted_with(Format::Github, &many(3000), &options());
    assert!(files.len() > 1);
    for (at, file) in files.iter().enumerate() {
        assert_eq!(file.path, format!(".github/workflows/one-{}.yml", at + 1));
        assert!(file.text.len() <= 500_000, "{}", file.text.len());
    }
    assert_eq!(named(&files, "          - name: ", ""), all(3000));
}

#[test]
fn a_bare_matrix_is_an_output_of_a_megabyte() {
    let mut large = many(40);
    for variant in &mut large.variants {
        let value = "é".repeat(30_000);
        variant.configuration.env.insert("LARGE".to_owned(), value);
    }
    let files = emitted_with(Format::GithubJson, &large, &options());
    assert_eq!(files.len(), 3);
    let mut names = Vec::new();
    for (at, file) in files.iter().enumerate() {
        assert_eq!(file.path, format!("matrix-{}.json", at + 1));
        assert!(2 * file.text.encode_utf16().count() <= 1_000_000);
        let read: serde_json::Value = serde_json::from_str(&file.text).unwrap();
        let include = read["include"].as_array().unwrap().iter();
        names.extend(include.map(|entry| entry["name"].as_str().unwrap().to_owned()));
    }
    assert_eq!(names, all(40));
}

#[test]
fn one_variant_above_a_size_cannot_be_split() {
    let mut large = one();
    let value = "x".repeat(600_000);
    let env = &mut large.variants[0].configuration.env;
    env.insert("LARGE".to_owned(), value);
    for format in [Format::Github, Format::GithubJson] {
        let error = emit::emit(format, &large, &options()).unwrap_err();
        assert!(
            matches!(
                error,
                Error::OverLimit {
                    divisible: false,
                    ..
                }
            ),
            "{error}"
        );
        assert_eq!(error.hint(), None);
    }
}

#[test]
fn gitlab_and_buildkite_have_files_of_500_jobs() {
    let files = emitted_with(Format::Gitlab, &many(700), &options());
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["one-1.gitlab-ci.yml", "one-2.gitlab-ci.yml"]);
    let names = named(&files, "gcc-", ":");
    assert_eq!(names.len(), 700);
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), 700);

    let files = emitted_with(Format::Buildkite, &many(700), &options());
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(
        paths,
        [".buildkite/pipeline-1.yml", ".buildkite/pipeline-2.yml"]
    );
    assert_eq!(named(&files, "  - label: ", ""), all(700));

    let mut more = options();
    more.gitlab.max_jobs = Some(2000.try_into().unwrap());
    more.buildkite.max_jobs = Some(100.try_into().unwrap());
    assert_eq!(emitted_with(Format::Gitlab, &many(700), &more).len(), 1);
    assert_eq!(emitted_with(Format::Buildkite, &many(700), &more).len(), 7);
}

#[test]
fn services_without_such_limits_have_one_file() {
    for format in [Format::Azure, Format::Circleci] {
        let mut options = options();
        options.over_limit = OverLimit::Error;
        let files = emitted_with(format, &many(1000), &options);
        assert_eq!(files.len(), 1, "{format}");
        let variant = "CFGMATRIX_VARIANT: ";
        assert_eq!(files[0].text.matches(variant).count(), 1000, "{format}");
    }
}

#[test]
fn over_a_limit_is_refused_where_it_shall_be() {
    for over_limit in [OverLimit::Error, OverLimit::Cover] {
        let (message, hint) = refused(Format::Github, 257, over_limit);
        assert_eq!(
            message,
            "github takes at most 256 jobs of one matrix, and this has 257"
        );
        assert!(hint.contains("--strength 2"), "{hint}");
        let (message, _) = refused(Format::GithubJson, 300, over_limit);
        assert!(message.ends_with("and this has 300"), "{message}");
        let (message, _) = refused(Format::Gitlab, 501, over_limit);
        assert!(message.contains("500 jobs of one pipeline"), "{message}");
        let (message, _) = refused(Format::Buildkite, 501, over_limit);
        assert!(message.contains("500 steps of one upload"), "{message}");
    }
    let mut options = options();
    options.over_limit = OverLimit::Error;
    options.github.over_limit = Some(OverLimit::Shard);
    assert_eq!(emitted_with(Format::Github, &many(257), &options).len(), 1);
    assert_eq!(EmitOptions::default().over_limit, OverLimit::Shard);
}

#[test]
fn names_of_legs_and_jobs_are_each_one() {
    let mut same = many(4);
    let names = ["a-b", "A_b", "1.5", &"x".repeat(150)];
    for (variant, name) in same.variants.iter_mut().zip(names) {
        variant.name = name.to_owned();
    }
    let azure = &emitted_with(Format::Azure, &same, &options())[0].text;
    let legs: Vec<&str> = azure
        .lines()
        .filter_map(|line| line.strip_prefix("        ")?.strip_suffix(':'))
        .filter(|leg| !leg.starts_with(' '))
        .collect();
    assert_eq!(legs.len(), 4, "{azure}");
    let lower: HashSet<String> = legs.iter().map(|leg| leg.to_lowercase()).collect();
    assert_eq!(lower.len(), 4, "{legs:?}");
    for leg in &legs {
        assert!(leg.len() <= 100 && leg.starts_with(|c: char| c.is_ascii_alphabetic()));
        assert!(leg.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    }
    assert_eq!(legs[2], "v_1_5");

    for name in ["default", "image", ".hidden", "pages"] {
        same.variants.truncate(1);
        same.variants[0].name = name.to_owned();
        let gitlab = &emitted_with(Format::Gitlab, &same, &options())[0].text;
        assert!(
            gitlab.contains(&format!("\nvariant:{name}:\n"))
                || gitlab.contains(&format!("\n\"variant:{name}\":\n")),
            "{gitlab}"
        );
    }
}
