use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;

use super::html::SCRIPT_AND_POLICY;
use super::{
    Axis, Flag, Part, Report, ReportError, Run, RunStep, RunVariant, html, json, junit, markdown,
    table,
};
use crate::outcome::{Claim, Outcome, Status, StepName, StepOutcome, Verdict};

/// A run of so many variants over three axes, in which every text from outside
/// has `spice` in it; one in five fails, each in its own way.
fn run(variants: usize, spice: &str) -> (Run, Vec<Outcome>) {
    let sizes = [variants.div_ceil(4), 2, 2];
    let axes: Vec<Axis> = ["compiler", "blas", "mode"]
        .iter()
        .zip(sizes)
        .map(|(name, size)| Axis {
            name: format!("{name}{spice}"),
            values: (0..size)
                .map(|value| format!("{name}{value}{spice}"))
                .collect(),
        })
        .collect();
    let all: Vec<RunVariant> = (0..variants)
        .map(|number| RunVariant {
            name: format!("variant{number}{spice}"),
            id: format!("{number:064x}"),
            axes: [number / 4, number / 2 % 2, number % 2]
                .iter()
                .zip(&axes)
                .map(|(&value, axis)| (axis.name.clone(), axis.values[value].clone()))
                .collect(),
            attributes: vec![(format!("attribute{spice}"), format!("of{spice}"))],
            flags: vec![Flag {
                part: Part::Compile,
                tokens: vec![format!("-O2{spice}")],
                feature: format!("opt.2{spice}"),
                source: format!("manual{spice}"),
            }],
        })
        .collect();
    let outcomes = all.iter().enumerate().skip(1);
    let outcomes = outcomes.map(|(number, variant)| outcome(number, variant, spice));
    let run = Run {
        steps: vec![RunStep {
            name: StepName::Build,
            command: vec!["make".to_owned(), format!("x{spice}")],
        }],
        duplicates: vec![vec![all[0].name.clone(), format!("other{spice}")]],
        further: vec![all[0].name.clone(), format!("further{spice}")],
        with: Some(format!("cmake{spice}")),
        source: format!("/source{spice}"),
        sources: Some(format!("state{spice}")),
        install: Some(format!("/install{spice}")),
        variants: all.clone(),
        ..Run::new(&format!("name{spice}"), axes, 1_795_713_341)
    };
    let outcomes = outcomes.collect();
    (run, outcomes)
}

fn outcome(number: usize, variant: &RunVariant, spice: &str) -> Outcome {
    let status = match number % 20 {
        4 => Status::Failed,
        9 => Status::Refuted,
        14 => Status::TimedOut,
        19 => Status::Interrupted,
        _ => Status::Passed,
    };
    let step_status = if status == Status::Refuted {
        Status::Passed
    } else {
        status
    };
    let failed = step_status != Status::Passed;
    let step = |name, status, failed: bool| StepOutcome {
        name,
        command: vec!["make".to_owned(), format!("target{spice}")],
        status,
        exit_code: failed.then_some(2),
        signal: None,
        seconds: 1.0 + number as f64 / 100.0,
        attempts: 1,
        log: format!("logs/{number}/{}.log", name.as_str()),
        first_error: failed.then(|| format!("main.c:1: error{spice}")),
        peak_memory: Some(123 << 20),
        notes: vec![format!("note{spice}")],
    };
    Outcome {
        format_version: 1,
        variant: variant.name.clone(),
        id: variant.id.clone(),
        fingerprint: None,
        job: String::new(),
        axes: variant.axes.clone(),
        status,
        steps: vec![
            step(StepName::Build, Status::Passed, false),
            step(StepName::Test, step_status, failed),
        ],
        claims: vec![Claim {
            about: format!("compiler{spice}"),
            artifact: Some(format!("lib{spice}.so")),
            claimed: format!("gcc{spice}"),
            observed: Some(format!("clang{spice}")),
            verdict: if status == Status::Refuted {
                Verdict::Refuted
            } else {
                Verdict::Proved
            },
            evidence: format!("its .comment{spice}"),
        }],
        seconds: 2.0 + number as f64 / 50.0,
        environment: BTreeMap::from([
            ("CC".to_owned(), format!("gcc{spice}")),
            (format!("ID{spice}"), format!("{number}{spice}")),
        ]),
    }
}

