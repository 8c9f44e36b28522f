//! `threads plan`: never more threads than cores, and programs that have the
//! threads that the plan says. `threads tune`: cells that have the threads that
//! they are said to have, and a recommendation that follows from the samples.

mod tune;

use serde_json::Value;

use crate::support::{cfgmatrix, json, repository, stdout};

fn plan(args: &[&str]) -> Value {
    json(
        cfgmatrix()
            .args(["threads", "plan", "--format", "json"])
            .args(args),
    )
}

fn number(value: &Value) -> u64 {
    value
        .as_u64()
        .unwrap_or_else(|| panic!("a number: {value}"))
}

fn case(name: &str) -> String {
    format!("cases/threads/{name}")
}

fn variants(plan: &Value) -> &Vec<Value> {
    plan["variants"].as_array().expect("variants are a list")
}

#[test]
fn the_default_matrix_never_has_more_threads_than_cores() {
    let cores = number(&plan(&[])["cores"]["usable"]);
    for prefer in ["application", "blas", "balanced"] {
        for jobs in ["1", "2", "3", "100"] {
            let ranks = cores.min(2).to_string();
            let plan = plan(&[
                "--smt", "--prefer", prefer, "--jobs", jobs, "--ranks", &ranks,
            ]);
            assert_eq!(variants(&plan).len(), 16);
            for variant in variants(&plan) {
                let threads = &variant["threads"];
                let [jobs, ranks, application, blas, alone, total] = [
                    "jobs",
                    "ranks",
                    "application",
                    "blas",
                    "blas_alone",
                    "total",
                ]
                .map(|name| number(&threads[name]));
                assert!(total >= 1 && total <= cores, "{variant}");
                assert_eq!(
                    total,
                    jobs * ranks * (application * blas).max(alone),
                    "{variant}"
                );
                assert_eq!(jobs, number(&plan["jobs"]), "{variant}");
                if variant["blas"]["threading"] == "sequential" {
                    assert_eq!((blas, alone), (1, 1), "{variant}");
                }
            }
        }
    }
}

#[test]
fn fewer_cores_are_no_more_than_asked_for() {
    let plan = plan(&["--cores", "1"]);
    assert_eq!(plan["format_version"], 1);
    assert_eq!(plan["name"], "hpc16");
    for variant in variants(&plan) {
        assert_eq!(variant["threads"]["total"], 1, "{variant}");
        assert_eq!(variant["env"]["OMP_NUM_THREADS"], "1", "{variant}");
        assert_eq!(variant["env"]["OMP_PROC_BIND"], Value::Null, "{variant}");
        assert_eq!(variant["held"], Value::Null, "it is told of the threads");
        assert_eq!(variant["threads"]["held"], true, "{variant}");
    }
}

#[test]
fn variables_are_those_of_the_library_that_a_variant_has() {
    let args = [
        "--cores",
        "1",
        "--select",
        "compiler=gcc|icc,blas=threaded,mode=debug",
    ];
    let plan = plan(&args);
    let [gcc, icc] = variants(&plan).as_slice() else {
        panic!("two variants: {plan}");
    };
    assert_eq!(gcc["blas"]["library"], "openblas");
    // Its OpenMP build does not read OPENBLAS_NUM_THREADS.
    assert_eq!(gcc["env"]["OPENBLAS_NUM_THREADS"], Value::Null);
    assert_eq!(icc["blas"]["library"], "mkl");
    assert_eq!(icc["env"]["MKL_NUM_THREADS"], "1");
    assert_eq!(gcc["application"], "openmp");
}

#[test]
fn what_the_matrix_sets_is_kept_and_said() {
    let mut command = cfgmatrix();
    command.args([
        "threads",
        "plan",
        "--cores",
        "1",
        "--format",
        "json",
        &case("run-env.toml"),
    ]);
    let output = command.output().unwrap();
    let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
    let [sequential, threaded] = variants(&plan).as_slice() else {
        panic!("two variants: {plan}");
    };
    assert_eq!(sequential["env"]["OMP_NUM_THREADS"], "1");
    assert_eq!(threaded["env"]["OMP_NUM_THREADS"], Value::Null);
    assert_eq!(threaded["threads"]["held"], false);
    assert_eq!(
        threaded["threads"]["warnings"][0],
        "the matrix sets OMP_NUM_THREADS=7, where the plan has 1: the matrix's is kept, and the plan is not"
    );
}

