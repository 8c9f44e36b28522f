//! What a variant is said to be, and is not.

use std::path::Path;

use super::*;
use crate::artifact::LoaderPaths;

/// The abouts of a program's claims that are proved, and of those that are not.
fn verdicts(verification: &Verification) -> (Vec<&str>, Vec<&str>) {
    let of = |proved: bool| {
        let claims = verification.claims.iter();
        claims
            .filter(|claim| (claim.verdict == Verdict::Proved) == proved)
            .map(|claim| claim.about.as_str())
            .collect()
    };
    (of(true), of(false))
}

#[test]
fn an_honest_debug_build_is_proved() {
    let Some(shop) = shop(&["gcc-12", "clang-14"]) else {
        return;
    };
    shop.run(&format!(
        "gcc-12 -g -O0 -fopenmp src/a.c -o build/app {}",
        openblas("serial")
    ));
    let told = proof(&shop, "gcc-sequential-debug");
    let (proved, others) = verdicts(&told);
    assert_eq!(
        proved,
        [
            "compiler",
            "optimisation",
            "debug-info",
            "assertions",
            "openmp",
            "openmp.runtimes",
            "blas.file",
            "blas.threading",
            "blas.interface",
            "blas.threads",
            "libraries"
        ],
        "{told:#?}"
    );
    assert!(others.is_empty(), "{told:#?}");
    let threading = claim(&told, "blas.threading");
    assert_eq!(
        threading.observed.as_deref(),
        Some("sequential OpenBLAS"),
        "{told:#?}"
    );
    assert!(threading.evidence.ends_with("it says so"), "{threading:?}");
    assert_eq!(
        claim(&told, "compiler").observed.as_deref(),
        Some("gcc 12.2.0")
    );

    // The same under the name of the other compiler, and of the other mode.
    let told = proof(&shop, "clang-sequential-debug");
    assert_eq!(
        refuted(&told),
        ["app: asked for clang 14, made by gcc 12.2.0 (debug information: src/a.c by gcc 12.2.0)"]
    );
    let told = proof(&shop, "gcc-sequential-release");
    assert_eq!(
        refuted(&told),
        [
            "app: asked for -O3, compiled with -O0 (debug information: src/a.c with -O0)",
            "app: asked for no assertions, has assertions (`__assert_fail` is called)"
        ]
    );

    // clang does not record its options unless it is told to.
    shop.run(&format!(
        "clang-14 -g -O0 -fopenmp src/a.c -o build/app {}",
        openblas("serial")
    ));
    let told = proof(&shop, "clang-sequential-debug");
    assert_eq!(verdicts(&told).1, ["optimisation"], "{told:#?}");
    let optimisation = claim(&told, "optimisation");
    assert_eq!(optimisation.verdict, Verdict::Unknown);
    assert!(
        optimisation
            .evidence
            .contains("does not record its options"),
        "{optimisation:?}"
    );
}

#[test]
fn a_lost_rpath_is_caught() {
    let Some(shop) = shop(&["gcc-12"]) else {
        return;
    };
    shop.run(&format!(
        "gcc-12 -g -O0 -fopenmp src/a.c -o build/app -L{LIBRARIES}/openblas-serial -lopenblas"
    ));
    let told = proof(&shop, "gcc-sequential-debug");
    let default = dunce::canonicalize(Path::new(LIBRARIES).join("libopenblas.so.0")).unwrap();
    let default = default.to_string_lossy().into_owned();
    let Some(threading) = ["pthread", "openmp"].iter().find(|f| default.contains(*f)) else {
        have(false, "an alternative other than openblas-serial");
        return;
    };
    assert_eq!(
        refuted(&told)[0],
        format!(
            "app: asked for sequential OpenBLAS, runs {threading} OpenBLAS (libopenblas.so.0 found through the system's default, it says so)"
        )
    );
    assert_eq!(
        verdict(&told, "blas.threads"),
        Verdict::Refuted,
        "{told:#?}"
    );
}

#[test]
fn another_flavour_through_the_environment_is_caught() {
    let Some(shop) = shop(&["gcc-12"]) else {
        return;
    };
    shop.run(&format!(
        "gcc-12 -g -O0 -fopenmp src/a.c -o build/app {}",
        openblas("serial")
    ));
    let directory = format!("{LIBRARIES}/openblas-pthread");
    let told = proof_in(
        &shop,
        "gcc-sequential-debug",
        &[("LD_LIBRARY_PATH", &directory)],
    );
    assert_eq!(
        refuted(&told)[0],
        "app: asked for sequential OpenBLAS, runs pthread OpenBLAS (libopenblas.so.0 found through LD_LIBRARY_PATH, it says so)"
    );
    let told = proof_in(&shop, "gcc-sequential-debug", &[("OMP_NUM_THREADS", "2")]);
    assert_eq!(refuted(&told), [""; 0]);
}

