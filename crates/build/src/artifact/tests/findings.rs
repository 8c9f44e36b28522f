//! The traps of BLAS and OpenMP, with the libraries of Debian.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::super::{LoaderPaths, Picked, blas_provider, closure, openmp_runtimes};
use super::{Workshop, have, have_programs};

const LIBRARIES: &str = "/usr/lib/x86_64-linux-gnu";

const CALLER: &str =
    "void dgemm_(); int main(int n, char **v) { if (n > 5) dgemm_(); return 0; }\n";

/// A workshop, if all flavours of OpenBLAS are there.
fn shop() -> Option<Workshop> {
    let all = ["serial", "pthread", "openmp"].iter().all(|flavour| {
        let library = format!("{LIBRARIES}/openblas-{flavour}/libopenblas.so");
        have(Path::new(&library).exists(), &library)
    });
    if !all || !have_programs(&["gcc"]) {
        return None;
    }
    let shop = Workshop::new();
    shop.write("a.c", CALLER);
    Some(shop)
}

fn seen(shop: &Workshop, program: &str, environment: &[(&str, &str)]) -> super::super::Closure {
    let environment: BTreeMap<_, _> = environment
        .iter()
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let system = LoaderPaths::of_this_machine(shop.path());
    closure(&shop.path().join(program), &environment, &system).unwrap()
}

/// The threading of the OpenBLAS that runs, and its directory.
fn openblas(
    shop: &Workshop,
    program: &str,
    environment: &[(&str, &str)],
) -> (&'static str, PathBuf) {
    let provider = blas_provider(&seen(shop, program, environment)).expect("a BLAS is loaded");
    let flavour = provider.flavour.expect("it is OpenBLAS");
    assert_eq!(flavour.library, "openblas");
    (
        flavour.threading.expect("Debian's directories tell"),
        provider.file,
    )
}

#[test]
fn a_lost_rpath_runs_another_flavour() {
    let Some(shop) = shop() else {
        return;
    };
    for (flavour, threading) in [
        ("serial", "sequential"),
        ("pthread", "pthread"),
        ("openmp", "openmp"),
    ] {
        let directory = format!("{LIBRARIES}/openblas-{flavour}");
        shop.run(&format!(
            "gcc a.c -L{directory} -lopenblas -Wl,-rpath,{directory} -o kept"
        ));
        assert_eq!(openblas(&shop, "kept", &[]).0, threading);
        shop.run(&format!("gcc a.c -L{directory} -lopenblas -o lost"));
        let (_, file) = openblas(&shop, "lost", &[]);
        let default = dunce::canonicalize(Path::new(LIBRARIES).join("libopenblas.so.0")).unwrap();
        assert_eq!(file, default);
        // RUNPATH loses to the environment, RPATH does not.
        let environment = format!("{LIBRARIES}/openblas-openmp");
        let environment = [("LD_LIBRARY_PATH", environment.as_str())];
        assert_eq!(openblas(&shop, "kept", &environment).0, "openmp");
        shop.run(&format!(
            "gcc a.c -L{directory} -lopenblas -Wl,--disable-new-dtags,-rpath,{directory} -o firm"
        ));
        assert_eq!(openblas(&shop, "firm", &environment).0, threading);
    }
}

#[test]
fn two_flavours_in_one_process_are_seen() {
    let Some(shop) = shop() else {
        return;
    };
    let serial = format!("{LIBRARIES}/openblas-serial");
    shop.write("l.c", "void dgemm_(); void l(void) { dgemm_(); }\n");
    shop.write("m.c", "void l(void); void dgemm_(); int main(int n, char **v) { if (n > 5) { dgemm_(); l(); } return 0; }\n");
    shop.run(&format!(
        "gcc -shared -fPIC l.c -L{LIBRARIES} -l:libblas.so.3 -o libl.so"
    ));
    shop.run(&format!(
        "gcc m.c -L{serial} -lopenblas -L. -l:libl.so -Wl,-rpath,$ORIGIN:{serial} -o mixed"
    ));
    let told = seen(&shop, "mixed", &[]);
    let provider = blas_provider(&told).unwrap();
    assert!(provider.file.starts_with(&serial), "{provider:?}");
    assert_eq!(provider.shadowed.len(), 1, "{provider:?}");
    assert_eq!(
        told.provider_of("dgemm_").unwrap().unwrap().file,
        provider.file
    );
    assert_eq!(told.get("libblas.so.3").unwrap().picked, Picked::Cache);
}

#[test]
fn two_openmp_runtimes_are_seen() {
    let Some(shop) = shop() else {
        return;
    };
    if !have_programs(&["clang-14"])
        || !have(
            Path::new("/usr/lib/llvm-14/lib/libomp.so").exists(),
            "libomp-14-dev",
        )
    {
        return;
    }
    let openmp = format!("{LIBRARIES}/openblas-openmp");
    shop.write("p.c", "void dgemm_(); int main(int n, char **v) {\n#pragma omp parallel\n if (n > 5) dgemm_();\n return 0; }\n");
    let runtimes = |program: &str| -> Vec<_> {
        let mut found: Vec<_> = openmp_runtimes(&seen(&shop, program, &[]))
            .into_iter()
            .map(|runtime| runtime.runtime)
            .collect();
        found.sort_unstable();
        found
    };
    shop.run(&format!(
        "clang-14 -fopenmp p.c -L{openmp} -lopenblas -Wl,-rpath,{openmp} -o two"
    ));
    assert_eq!(runtimes("two"), ["libgomp", "libomp"]);
    shop.run(&format!(
        "gcc -fopenmp p.c -L{openmp} -lopenblas -Wl,-rpath,{openmp} -o one"
    ));
    assert_eq!(runtimes("one"), ["libgomp"]);
}

#[test]
fn documents_are_in_snake_case() {
    let Some(shop) = shop() else {
        return;
    };
    shop.run("gcc -g -O2 a.c -Wl,--unresolved-symbols=ignore-all -o a");
    let read = serde_json::to_value(shop.read("a")).unwrap();
    assert_eq!(read["role"], "executable");
    assert_eq!(read["images"][0]["units"][0]["optimisation"]["level"], "2");
    let told = serde_json::to_value(seen(&shop, "a", &[])).unwrap();
    assert_eq!(told["loaded"][0]["picked"]["by"], "subject");
    assert_eq!(told["rules"], "glibc");
}
