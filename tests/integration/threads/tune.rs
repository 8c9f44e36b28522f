//! What `threads tune` says is what it measured. No time is expected of a machine
//! that others use too.

use std::collections::BTreeMap;

use serde_json::Value;

use super::number;
use crate::support::{cfgmatrix, host};

fn seconds(cell: &Value) -> BTreeMap<u64, f64> {
    let samples = cell["samples"].as_array().expect("samples are a list");
    let pairs = samples.iter().map(|sample| {
        (
            number(&sample["round"]),
            sample["seconds"].as_f64().unwrap(),
        )
    });
    pairs.collect()
}

fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = numbers.collect();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    (sorted[half] + sorted[(sorted.len() - 1) / 2]) / 2.0
}

/// How likely positive differences rank so high by chance, counted over all signs.
fn by_all_signs(differences: &[f64]) -> f64 {
    let count = differences.len();
    assert!(count < 20, "too many signs to go through");
    let ranks = differences.iter().map(|one| {
        let smaller = differences.iter().filter(|d| d.abs() < one.abs());
        smaller.count() as f64 + 1.0
    });
    let ranks: Vec<f64> = ranks.collect();
    let positive = |signs: u32| {
        let bits = (0..count).filter(move |bit| signs >> bit & 1 == 1);
        bits.map(|bit| ranks[bit]).sum::<f64>()
    };
    let seen = differences.iter().zip(&ranks);
    let seen: f64 = seen.filter(|(d, _)| **d > 0.0).map(|(_, rank)| rank).sum();
    let all = 1_u32 << count;
    let as_high = (0..all).filter(|&signs| positive(signs) >= seen).count();
    as_high as f64 / f64::from(all)
}

fn on_this_machine(command: &mut assert_cmd::Command) -> &mut assert_cmd::Command {
    command.arg("--host").arg(host())
}

/// Whether the document's statements follow from its samples.
fn check(document: &Value) {
    assert_eq!(document["format_version"], 1);
    let cells = document["cells"].as_array().unwrap();
    let recommendation = &document["recommendation"];
    let rounds = number(&document["rounds"]);
    for cell in cells {
        let times = seconds(cell);
        let found = median(times.values().copied());
        assert!(
            (cell["median"].as_f64().unwrap() - found).abs() < 1e-12,
            "{cell}"
        );
        let last = match cell["dropped"].as_object() {
            Some(dropped) => number(&dropped["round"]),
            None => rounds,
        };
        assert!((1..=last).all(|round| times.contains_key(&round)), "{cell}");
        if let Some(dropped) = cell["dropped"].as_object() {
            let by = seconds(&cells[number(&dropped["by"]) as usize]);
            let ratios = (1..=last).map(|round| (times[&round] / by[&round]).ln());
            let ratios: Vec<f64> = ratios.collect();
            assert!(median(ratios.iter().copied()) > 0.0, "{cell}");
            if dropped["reason"] == "slower" {
                let p = by_all_signs(&ratios);
                assert!(
                    (dropped["p"].as_f64().unwrap() - p).abs() < 1e-9,
                    "{p}: {cell}"
                );
                assert!(p <= dropped["level"].as_f64().unwrap(), "{cell}");
            } else {
                assert_eq!(dropped["reason"], "outclassed", "{cell}");
                let until = |times: &BTreeMap<u64, f64>| -> Vec<f64> {
                    (1..=last).map(|round| times[&round]).collect()
                };
                let fastest = until(&times).into_iter().fold(f64::INFINITY, f64::min);
                let slowest = until(&by).into_iter().fold(0.0, f64::max);
                assert!(fastest > 2.0 * slowest, "{cell}");
            }
        }
    }
    let left = || cells.iter().filter(|cell| cell["dropped"].is_null());
    let fastest = left().min_by(|a, b| {
        let median = |cell: &Value| cell["median"].as_f64().unwrap();
        median(a).total_cmp(&median(b))
    });
    assert_eq!(fastest.unwrap()["cell"], recommendation["fastest"]);
    let tied: Vec<&Value> = left().filter(|cell| cell["tied"] == true).collect();
    assert_eq!(recommendation["noise"], tied.len() > 1);
    if recommendation["proven"] == true {
        assert_eq!(tied.len(), left().count());
    }
    let threads = |cell: &Value| cell["threads"].as_u64().unwrap_or(u64::MAX);
    let taken = &cells[number(&recommendation["cell"]) as usize];
    assert_eq!(taken["tied"], true);
    assert!(
        tied.iter().all(|cell| threads(cell) >= threads(taken)),
        "{document}"
    );
    for variable in taken["variables"].as_array().unwrap() {
        let name = variable["name"].as_str().unwrap();
        assert_eq!(recommendation["env"][name], variable["value"]);
    }
}