#[test]
fn ranks_are_for_the_variants_that_have_mpi() {
    let cores = number(&plan(&[])["cores"]["usable"]);
    let ranks = cores.min(2);
    let plan = plan(&["--smt", "--ranks", &ranks.to_string(), &case("mpi.toml")]);
    let [none, mpi] = variants(&plan).as_slice() else {
        panic!("two variants: {plan}");
    };
    assert_eq!(number(&none["threads"]["ranks"]), 1, "{none}");
    assert_eq!(number(&mpi["threads"]["ranks"]), ranks, "{mpi}");
}

#[test]
fn the_table_says_each_thing_once() {
    let said = stdout(cfgmatrix().args(["threads", "plan", "--cores", "1"]));
    assert!(
        said.starts_with("hpc16: 1 job at a time on 1 core\n"),
        "{said}"
    );
    assert_eq!(said.matches("OMP_NUM_THREADS=1").count(), 1, "{said}");
    let row = "  icc-threaded-release    openmp 1     mkl openmp 1           1        MKL_NUM_THREADS=1\n";
    assert!(said.contains(row), "{said}");
}

#[test]
fn without_a_command_the_help_is_the_message() {
    let output = cfgmatrix().arg("threads").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("Usage: cfgmatrix threads") && said.contains("  plan "),
        "{said}"
    );
}

#[test]
fn threads_that_cannot_be_set_are_a_warning() {
    let mut command = cfgmatrix();
    command.args([
        "threads",
        "plan",
        "--cores",
        "1",
        "--blas",
        "atlas=threaded",
    ]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("warning: atlas pthread: no variable is known that sets its threads"),
        "{said}"
    );
}

#[cfg(target_os = "linux")]
mod machine {
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use super::{number, plan, repository, variants};
    use crate::support::{find_program, have};

    /// The variables that decide about threads, whoever set them.
    const VARIABLES: [&str; 8] = [
        "OMP_NUM_THREADS",
        "OMP_MAX_ACTIVE_LEVELS",
        "OMP_PROC_BIND",
        "OMP_PLACES",
        "OMP_DYNAMIC",
        "OMP_THREAD_LIMIT",
        "OPENBLAS_NUM_THREADS",
        "BLIS_NUM_THREADS",
    ];