#[test]
fn a_makefile_that_overrides_the_level_is_caught_where_it_is_recorded() {
    let Some(shop) = shop(&["gcc-12"]) else {
        return;
    };
    let build = |flags: &str| {
        shop.run(&format!(
            "gcc-12 -O3 -DNDEBUG -fopenmp {flags} src/a.c -o build/app {}",
            openblas("serial")
        ));
        proof(&shop, "gcc-sequential-release")
    };
    assert_eq!(
        refuted(&build("-g -O0")),
        ["app: asked for -O3, compiled with -O0 (debug information: src/a.c with -O0)"]
    );
    assert_eq!(
        refuted(&build("-frecord-gcc-switches -O0")),
        ["app: asked for -O3, compiled with -O0 (recorded command lines)"]
    );
    let told = build("-O0");
    assert_eq!(verdict(&told, "optimisation"), Verdict::Unknown);
    assert_eq!(refuted(&told), [""; 0]);
    assert_eq!(verdict(&build("-g"), "optimisation"), Verdict::Proved);
}

#[test]
fn assertions_that_are_lost_or_kept_are_caught() {
    let Some(shop) = shop(&["gcc-12", "ar"]) else {
        return;
    };
    let blas = openblas("serial");
    shop.run(&format!(
        "gcc-12 -g -O0 -DNDEBUG -fopenmp src/a.c -o build/app {blas}"
    ));
    assert_eq!(
        refuted(&proof(&shop, "gcc-sequential-debug")),
        [
            "app: asked for assertions, has no assertions (a.c has `assert` and was not optimised, and no failed assertion is called: NDEBUG was defined)"
        ]
    );
    shop.run(&format!(
        "gcc-12 -g3 -O0 -DNDEBUG -fopenmp src/a.c -o build/app {blas}"
    ));
    assert_eq!(
        refuted(&proof(&shop, "gcc-sequential-debug")),
        ["app: asked for assertions, has NDEBUG (it is defined in src/a.c)"]
    );
    shop.run("gcc-12 -O3 -fopenmp -c src/a.c -o build/a.o");
    shop.run(&format!("gcc-12 -fopenmp build/a.o -o build/app {blas}"));
    assert_eq!(
        refuted(&proof(&shop, "gcc-sequential-release")),
        ["app: asked for no assertions, has assertions (`__assert_fail` is called from a.o)"]
    );
    // A test that wants its assertions in every build does what it was written for.
    shop.write("src/a.c", &format!("#undef NDEBUG\n{SOURCE}"));
    let told = proof(&shop, "gcc-sequential-release");
    assert_eq!(verdict(&told, "assertions"), Verdict::Unknown, "{told:#?}");
}

#[test]
fn a_compiler_that_ignores_openmp_is_caught() {
    let Some(shop) = shop(&["gcc-12", "tcc"]) else {
        return;
    };
    let plain = "#include <stdio.h>\nint main(int n, char **v) {\n  int s = 0;\n#pragma omp parallel for reduction(+:s)\n  for (int i = 0; i < n; i++) s += i;\n  printf(\"%d\\n\", s);\n  return 0;\n}\n";
    shop.write("src/a.c", plain);
    shop.run("tcc -fopenmp -c src/a.c -o build/a.o");
    shop.run("tcc -fopenmp build/a.o -o build/app");
    let told = proof(&shop, "gcc-sequential-release");
    assert_eq!(
        refuted(&told),
        [
            "asked for OpenMP, has no OpenMP (a.c has `omp parallel`, and nothing calls an OpenMP runtime: the flag was not given, or the compiler ignores it)"
        ]
    );
    // Where the variant says itself that it is tcc's, the knowledge base knows better.
    let mut claimed = variant("gcc-sequential-release");
    let tcc = "tcc".parse().unwrap();
    claimed.toolchain = Some(known().toolchain(&tcc, None, &[]).unwrap());
    let told = verify(
        &claimed,
        known(),
        &Recogniser::new(),
        &scene(&shop, Environment::new()),
        &SILENT,
    )
    .unwrap();
    let openmp = claim(&told, "openmp");
    assert_eq!(openmp.verdict, Verdict::Refuted);
    assert!(openmp.evidence.starts_with("tcc: "), "{openmp:?}");
    // A source that has no use for it says nothing.
    shop.write("src/a.c", "int main(void) { return 0; }\n");
    shop.run("gcc-12 -fopenmp -O3 src/a.c -o build/app");
    let told = proof(&shop, "gcc-sequential-release");
    assert_eq!(verdict(&told, "openmp"), Verdict::Unknown, "{told:#?}");
}