#[cfg(unix)]
mod commands {
    use std::path::Path;
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    use super::{Value, cfgmatrix, check, number, on_this_machine, seconds};
    use crate::support::json;
    use crate::support::stdout;

    fn tune(options: &[&str], script: &str) -> assert_cmd::Command {
        let mut command = cfgmatrix();
        command
            .args(["threads", "tune", "--cores", "1"])
            .args(options);
        command.args(["--", "sh", "-c", script]);
        command
    }

    #[test]
    fn one_core_leaves_nothing_set_beside_one_thread() {
        let options = [
            "--format",
            "json",
            "--application",
            "1",
            "--rounds",
            "3",
            "--seed",
            "5",
        ];
        let document = json(&mut tune(&options, "test $OMP_NUM_THREADS = 1"));
        check(&document);
        let cells = document["cells"].as_array().unwrap();
        assert_eq!(cells.len(), 1, "{document}");
        assert_eq!(cells[0]["application"], 1);
        assert_eq!(document["ended"], "separated");
        assert_eq!(document["seed"], 5);
        assert_eq!(document["recommendation"]["answer"], "neither");
        assert_eq!(document["recommendation"]["env"]["OMP_NUM_THREADS"], "1");
    }

    /// The command's own time is what differs, and by more than any noise.
    #[test]
    fn a_program_that_is_slower_with_threads_gets_one() {
        let several = std::thread::available_parallelism().unwrap().get() > 1;
        if !crate::support::have(several, "two cores") {
            return;
        }
        let mut command = cfgmatrix();
        let script = "test \"$OMP_NUM_THREADS\" = 1 || sleep 0.5";
        command.args([
            "threads", "tune", "--cores", "2", "--blas", "1", "--format", "json",
        ]);
        command.args(["--rounds", "5", "--", "sh", "-c", script]);
        let document = json(&mut command);
        check(&document);
        let cells = document["cells"].as_array().unwrap();
        assert_eq!(cells.len(), 2, "{document}");
        for sample in cells[1]["samples"].as_array().unwrap() {
            assert!(sample["seconds"].as_f64().unwrap() >= 0.5, "{sample}");
        }
        assert_eq!(seconds(&cells[0]).len() as u64, number(&document["rounds"]));
    }

    #[test]
    fn the_map_says_what_to_set() {
        let said = stdout(&mut tune(&["--rounds", "2"], "true"));
        assert!(said.contains("application  BLAS 1"), "{said}");
        assert!(
            said.contains("OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1"),
            "{said}"
        );
        assert!(
            said.contains("which BLAS the command uses is not known"),
            "{said}"
        );
        assert!(
            !said.contains('\u{1b}'),
            "colours where nobody sees them: {said}"
        );
    }