    fn run(command: &mut Command) -> String {
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// A program, linked with one build of a library of Debian's.
    #[expect(
        clippy::disallowed_methods,
        reason = "the test compiles as a user would"
    )]
    pub(super) fn build_source(
        source: &Path,
        program: &Path,
        place: &Path,
        library: &str,
    ) -> PathBuf {
        let mut command = Command::new("gcc");
        command
            .args(["-O2", "-fopenmp"])
            .arg(source)
            .arg("-o")
            .arg(program)
            .arg(format!("-L{}", place.display()))
            .arg(format!("-Wl,-rpath,{}", place.display()))
            .arg(format!("-l{library}"));
        run(&mut command);
        program.to_owned()
    }

    fn build(directory: &Path, build: &str, library: &str) -> PathBuf {
        let source = repository().join("tests/cases/threads/program.c");
        let place = Path::new(LIBRARIES).join(build);
        build_source(&source, &directory.join(build), &place, library)
    }

    /// What the program counts: threads after a call outside of a parallel
    /// region, threads of a region, threads after calls inside of it.
    #[expect(
        clippy::disallowed_methods,
        reason = "the program runs as the plan says"
    )]
    fn counts(program: &Path, env: &serde_json::Value) -> [u64; 3] {
        let mut command = Command::new(program);
        for name in VARIABLES {
            command.env_remove(name);
        }
        for (name, value) in env.as_object().into_iter().flatten() {
            command.env(name, value.as_str().unwrap());
        }
        let said = run(&mut command);
        ["alone", "region", "together"].map(|key| {
            let mut lines = said.lines();
            let count = lines.find_map(|line| line.strip_prefix(key));
            count.unwrap().trim().parse().unwrap()
        })
    }

    pub(super) const LIBRARIES: &str = "/usr/lib/x86_64-linux-gnu";

    pub(super) fn here(build: &str, library: &str) -> bool {
        let file = Path::new(LIBRARIES)
            .join(build)
            .join(format!("lib{library}.so"));
        have(find_program("gcc").is_some(), "gcc")
            && have(file.exists(), &file.display().to_string())
    }

    #[test]
    fn programs_have_the_threads_that_the_plan_says() {
        let directory = tempfile::tempdir().unwrap();
        for (build_name, library, asked) in [
            ("openblas-serial", "openblas", "openblas=sequential"),
            ("openblas-openmp", "openblas", "openblas=openmp"),
            ("openblas-pthread", "openblas", "openblas=pthread"),
            ("blis-openmp", "blis", "blis=openmp"),
        ] {
            if !here(build_name, library) {
                continue;
            }
            let program = build(directory.path(), build_name, library);
            for prefer in ["application", "blas", "balanced"] {
                let plan = plan(&[
                    "--application",
                    "openmp",
                    "--prefer",
                    prefer,
                    "--blas",
                    asked,
                ]);
                let variant = &variants(&plan)[0];
                let threads = &variant["threads"];
                let [alone, region, together] = counts(&program, &variant["env"]);
                let seen =
                    format!("{prefer} {build_name}: {alone}, {region}, {together}: {variant}");
                assert_eq!(alone, number(&threads["blas_alone"]), "{seen}");
                assert_eq!(region, number(&threads["application"]), "{seen}");
                // Below a region of one thread libgomp makes a team of its own, and
                // keeps the one of the first call, which has nothing to do.
                let idle = if region == 1 { alone - 1 } else { 0 };
                assert!(together <= number(&threads["total"]) + idle, "{seen}");
            }
        }
    }

    /// The plan is needed: without one there are more threads than cores.
    #[test]
    fn without_a_plan_two_pools_are_more_than_the_cores() {
        if !here("openblas-pthread", "openblas") {
            return;
        }
        let several = number(&plan(&[])["cores"]["usable"]) > 1;
        if !have(several, "two cores") {
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        let program = build(directory.path(), "openblas-pthread", "openblas");
        let cores = number(&plan(&["--smt"])["variants"][0]["threads"]["cores"]);
        let [_, _, together] = counts(&program, &serde_json::json!({}));
        assert!(together > cores, "{together} threads on {cores} cores");
    }

    /// The first CPU that this process may run on.
    fn first_cpu() -> String {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let list = status
            .lines()
            .find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
        let list = list.unwrap().trim();
        list.split([',', '-']).next().unwrap().to_owned()
    }

    #[test]
    fn a_process_with_one_cpu_sees_one() {
        if !have(find_program("taskset").is_some(), "taskset") {
            return;
        }
        #[expect(clippy::disallowed_methods, reason = "taskset starts the command")]
        let mut command = Command::new("taskset");
        command
            .args(["-c", &first_cpu()])
            .arg(assert_cmd::cargo::cargo_bin("cfgmatrix"))
            .args(["threads", "plan", "--format", "json"])
            .current_dir(repository().join("tests"));
        let plan: serde_json::Value = serde_json::from_str(&run(&mut command)).unwrap();
        assert_eq!(number(&plan["cores"]["allowed"]), 1, "{plan}");
        assert_eq!(number(&plan["cores"]["usable"]), 1, "{plan}");
        for variant in variants(&plan) {
            assert_eq!(number(&variant["threads"]["total"]), 1, "{variant}");
        }
    }
}