fn report(variants: usize, spice: &str) -> Report {
    let (run, outcomes) = run(variants, spice);
    let earlier = (run.clone(), outcomes.clone());
    let report = Report::new(run, outcomes, Path::new("nowhere"));
    report.against(&earlier.0, &earlier.1)
}

/// The tags of markup with their attributes' names; nothing where a tag does
/// not end, or an attribute's value does not.
fn skeleton(markup: &str) -> Option<Vec<String>> {
    let mut tags = Vec::new();
    let mut rest = markup;
    while let Some(start) = rest.find('<') {
        let mut tag = String::new();
        let mut quoted = false;
        let mut end = None;
        for (at, c) in rest[start..].char_indices() {
            match c {
                '"' => quoted = !quoted,
                '>' if !quoted => {
                    end = Some(start + at + 1);
                    break;
                }
                c if !quoted => tag.push(c),
                _ => {}
            }
        }
        rest = &rest[end?..];
        tags.push(tag);
    }
    Some(tags)
}

/// Markup without what is no markup inside it.
fn without_script(page: &str) -> String {
    let (before, rest) = page.split_once("<script>").unwrap();
    // The page's own end is the first: nobody else's text is in between.
    let (_, after) = rest.split_once("</script>").unwrap();
    format!("{before}{after}")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn report_html_is_the_same_page_whatever_texts_are_in_it(
        spice in "(</script>|<!--|\\]\\]>|[<>&\"'`\\[\\]a-z\\x00-\\x1f\\x1b\u{202e}é ]){1,6}x"
    ) {
        let plain = without_script(&html(&report(20, "plain")));
        let spiced = without_script(&html(&report(20, &spice)));
        prop_assert_eq!(skeleton(&spiced), skeleton(&plain));
    }

    #[test]
    fn report_junit_is_the_same_document_whatever_texts_are_in_it(
        spice in "(</failure>|<!--|\\]\\]>|[<>&\"'`\\[\\]a-z\\x00-\\x1f\\x1b\u{202e}é ]){1,6}x"
    ) {
        let spiced = junit(&report(20, &spice));
        prop_assert_eq!(skeleton(&spiced), skeleton(&junit(&report(20, "plain"))));
        prop_assert!(!spiced.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')));
    }

    #[test]
    fn report_markdown_and_table_have_the_same_lines_whatever_texts_are_in_them(
        spice in "(\\| x|[<>&\"'`|*\\\\\\[\\]a-z\\x00-\\x1f\\x1b\u{202e}é ]){1,6}x"
    ) {
        let (plain, spiced) = (report(20, "plain"), report(20, &spice));
        prop_assert_eq!(markdown(&spiced).lines().count(), markdown(&plain).lines().count());
        let cells = |text: &str| -> Vec<usize> {
            let lines = text.lines().filter(|line| line.starts_with("| "));
            lines.map(|line| line.replace("\\\\", "").replace("\\|", "").matches('|').count()).collect()
        };
        prop_assert_eq!(cells(&markdown(&spiced)), cells(&markdown(&plain)));
        prop_assert_eq!(table(&spiced).lines().count(), table(&plain).lines().count());
        prop_assert!(!table(&spiced).contains('\x1b'));
    }
}

#[test]
fn report_html_loads_nothing_and_runs_one_script() {
    let page = html(&report(20, ""));
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains("default-src 'none'"));
    for absent in [
        "http:",
        "https:",
        "src=",
        "@import",
        "url(",
        "onclick",
        "javascript:",
    ] {
        assert!(!page.contains(absent), "{absent}");
    }
    let (script, policy) = SCRIPT_AND_POLICY;
    assert!(!script.contains("innerHTML") && !script.contains("</"));
    assert!(policy.contains("script-src 'sha256-"));
}

#[test]
fn report_totals_count_each_variant_once() {
    let report = report(100, "");
    let totals = report.totals();
    let ends = [
        totals.passed,
        totals.failed,
        totals.timed_out,
        totals.refuted,
        totals.interrupted,
        totals.missing,
    ];
    assert_eq!(ends, [79, 5, 5, 5, 5, 1]);
    assert_eq!(totals.variants, 100);
    // What was interrupted or has not run is no evidence.
    assert_eq!(report.blame.passed + report.blame.failed, 94);
    assert_eq!(report.blamed.len(), 94);
}

