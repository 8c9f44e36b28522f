//! A real project: sixteen variants of SCS's C library are configured, built, tested
//! and proved, against a script of `xargs -P2` that does the same without the proof,
//! and against the obvious loop over the variants, one after the other.
//!
//! `cargo bench --bench scs [-- ROUNDS [SELECTION]]`; it needs the sdist:
//! `pip download --no-binary scs --no-deps --dest target/scs scs==3.3.1`

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const ROUNDS: usize = 3;

/// What is promised: ours over the script, and the loop over ours.
const OVERHEAD: f64 = 1.03;
const GAIN: f64 = 1.8;

/// What a variant's directory is given, in the order of the matrix's own steps.
const STEPS: &str = "cmake -S \"$SOURCE\" -B . -DCMAKE_BUILD_TYPE=None -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DBUILD_TESTING=ON -DUSE_OPENMP=ON \"-DBLAS_LIBRARIES=$LIBS\" \"-DLAPACK_LIBRARIES=$LIBS\" && cmake --build . --target run_tests_direct && ctest --output-on-failure --tests-regex run_tests_direct";

#[expect(clippy::disallowed_methods, reason = "a bench starts what it measures")]
fn command(program: &str) -> Command {
    Command::new(program)
}

/// Seconds that a command takes; it must end well.
fn time(command: &mut Command) -> f64 {
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.expect("it starts").success(), "{command:?}");
    start.elapsed().as_secs_f64()
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

struct Bench {
    directory: tempfile::TempDir,
    source: PathBuf,
    host: PathBuf,
    spec: PathBuf,
    select: Vec<String>,
}

impl Bench {
    fn cfgmatrix(&self, subcommand: &[&str]) -> Command {
        let mut command = command(env!("CARGO_BIN_EXE_cfgmatrix"));
        command.args(subcommand).arg(&self.spec);
        command.arg("--host").arg(&self.host).args(&self.select);
        command.current_dir(&self.source);
        command
    }

    fn ours(&self, round: usize) -> f64 {
        let place = self.directory.path().join(format!("ours-{round}"));
        time(
            self.cfgmatrix(&["run"])
                .args(["-j2", "--directory"])
                .arg(place),
        )
    }

    /// A script in a place of its own, which finds the variants' environments in `env`.
    fn script(&self, name: &str, script: &str) -> f64 {
        let place = self.directory.path().join(name);
        std::fs::create_dir(&place).expect("the directory is writable");
        time(
            command("sh")
                .args(["-c", script])
                .current_dir(place)
                .env("SOURCE", &self.source)
                .env("STEPS", STEPS),
        )
    }
}

/// As many threads as ours gives two variants at a time on two cores.
const XARGS: &str = "export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1; ls ../env/*.sh | xargs -P2 -I{} sh -c 'd=$(basename {} .sh); . ../env/$d.sh; mkdir $d && cd $d && eval \"$STEPS\" > log 2>&1'";

const LOOP: &str = "set -e; for f in ../env/*.sh; do d=$(basename $f .sh); (. $f; mkdir $d && cd $d && eval \"$STEPS\" > log 2>&1); done";

fn main() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sdist = top.join("target/scs/scs-3.3.1.tar.gz");
    if !sdist.exists() {
        println!("skipped: needs the sdist of SCS 3.3.1 in target/scs");
        return;
    }
    // Cargo says `--bench` itself.
    let mut arguments = std::env::args().skip(1).filter(|word| word != "--bench");
    let rounds = arguments.next().map_or(ROUNDS, |word| {
        word.parse().expect("a number of rounds is expected")
    });
    let select = arguments.next();
    let directory = tempfile::tempdir().expect("a temporary directory");
    time(
        command("tar")
            .arg("-xzf")
            .arg(&sdist)
            .current_dir(directory.path()),
    );
    let host = directory.path().join("host.json");
    let report = command(env!("CARGO_BIN_EXE_cfgmatrix"))
        .args(["probe", "--format", "json"])
        .output()
        .expect("it starts");
    std::fs::write(&host, report.stdout).expect("the directory is writable");
    let bench = Bench {
        source: directory.path().join("scs-3.3.1/scs_source"),
        host,
        spec: top.join("tests/cases/scs/cfgmatrix.toml"),
        select: select.map_or_else(Vec::new, |select| vec!["--select".to_owned(), select]),
        directory,
    };
    let environments = bench.directory.path().join("env");
    time(
        bench
            .cfgmatrix(&["emit", "env"])
            .arg("-o")
            .arg(&environments),
    );
    let count = std::fs::read_dir(&environments)
        .expect("it was written")
        .count();
    let (mut ours, mut xargs, mut sequential) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        ours.push(bench.ours(round));
        xargs.push(bench.script(&format!("xargs-{round}"), XARGS));
        sequential.push(bench.script(&format!("loop-{round}"), LOOP));
    }
    let (ours, xargs, sequential) = (median(ours), median(xargs), median(sequential));
    println!(
        "{count} variants of SCS, {rounds} rounds: {ours:.1} s, xargs -P2 {xargs:.1} s, loop {sequential:.1} s"
    );
    println!(
        "  over xargs {:.3} (at most {OVERHEAD}), loop over ours {:.2} (at least {GAIN})",
        ours / xargs,
        sequential / ours
    );
}
