//! Honest builds and planted lies, made by real compilers with the libraries
//! of Debian.

// What is compared is what this system's loader picks.
#[cfg(target_os = "linux")]
mod lies;
#[cfg(target_os = "linux")]
mod mpi;
#[cfg(target_os = "linux")]
mod sameness;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cfgmatrix_core::{Document, KnowledgeBase, Matrix, Plan, Sources, Space, Variant};
use cfgmatrix_probe::{BlasProof, CompilerCommand, Ranks};

use super::{
    Ask, BlasHelper, BlasQuestion, Environment, MpiHelper, MpiQuestion, Recogniser, Scene,
    Verification, sentence, verify,
};
use crate::artifact::tests::{Workshop, have, have_programs};
use crate::outcome::{Claim, Verdict};

const LIBRARIES: &str = "/usr/lib/x86_64-linux-gnu";

/// A program with OpenMP, BLAS and an assertion.
const SOURCE: &str = "\
#include <assert.h>
#include <stdio.h>
void dgemm_(const char *, const char *, const int *, const int *, const int *, const double *, const double *, const int *, const double *, const int *, const double *, double *, const int *);
double product(int n, const double *a) {
    double c[16] = {0}, one = 1;
    assert(n <= 4);
    dgemm_(\"N\", \"N\", &n, &n, &n, &one, a, &n, a, &n, &one, c, &n);
    return c[0];
}
int main(int argc, char **argv) {
    double a[16] = {1}, sum = 0;
    (void)argv;
#pragma omp parallel for reduction(+ : sum)
    for (int i = 0; i < argc; i++)
        sum += product(1, a);
    printf(\"%g\\n\", sum);
    return 0;
}
";

/// The knowledge base that ships, once for all tests.
fn known() -> &'static KnowledgeBase {
    static KNOWN: std::sync::OnceLock<KnowledgeBase> = std::sync::OnceLock::new();
    KNOWN.get_or_init(|| {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../toolchains");
        let mut sources = Sources::default();
        for directory in ["", "blas/", "mpi/"] {
            for entry in std::fs::read_dir(top.join(directory)).unwrap() {
                let entry = entry.unwrap();
                let name = format!("{directory}{}", entry.file_name().to_string_lossy());
                if name.ends_with(".json") {
                    let document =
                        Document::from_bytes(&*name, std::fs::read(entry.path()).unwrap());
                    sources.add(&name, document.unwrap());
                }
            }
        }
        KnowledgeBase::new(sources, []).unwrap_or_else(|error| panic!("{error}"))
    })
}

/// The variants of a matrix of compilers, sequential and pthread BLAS, debug and release.
fn variant(name: &str) -> Variant<'static> {
    static MATRIX: std::sync::OnceLock<Matrix> = std::sync::OnceLock::new();
    let matrix = MATRIX.get_or_init(|| {
        let text = "\
schema = 1
name = \"proved\"
[axes]
compiler = [{ id = \"gcc\", family = \"gcc\", version = \"12\" }, { id = \"clang\", family = \"clang\", version = \"14\" }]
blas = [\"sequential\", \"pthread\", \"openmp\"]
mode = [\"debug\", \"release\"]
[require-features]
features = [\"openmp\"]
";
        Matrix::parse(Document::embedded("proved.toml", text)).unwrap_or_else(|e| panic!("{e}"))
    });
    let space = Space::new(matrix, known(), None, None).unwrap_or_else(|error| panic!("{error}"));
    let selection = space.select::<&str>(&[]).unwrap();
    let expansion = space.expand(&selection, &Plan::default()).unwrap();
    let names: Vec<_> = expansion.variants.iter().map(|v| v.name.clone()).collect();
    expansion
        .variants
        .into_iter()
        .find(|variant| variant.name == name)
        .unwrap_or_else(|| panic!("{name} is one of {names:?}"))
}

/// A place with the source, if this system has what is needed.
fn shop(programs: &[&str]) -> Option<Workshop> {
    let flavours = ["serial", "pthread", "openmp"].map(|f| format!("{LIBRARIES}/openblas-{f}"));
    let all = flavours.iter().all(|directory| {
        have(
            Path::new(directory).join("libopenblas.so").exists(),
            directory,
        )
    });
    if !all || !have_programs(programs) {
        return None;
    }
    let shop = Workshop::new();
    shop.write("src/a.c", SOURCE);
    std::fs::create_dir_all(shop.path().join("build")).unwrap();
    Some(shop)
}

fn openblas(flavour: &str) -> String {
    let directory = format!("{LIBRARIES}/openblas-{flavour}");
    format!("-L{directory} -Wl,-rpath,{directory} -lopenblas")
}

fn environment(pairs: &[(&str, &str)]) -> Environment {
    pairs
        .iter()
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect::<BTreeMap<_, _>>()
}

fn scene(shop: &Workshop, run_env: Environment) -> Scene {
    let sources: [PathBuf; 1] = [shop.path().join("src")];
    Scene::of_build(&shop.path().join("build"), &sources, run_env)
}

/// What asks libraries: a compiler of this system for a BLAS, or nothing.
struct Asking<'a>(Option<&'a BlasHelper>, Option<&'a MpiHelper>);

/// Asks nothing.
const SILENT: Asking<'static> = Asking(None, None);

impl Ask for Asking<'_> {
    fn blas(&self, question: &BlasQuestion<'_>) -> Result<BlasProof, String> {
        match self.0 {
            Some(helper) => helper.ask(question),
            None => Err("it is not asked".to_owned()),
        }
    }

    fn mpi(&self, question: &MpiQuestion<'_>) -> Result<Ranks, String> {
        match self.1 {
            Some(helper) => helper.ask(question),
            None => Err("it is not asked".to_owned()),
        }
    }
}

/// The proof of a variant with all that is in `build`.
fn proof_in(shop: &Workshop, name: &str, run_env: &[(&str, &str)]) -> Verification {
    static HELPER: std::sync::OnceLock<BlasHelper> = std::sync::OnceLock::new();
    let compiler = || BlasHelper::new(CompilerCommand::new(Path::new("/usr/bin/gcc-12")));
    let helper = HELPER.get_or_init(compiler);
    verify(
        &variant(name),
        known(),
        &Recogniser::new(),
        &scene(shop, environment(run_env)),
        &Asking(Some(helper), None),
    )
    .unwrap_or_else(|error| panic!("{error}"))
}

fn proof(shop: &Workshop, name: &str) -> Verification {
    proof_in(shop, name, &[])
}

/// The only claim about something.
fn claim<'v>(verification: &'v Verification, about: &str) -> &'v Claim {
    let mut claims = verification
        .claims
        .iter()
        .filter(|claim| claim.about == about);
    let first = claims.next();
    assert!(claims.next().is_none(), "{verification:#?}");
    first.unwrap_or_else(|| panic!("{about} is claimed: {verification:#?}"))
}

/// What is refuted, as sentences.
fn refuted(verification: &Verification) -> Vec<String> {
    verification.refuted().map(sentence).collect()
}

fn verdict(verification: &Verification, about: &str) -> Verdict {
    claim(verification, about).verdict
}