/// A run of four, of which the second and the third have no tests.
fn untested() -> Report {
    let (run, mut outcomes) = run(4, "");
    for outcome in &mut outcomes[..2] {
        outcome.steps[1].notes = vec![StepOutcome::NO_TESTS.to_owned()];
    }
    Report::new(run, outcomes, Path::new("nowhere"))
}

#[test]
fn report_tells_what_passed_without_tests_from_what_was_tested() {
    let report = untested();
    assert_eq!((report.totals().passed, report.totals().untested), (3, 2));
    let said = "3 passed (2 without tests)";
    assert!(table(&report).contains(said));
    assert!(markdown(&report).contains(said));
    assert!(markdown(&report).contains("- test, no tests: variant1, variant2\n"));
    let page = html(&report);
    assert!(page.contains("<b>3</b> passed (2 without tests)</span>"));
    assert_eq!(page.matches("class=\"variant untested\"").count(), 2);
    assert_eq!(page.matches("class=\"variant passed\"").count(), 1);
    assert_eq!(junit(&report).matches("\"cfgmatrix.untested\"").count(), 2);
    assert!(junit(&report).contains("no tests\nmost memory: 123 MiB"));
    let document: serde_json::Value = serde_json::from_str(&json(&report)).unwrap();
    let untested = |place: usize| document["variants"][place]["untested"].as_bool();
    let all: Vec<_> = (0..4).map(untested).collect();
    assert_eq!(all, [Some(false), Some(true), Some(true), Some(false)]);
}

#[test]
fn report_says_each_flag_once_though_several_languages_have_it() {
    let (mut run, outcomes) = run(4, "");
    for variant in &mut run.variants {
        let flag = variant.flags[0].clone();
        variant.flags.extend([flag.clone(), flag]);
    }
    let page = html(&Report::new(run, outcomes, Path::new("nowhere")));
    assert_eq!(page.matches("<code>-O2</code>").count(), 4);
}

#[test]
fn report_evidence_has_what_is_refuted_first() {
    let page = html(&report(20, ""));
    let (_, evidence) = page.split_once("id=\"evidence\"").unwrap();
    let (_, first) = evidence.split_once("<tbody>").unwrap();
    let (first, _) = first.split_once("</tr>").unwrap();
    assert!(first.contains("variant9<"), "{first}");
    assert!(
        first.contains("≠ compiler: asked for gcc, is clang"),
        "{first}"
    );
    assert!(page.contains("Of 19 claims: 1 refuted, 18 proved."));
}

#[test]
fn report_says_what_would_tell_more() {
    for said in [
        html(&report(20, "")),
        markdown(&report(20, "")),
        table(&report(20, "")),
    ] {
        assert!(said.contains("o tell what explains it, build "), "{said}");
        assert!(said.contains("further"), "{said}");
    }
}

#[test]
fn report_json_is_one_document_with_every_variant() {
    let document: serde_json::Value = serde_json::from_str(&json(&report(20, "\"\n"))).unwrap();
    assert_eq!(document["format_version"], 1);
    assert_eq!(document["variants"].as_array().unwrap().len(), 20);
    assert_eq!(document["variants"][0]["status"], "missing");
    assert_eq!(document["variants"][4]["outcome"]["status"], "failed");
}

#[test]
fn report_times_are_slower_only_beyond_the_noise() {
    let (run, then) = run(40, "");
    let mut now = then.clone();
    for (number, outcome) in now.iter_mut().enumerate() {
        // The whole machine is slower, by 30 to 34 percent.
        outcome.seconds *= 1.30 + (number % 5) as f64 / 100.0;
    }
    let passed = |outcome: &Outcome| outcome.status == Status::Passed;
    let places: Vec<usize> = (0..now.len())
        .filter(|&place| passed(&now[place]))
        .collect();
    let (slow, fast, fixed) = (places[3], places[8], 3);
    now[slow].seconds *= 1.5;
    now[fast].seconds *= 0.5;
    assert_eq!(now[fixed].status, Status::Failed);
    now[fixed].status = Status::Passed;
    now[places[5]].status = Status::Failed;
    let report = Report::new(run.clone(), now.clone(), Path::new("nowhere")).against(&run, &then);
    let comparison = report.comparison.as_ref().unwrap();
    let names = |changes: &[super::Changed]| -> Vec<String> {
        changes.iter().map(|one| one.variant.clone()).collect()
    };
    assert_eq!(names(&comparison.slower), [now[slow].variant.as_str()]);
    assert_eq!(names(&comparison.faster), [now[fast].variant.as_str()]);
    assert_eq!(comparison.newly_failed, [now[places[5]].variant.as_str()]);
    assert_eq!(comparison.fixed, [now[fixed].variant.as_str()]);
    assert!((comparison.median_ratio.unwrap() - 1.32).abs() < 0.011);
    assert!(comparison.noise.unwrap() > 1.04 && comparison.noise.unwrap() < 1.1);
}

