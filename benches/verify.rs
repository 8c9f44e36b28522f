//! Proving of a variant's ten programs that they are what it says, beside asking
//! its BLAS (which is a process of its own), against the floor of reading the
//! files: all that is looked at must be read.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use cfgmatrix::core::{Document, Matrix, Plan, Space};
use cfgmatrix::probe::{BlasProof, Ranks};
use cfgmatrix_build::verify::{Ask, BlasQuestion, MpiQuestion, Recogniser, Scene, verify};

const ROUNDS: usize = 21;
const PROGRAMS: usize = 10;
/// The aim, in milliseconds a variant.
const AIM: f64 = 50.0;

const SOURCE: &str = "\
#include <assert.h>
double ddot_(const int *, const double *, const int *, const double *, const int *);
int main(int argc, char **argv) {
    double x[4] = {1, 2, 3, 4}, sum = 0;
    const int n = 4, one = 1;
    (void)argv;
    assert(argc > 0);
#pragma omp parallel for reduction(+ : sum)
    for (int i = 0; i < argc; i++)
        sum += ddot_(&n, x, &one, x, &one);
    return sum < 0;
}
";

const MATRIX: &str = "\
schema = 1
name = \"bench\"
languages = [\"c\"]
[axes]
compiler = [\"gcc\"]
blas = [\"sequential\"]
mode = [\"debug\"]
[require-features]
features = [\"openmp\"]
";

const OPENBLAS: &str = "/usr/lib/x86_64-linux-gnu/openblas-serial";

#[expect(clippy::disallowed_methods, reason = "a bench starts what it measures")]
fn gcc(directory: &Path, number: usize) -> bool {
    let program = format!("app{number}");
    let mut command = Command::new("gcc");
    command.current_dir(directory).stderr(Stdio::null()).args([
        "-g",
        "-O0",
        "-fopenmp",
        "app.c",
        "-o",
        &program,
        &format!("-L{OPENBLAS}"),
        &format!("-Wl,-rpath,{OPENBLAS}"),
        "-lopenblas",
    ]);
    command.status().is_ok_and(|status| status.success())
}

/// Whoever asks libraries is measured elsewhere.
struct Nobody;

impl Ask for Nobody {
    fn blas(&self, _: &BlasQuestion<'_>) -> Result<BlasProof, String> {
        Err("it is not asked".to_owned())
    }

    fn mpi(&self, _: &MpiQuestion<'_>) -> Result<Ranks, String> {
        Err("it is not asked".to_owned())
    }
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn main() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let build = directory.path();
    let mut source = SOURCE.to_owned();
    // So much debug information as a library of some size has.
    for number in 0..2000 {
        writeln!(
            source,
            "double f{number}(double x) {{ return x + {number}; }}"
        )
        .expect("it is a text");
    }
    std::fs::write(build.join("app.c"), source).expect("the directory is writable");
    if !(0..PROGRAMS).all(|number| gcc(build, number)) {
        println!("skipped: needs gcc and {OPENBLAS}");
        return;
    }
    let known = cfgmatrix::knowledge_base(&[]).expect("the embedded documents load");
    let matrix = Matrix::parse(Document::embedded("bench.toml", MATRIX)).expect("it is one");
    let space = Space::new(&matrix, &known, None, None).expect("it has a space");
    let selection = space.select(&[] as &[String]).expect("it selects all");
    let variants = space
        .variants(&selection, &Plan::default())
        .expect("it has variants");
    let variant = variants
        .last()
        .expect("there is one")
        .expect("it is resolved");
    let scene = Scene::of_build(build, &[], Default::default());
    let recogniser = Recogniser::new();
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let seen = verify(&variant, &known, &recogniser, &scene, &Nobody).expect("it is read");
        ours.push(start.elapsed().as_secs_f64());
        assert_eq!(seen.artifacts.len(), PROGRAMS);
        assert_eq!(seen.refuted().count(), 0, "{:?}", seen.claims);
        let start = Instant::now();
        let read = (0..PROGRAMS).map(|number| std::fs::read(build.join(format!("app{number}"))));
        let bytes: usize = read.map(|file| file.expect("it is there").len()).sum();
        floor.push(start.elapsed().as_secs_f64());
        assert!(bytes > 0);
    }
    let (ours, floor) = (median(ours) * 1e3, median(floor) * 1e3);
    println!(
        "{PROGRAMS} programs of a variant proved in {ours:.1} ms (aim {AIM} ms); reading them {floor:.1} ms, ratio {:.0}",
        ours / floor
    );
}