    #[test]
    fn the_callers_own_variables_do_not_interfere_and_others_stay() {
        let script = "test \"$OMP_NUM_THREADS$GOTO_NUM_THREADS$KEPT\" = 1kept";
        let mut command = tune(&["--rounds", "1", "--application", "1"], script);
        command
            .env("OMP_NUM_THREADS", "7")
            .env("GOTO_NUM_THREADS", "7")
            .env("KEPT", "kept");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    #[test]
    fn a_command_that_fails_is_one_error() {
        let script = "echo working; echo 'error: no such matrix' >&2; exit 7";
        let output = tune(&[], script).output().unwrap();
        assert_eq!(output.status.code(), Some(5), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            said.contains("failed with exit code 7: error: no such matrix"),
            "{said}"
        );
        assert!(said.contains("it was started with "), "{said}");
        assert!(output.stdout.is_empty());
    }

    #[test]
    fn a_command_that_never_ends_in_time_is_an_error() {
        let output = tune(&["--timeout", "0.1"], "sleep 60").output().unwrap();
        assert_eq!(output.status.code(), Some(5), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("never ended within 0.1 s"), "{said}");
    }

    fn wait_for(file: &Path) {
        let began = Instant::now();
        while !file.exists() {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "{} does not come",
                file.display()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "the test interrupts as a user would"
    )]
    fn who_interrupts_it_leaves_nothing_running() {
        let directory = tempfile::tempdir().unwrap();
        let script = "touch begun; (sleep 3; touch late) & wait";
        let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("cfgmatrix"))
            .args(["threads", "tune", "--", "sh", "-c", script])
            .current_dir(directory.path())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_for(&directory.path().join("begun"));
        let mut kill = std::process::Command::new("kill");
        assert!(
            kill.args(["-INT", &child.id().to_string()])
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(child.wait().unwrap().code(), Some(130));
        std::thread::sleep(Duration::from_millis(3500));
        assert!(!directory.path().join("late").exists());
    }

    /// Variants that differ in more than BLAS would not say what made one faster.
    #[test]
    fn variants_that_differ_in_more_than_blas_are_refused() {
        let mut command = cfgmatrix();
        command.args(["threads", "tune", "cases/threads/tune-modes.toml"]);
        let output = on_this_machine(&mut command)
            .args(["--", "true"])
            .output()
            .unwrap();
        if output.status.code() == Some(3) {
            crate::support::have(false, "gcc and OpenBLAS");
            return;
        }
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            said.contains("which differ in mode and not in BLAS alone"),
            "{said}"
        );
        assert!(said.contains("--select mode=debug"), "{said}");
    }

    #[test]
    fn unknown_names_in_a_command_are_refused() {
        let mut command = cfgmatrix();
        command.args(["threads", "tune", "cases/threads/tune.toml", "--", "{nme}"]);
        let output = command.output().unwrap();
        if output.status.code() == Some(3) {
            crate::support::have(false, "gcc and OpenBLAS");
            return;
        }
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.contains("it has no `nme`; it has source, build, install, compiler, blas"),
            "{said}"
        );
    }

    #[test]
    fn documents_have_all_that_was_measured() {
        let options = ["--rounds", "2", "--format", "json", "--budget", "20"];
        let document: Value = json(&mut tune(&options, "true"));
        check(&document);
        assert_eq!(document["command"][0], "sh");
        assert_eq!(document["budget_seconds"], 20.0);
        assert_eq!(document["cores"]["usable"], 1);
        assert!(!document["notes"][0].as_str().unwrap().is_empty());
        let unset = &document["recommendation"]["unset"];
        assert!(
            unset
                .as_array()
                .unwrap()
                .iter()
                .any(|name| name == "GOTO_NUM_THREADS"),
            "{unset}"
        );
    }
}