#[test]
fn report_of_no_variant_and_of_no_outcome_is_one() {
    let (mut run, _) = run(4, "");
    let report = Report::new(run.clone(), Vec::new(), Path::new("nowhere"));
    assert_eq!(report.totals().missing, 4);
    assert!(html(&report).contains("did not run"));
    run.variants.clear();
    run.axes.clear();
    let report = Report::new(run, Vec::new(), Path::new("nowhere"));
    assert!(html(&report).contains("No axis has more than one value."));
    assert!(junit(&report).contains("tests=\"0\""));
}

#[test]
fn report_reads_what_a_run_wrote_and_passes_over_what_is_of_another() {
    let directory = tempfile::tempdir().unwrap();
    let (run, outcomes) = run(20, "/ü");
    let write =
        |name: &str, text: String| std::fs::write(directory.path().join(name), text).unwrap();
    std::fs::create_dir(directory.path().join(Run::OUTCOMES)).unwrap();
    write(Run::FILE, serde_json::to_string(&run).unwrap());
    for (number, outcome) in outcomes.iter().enumerate() {
        let mut outcome = outcome.clone();
        if number == 7 {
            outcome.id = "of another configuration".to_owned();
        }
        write(
            &format!("outcomes/{number}.json"),
            serde_json::to_string(&outcome).unwrap(),
        );
    }
    // Half of one, as a crash leaves it.
    write("outcomes/.tmp.json", "{".to_owned());
    let (read, found, missing) = Run::read(directory.path()).unwrap();
    assert_eq!(read, run);
    assert_eq!(
        missing,
        [run.variants[0].name.as_str(), run.variants[8].name.as_str()]
    );
    let expected: Vec<&Outcome> = outcomes
        .iter()
        .enumerate()
        .filter(|(n, _)| *n != 7)
        .map(|(_, o)| o)
        .collect();
    assert_eq!(found.iter().collect::<Vec<_>>(), expected);

    write(
        "outcomes/again.json",
        serde_json::to_string(&outcomes[0]).unwrap(),
    );
    let error = Run::read(directory.path()).unwrap_err();
    assert!(matches!(error, ReportError::OutcomeTwice { .. }), "{error}");
}

#[test]
fn report_page_grows_with_the_variants_alone() {
    let size = |variants| html(&report(variants, "")).len();
    let (hundred, thousand) = (size(100), size(1000));
    assert!(thousand < 10 * hundred, "{hundred} {thousand}");
    assert!(thousand < 4 << 20, "{thousand}");
}

#[test]
fn report_blame_takes_failures_for_the_same_that_differ_in_names_and_times_alone() {
    let (run, mut outcomes) = run(20, "");
    for outcome in &mut outcomes {
        let name = outcome.variant.clone();
        match outcome.status {
            Status::Failed => {
                outcome.steps[1].first_error = Some(format!("build/{name}/a.c:1: error"));
            }
            Status::Passed if name.ends_with('1') => {
                outcome.status = Status::Failed;
                outcome.steps[1].status = Status::Failed;
                outcome.steps[1].first_error = Some(format!("build/{name}/a.c:1: error"));
            }
            Status::Passed if name.ends_with('2') => {
                outcome.status = Status::TimedOut;
                outcome.steps[1].status = Status::TimedOut;
                outcome.steps[1].seconds = 60.0 + outcome.seconds;
            }
            Status::TimedOut => outcome.steps[1].first_error = None,
            _ => {}
        }
    }
    let report = Report::new(run, outcomes, Path::new("nowhere"));
    let signatures = report.blame.by_signature.iter();
    let signatures: Vec<_> = signatures
        .map(|one| one.signature.as_deref().unwrap())
        .collect();
    assert_eq!(
        signatures,
        [
            "build/VARIANT/a.c:1: error",
            "timed out in test",
            "compiler: asked for gcc, is clang"
        ]
    );
}