#[test]
fn another_compiler_for_one_source_is_caught() {
    let Some(shop) = shop(&["gcc-12", "clang-14"]) else {
        return;
    };
    shop.write("src/b.c", "int b(int n) { return n * n; }\n");
    let build = |flags: &str| {
        shop.run(&format!("gcc-12 {flags} -fopenmp -c src/a.c -o build/a.o"));
        shop.run(&format!("clang-14 {flags} -c src/b.c -o build/b.o"));
        shop.run(&format!(
            "gcc-12 -fopenmp build/a.o build/b.o -o build/app {}",
            openblas("serial")
        ));
    };
    build("-g -O0");
    assert_eq!(
        refuted(&proof(&shop, "gcc-sequential-debug")),
        [
            "app: asked for gcc 12, made by clang 14.0.6 (debug information: src/b.c by clang 14.0.6)"
        ]
    );
    build("-O3 -DNDEBUG");
    assert_eq!(
        refuted(&proof(&shop, "gcc-sequential-release")),
        [
            "asked for gcc 12, made by clang 14.0.6 (`.comment` of object files: b.o by clang 14.0.6)"
        ]
    );
    // Without the objects, `.comment` names both, and does not say whose code is whose.
    for object in ["a.o", "b.o"] {
        std::fs::remove_file(shop.path().join("build").join(object)).unwrap();
    }
    let told = proof(&shop, "gcc-sequential-release");
    assert_ne!(verdict(&told, "compiler"), Verdict::Proved, "{told:#?}");
}

#[test]
fn two_openmp_runtimes_are_caught() {
    let Some(shop) = shop(&["clang-14"]) else {
        return;
    };
    let libomp = "/usr/lib/llvm-14/lib/libomp.so";
    if !have(Path::new(libomp).exists(), "libomp-14-dev") {
        return;
    }
    shop.run(&format!(
        "clang-14 -g -O0 -fopenmp src/a.c -o build/app {}",
        openblas("openmp")
    ));
    let told = proof(&shop, "clang-openmp-debug");
    let runtimes = claim(&told, "openmp.runtimes");
    assert_eq!(runtimes.verdict, Verdict::Refuted);
    assert_eq!(runtimes.observed.as_deref(), Some("libomp and libgomp"));
    for file in ["libomp", "libgomp.so.1.0.0 needed by libopenblas"] {
        assert!(runtimes.evidence.contains(file), "{runtimes:?}");
    }
}

#[test]
fn a_missing_library_is_caught() {
    let Some(shop) = shop(&["gcc-12"]) else {
        return;
    };
    shop.write("src/l.c", "int l(void) { return 1; }\n");
    shop.write("src/a.c", "int l(void); int main(void) { return l(); }\n");
    shop.run("gcc-12 -g -O0 -shared -fPIC src/l.c -o libgone.so");
    shop.run("gcc-12 -g -O0 src/a.c -o build/app -L. -lgone");
    std::fs::remove_file(shop.path().join("libgone.so")).unwrap();
    assert_eq!(
        refuted(&proof(&shop, "gcc-sequential-debug")),
        [
            "app: asked for all libraries, has a library too few (not found: libgone.so needed by app)"
        ]
    );
}

#[test]
fn wide_integers_are_caught() {
    let Some(shop) = shop(&["gcc-12"]) else {
        return;
    };
    let directory = format!("{LIBRARIES}/openblas64-serial");
    if !have(Path::new(&directory).exists(), "libopenblas64-serial-dev") {
        return;
    }
    shop.run(&format!(
        "gcc-12 -g -O0 -fopenmp src/a.c -o build/app -L{directory} -Wl,-rpath,{directory} -lopenblas64"
    ));
    let told = proof(&shop, "gcc-sequential-debug");
    let interface = claim(&told, "blas.interface");
    assert_eq!(interface.observed.as_deref(), Some("ilp64"), "{told:#?}");
    assert!(
        interface.evidence.ends_with("a call shows it"),
        "{interface:?}"
    );
    assert_eq!(interface.verdict, Verdict::Refuted);
}

#[test]
fn a_blas_inside_the_file_is_seen() {
    let Some(shop) = shop(&["gcc-12"]) else {
        return;
    };
    let archive = format!("{LIBRARIES}/openblas-serial/libopenblas.a");
    if !have(Path::new(&archive).exists(), &archive) {
        return;
    }
    shop.run(&format!(
        "gcc-12 -g -O0 -fopenmp src/a.c -o build/app {archive} -lgfortran -lm"
    ));
    let told = proof(&shop, "gcc-sequential-debug");
    let file = claim(&told, "blas.file");
    assert_eq!(file.verdict, Verdict::Refuted);
    assert_eq!(file.observed.as_deref(), Some("a BLAS inside the file"));
    assert!(file.evidence.contains("`dgemm_`"), "{file:?}");
}

#[test]
fn files_that_cannot_be_read_are_told() {
    let Some(shop) = shop(&["gcc-12"]) else {
        return;
    };
    shop.write(
        "build/broken",
        "\x7fELF\x02\x01\x01 and then something else",
    );
    let told = proof(&shop, "gcc-sequential-debug");
    assert_eq!(told.artifacts, []);
    assert_eq!(told.fingerprint, None);
    let scene = Scene {
        artifacts: Some(vec!["gone".into()]),
        loader: LoaderPaths::of_this_machine(shop.path()),
        ..scene(&shop, Environment::new())
    };
    let error = verify(
        &variant("gcc-sequential-debug"),
        known(),
        &Recogniser::new(),
        &scene,
        &SILENT,
    );
    assert!(error.unwrap_err().to_string().ends_with("gone`"));
}