#[cfg(target_os = "linux")]
mod programs {
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};

    use super::super::machine::{LIBRARIES, build_source, here};
    use super::{Value, cfgmatrix, check, number, on_this_machine};
    use crate::support::{json, repository};

    /// The program, linked with a build of OpenBLAS.
    fn build(directory: &Path, flavour: &str, name: &str) -> PathBuf {
        let place = Path::new(LIBRARIES).join(format!("openblas-{flavour}"));
        let source = repository().join("tests/cases/threads/work.c");
        build_source(&source, &directory.join(name), &place, "openblas")
    }

    /// How often the program ran with so many threads of its own and of BLAS, by
    /// what it wrote itself.
    fn runs(log: &Path) -> BTreeMap<(String, u64, u64), usize> {
        let mut runs = BTreeMap::new();
        for line in std::fs::read_to_string(log).unwrap().lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let count = |word: &str| word.parse().unwrap();
            let key = (words[0].to_owned(), count(words[1]), count(words[2]));
            *runs.entry(key).or_insert(0) += 1;
        }
        runs
    }

    /// Each run of each cell, as the document has them, had the threads of its cell.
    fn had_their_threads(document: &Value, log: &Path) {
        let mut seen = runs(log);
        let cells = document["cells"].as_array().unwrap();
        let counted = cells.iter().filter(|cell| !cell["application"].is_null());
        let mut missing = 0;
        for cell in counted {
            let variant = cell["variant"].as_str().unwrap_or("-").to_owned();
            let application = number(&cell["application"]);
            let blas = match cell["blas"].as_u64() {
                Some(blas) => blas,
                None => application,
            };
            let samples = cell["samples"].as_array().unwrap().len();
            let runs = seen
                .remove(&(variant.clone(), application, blas))
                .unwrap_or(0);
            // The first cell of a program is the one that is warmed up.
            assert!(runs == samples || runs == samples + 1, "{runs}: {cell}");
            missing += runs - samples;
        }
        let others: usize = seen.values().sum();
        let default = cells.iter().filter(|cell| cell["application"].is_null());
        let default: usize = default
            .map(|cell| cell["samples"].as_array().unwrap().len())
            .sum();
        assert!(others == default, "{seen:?} are of no cell: {document}");
        assert!(missing <= 2, "{missing} runs are in no sample: {document}");
    }

    fn tune(log: &Path, options: &[&str], program: &str) -> Value {
        let mut command = cfgmatrix();
        command.args(["threads", "tune", "--format", "json", "--rounds", "4"]);
        if options.contains(&"--pass") {
            on_this_machine(&mut command);
        }
        command
            .args(options)
            .args(["--", program, "small", "48", "60"])
            .env("WORK_LOG", log);
        let document = json(&mut command);
        check(&document);
        document
    }

    #[test]
    fn cells_have_the_threads_that_they_are_said_to_have() {
        let directory = tempfile::tempdir().unwrap();
        for (flavour, asked) in [
            ("pthread", "pthread"),
            ("openmp", "openmp"),
            ("serial", "sequential"),
        ] {
            if !here(&format!("openblas-{flavour}"), "openblas") {
                continue;
            }
            let program = build(directory.path(), flavour, flavour);
            let log = directory.path().join(format!("{flavour}.log"));
            let asked = format!("openblas={asked}");
            let document = tune(&log, &["--library", &asked], program.to_str().unwrap());
            let shared = document["cells"][0]["blas"] == "shared";
            assert_eq!(shared, flavour == "openmp", "{document}");
            assert_eq!(
                document["notes"].as_array().unwrap().len(),
                usize::from(shared)
            );
            // What a library does where nothing is set is another cell only where two variables count.
            had_their_threads(&document, &log);
        }
    }

    #[test]
    fn variants_of_a_matrix_are_measured_beside_each_other() {
        if !here("openblas-serial", "openblas") || !here("openblas-openmp", "openblas") {
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        build(directory.path(), "serial", "work-sequential");
        build(directory.path(), "openmp", "work-threaded");
        let log = directory.path().join("log");
        let program = format!("{}/work-{{blas}}", directory.path().display());
        let options = ["--pass", "WORK_LOG", "cases/threads/tune.toml"];
        let document = tune(&log, &options, &program);
        assert_eq!(document["name"], "tuned");
        let of = |threading: &str| {
            let cells = document["cells"].as_array().unwrap().iter();
            cells.filter(|cell| cell["threading"] == threading).count()
        };
        assert!(of("sequential") >= 1 && of("openmp") >= 1, "{document}");
        for cell in document["cells"].as_array().unwrap() {
            let name = cell["command"][0].as_str().unwrap();
            let blas = cell["variant"]
                .as_str()
                .unwrap()
                .rsplit('-')
                .next()
                .unwrap();
            assert!(name.ends_with(&format!("work-{blas}")), "{cell}");
        }
        had_their_threads(&document, &log);
    }
}