/// Compilers of two families, each with two modes; these of them have run.
fn compilers(ended: &[(&str, &str, Status)]) -> Report {
    let values = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect();
    let axes = vec![
        Axis {
            name: "compiler".to_owned(),
            values: values(&["gcc-11", "gcc-12", "clang-14", "clang-19"]),
        },
        Axis {
            name: "mode".to_owned(),
            values: values(&["debug", "release"]),
        },
    ];
    let mut run = Run::new("own", axes, 0);
    let mut outcomes = Vec::new();
    for &(compiler, mode, status) in ended {
        let variant = of_compiler(compiler, mode);
        let mut own = outcome(1, &variant, "");
        own.status = status;
        own.fingerprint = Some(format!("of {compiler}"));
        outcomes.push(own);
        run.variants.push(variant);
    }
    Report::new(run, outcomes, Path::new("nowhere"))
}

fn of_compiler(compiler: &str, mode: &str) -> RunVariant {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let family = compiler.split('-').next().unwrap();
    RunVariant {
        name: format!("{compiler}-{mode}"),
        id: "0".repeat(64),
        axes: vec![pair("compiler", compiler), pair("mode", mode)],
        attributes: vec![pair("compiler.family", family)],
        flags: Vec::new(),
    }
}

#[test]
fn a_family_of_compilers_explains_what_no_single_one_does() {
    use Status::{Failed, Passed};
    let report = compilers(&[
        ("gcc-11", "debug", Passed),
        ("gcc-12", "release", Passed),
        ("clang-14", "debug", Failed),
        ("clang-14", "release", Failed),
        ("clang-19", "debug", Failed),
        ("clang-19", "release", Failed),
    ]);
    assert_eq!(
        report.blame.summary,
        ["all 4 failures have compiler.family=clang; no passing variant has it"]
    );
    // A compiler and its family are no two things that go together.
    let of_one = compilers(&[
        ("gcc-11", "debug", Failed),
        ("gcc-12", "debug", Passed),
        ("clang-14", "debug", Passed),
        ("clang-14", "release", Passed),
    ]);
    let rivals = of_one.blame.cover.iter().flat_map(|one| &one.rivals);
    for rival in rivals {
        let names: Vec<&str> = rival.literals.iter().map(|one| one.axis.as_str()).collect();
        assert!(
            !(names.contains(&"compiler") && names.contains(&"compiler.family")),
            "{}",
            rival.sentence
        );
    }
    assert_eq!(
        report.find_duplicates(),
        [
            ["clang-14-debug", "clang-14-release"],
            ["clang-19-debug", "clang-19-release"]
        ]
    );
}

#[test]
fn a_family_that_explains_the_failures_is_laid_across_the_map() {
    use Status::{Failed, Passed};
    let report = compilers(&[
        ("gcc-11", "debug", Passed),
        ("gcc-12", "release", Passed),
        ("clang-14", "debug", Failed),
        ("clang-19", "release", Failed),
    ]);
    let page = html(&report);
    // The compiler itself would be the same over again.
    assert!(
        page.contains("<caption>mode × compiler.family</caption>"),
        "{page}"
    );
}

#[test]
fn what_is_proposed_tells_the_explanations_apart() {
    use Status::{Failed, Passed};
    let report = compilers(&[
        ("gcc-11", "debug", Passed),
        ("clang-14", "release", Failed),
        ("gcc-12", "debug", Passed),
        ("clang-19", "debug", Passed),
    ]);
    let candidates = [
        of_compiler("clang-19", "release"),
        of_compiler("gcc-11", "release"),
        of_compiler("clang-14", "debug"),
    ];
    let proposed = report.propose(&candidates);
    assert!(!proposed.is_empty());
    // Whatever each of them comes to, fewer explanations are left than before.
    let rivals = |report: &Report| {
        let cover = report.blame.cover.iter();
        cover.map(|one| 1 + one.rivals.len()).sum::<usize>()
    };
    for ending in [Passed, Failed] {
        let mut all = vec![
            ("gcc-11", "debug", Passed),
            ("clang-14", "release", Failed),
            ("gcc-12", "debug", Passed),
            ("clang-19", "debug", Passed),
        ];
        let chosen = &candidates[proposed[0]];
        all.push((&chosen.axes[0].1, &chosen.axes[1].1, ending));
        assert!(rivals(&compilers(&all)) < rivals(&report), "{ending:?}");
    }
}
