//! Which files are looked at, and which variants are the same.

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
        ("debug", debug.fingerprint.as_deref()),
        ("release", release.fingerprint.as_deref()),
        ("lost", lost.fingerprint.as_deref()),
        ("threaded", threaded.fingerprint.as_deref()),
    ];
    assert_eq!(duplicates(all), [["release", "lost"]]);
    assert_eq!(duplicates(all[..2].to_vec()), Vec::<Vec<String>>::new());
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
