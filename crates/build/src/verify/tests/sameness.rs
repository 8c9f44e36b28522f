//! Which files are looked at, and which variants are the same.

use std::time::{Duration, Instant};

use super::super::duplicates;
use super::*;

#[test]
fn two_variants_made_identical_are_one() {
    let Some(shop) = shop(&["gcc-12"]) else {
        return;
    };
    let built = |flags: &str, flavour: &str| {
        shop.run(&format!(
            "gcc-12 {flags} -fopenmp src/a.c -o build/app {}",
            openblas(flavour)
        ));
        proof(&shop, "gcc-sequential-debug")
    };
    let debug = built("-g -O0", "serial");
    let release = built("-O3 -DNDEBUG", "serial");
    // An rpath of another length, and another build id, change nothing that runs.
    let lost = built(
        "-O3 -DNDEBUG -Wl,--build-id=sha1 -Wl,-rpath,/nowhere/at/all",
        "serial",
    );
    let threaded = built("-O3 -DNDEBUG", "pthread");
    let all = [
        ("debug", &debug),
        ("release", &release),
        ("lost", &lost),
        ("threaded", &threaded),
    ];
    assert_eq!(duplicates(&all), [["release", "lost"]]);
    assert_eq!(duplicates(&all[..2]), Vec::<Vec<String>>::new());
}

#[test]
fn what_build_systems_try_out_is_not_looked_at() {
    let Some(shop) = shop(&["gcc-12", "ar"]) else {
        return;
    };
    for directory in [
        "CMakeFiles/3.25.1/CompilerIdC",
        "CMakeFiles/app.dir/src",
        "CMakeFiles/FindOpenMP",
        "meson-private",
        "lib",
        "venv/bin",
    ] {
        std::fs::create_dir_all(shop.path().join("build").join(directory)).unwrap();
    }
    shop.write("build/venv/pyvenv.cfg", "");
    shop.run("gcc-12 -O3 -fPIC -c src/a.c -o build/CMakeFiles/app.dir/src/a.c.o");
    shop.run("ar rcs build/lib/liba.a build/CMakeFiles/app.dir/src/a.c.o");
    for program in [
        "CMakeFiles/3.25.1/CompilerIdC/a.out",
        "CMakeFiles/3.25.1/CMakeDetermineCompilerABI_C.bin",
        "CMakeFiles/FindOpenMP/ompver_C.bin",
        "meson-private/sanitycheckc.exe",
        "conftest",
        "venv/bin/python",
        "app",
    ] {
        shop.run(&format!(
            "gcc-12 -O3 src/a.c -o build/{program} {}",
            openblas("serial")
        ));
    }
    shop.write("build/notes.txt", "this is no artifact");
    std::os::unix::fs::symlink("app", shop.path().join("build/again")).unwrap();
    let told = proof(&shop, "gcc-sequential-release");
    let paths: Vec<_> = told.artifacts.iter().map(|a| a.path.as_str()).collect();
    assert_eq!(paths, ["app", "lib/liba.a"]);
    assert_eq!(told.unreadable, [""; 0]);
    let compiler = claim(&told, "compiler");
    assert_eq!(compiler.verdict, Verdict::Proved, "{compiler:?}");
    assert_eq!(
        compiler.evidence, "`.comment` of object files of 2 sources",
        "the object and the archive's member"
    );
}

#[test]
fn a_variant_is_proved_in_fifty_milliseconds_beside_the_helper() {
    let Some(shop) = shop(&["gcc-12"]) else {
        return;
    };
    for number in 0..10 {
        shop.run(&format!(
            "gcc-12 -g -O0 -fopenmp src/a.c -o build/app{number} {}",
            openblas("serial")
        ));
    }
    let variant = variant("gcc-sequential-debug");
    let recogniser = Recogniser::new();
    let scene = scene(&shop, Environment::new());
    let times: Vec<Duration> = (0..5)
        .map(|_| {
            let start = Instant::now();
            let told = verify(&variant, known(), &recogniser, &scene, &SILENT).unwrap();
            assert_eq!(told.artifacts.len(), 10);
            start.elapsed()
        })
        .collect();
    // Others use the machine too, so the least counts; without optimisation all is slower.
    let limit = Duration::from_millis(if cfg!(debug_assertions) { 500 } else { 50 });
    let least = times.iter().min().expect("there are five");
    assert!(*least < limit, "{times:?}");
}
