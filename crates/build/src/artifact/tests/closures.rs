//! The files that the loader picks, compared with the loader itself.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::super::{Closure, LoaderPaths, LoaderRules, Picked, closure};
use super::{Workshop, command, have, have_programs};

type Environment<'a> = &'a [(&'a str, &'a str)];

fn map(environment: Environment<'_>) -> BTreeMap<String, String> {
    environment
        .iter()
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// What is told here.
fn told(shop: &Workshop, program: &Path, environment: Environment<'_>) -> Closure {
    let system = LoaderPaths::of_this_machine(shop.path());
    closure(program, &map(environment), &system).unwrap_or_else(|error| panic!("{error}"))
}

/// What the loader says: the files in order without the program and itself,
/// and the names that it does not find.
fn traced(
    shop: &Workshop,
    program: &Path,
    environment: Environment<'_>,
) -> (Vec<PathBuf>, Vec<String>) {
    let output = command(program.to_str().unwrap())
        .env("LD_TRACE_LOADED_OBJECTS", "1")
        .envs(environment.iter().copied())
        .current_dir(shop.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut files = Vec::new();
    let mut missing = Vec::new();
    for line in text.lines().map(str::trim) {
        let line = line.split(" (0x").next().unwrap();
        let (name, path) = line.split_once(" => ").unwrap_or((line, line));
        if path == "not found" {
            missing.push(name.to_owned());
        } else if !name.starts_with("linux-vdso") && !path.contains("/ld-linux") {
            files.push(dunce::canonicalize(shop.path().join(path)).unwrap());
        }
    }
    missing.dedup();
    assert!(
        !text.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    (files, missing)
}

/// Compares with the loader, and says what was told.
pub(super) fn same(shop: &Workshop, program: &str, environment: Environment<'_>) -> Closure {
    let program = shop.path().join(program);
    let told = told(shop, &program, environment);
    let files: Vec<_> = told
        .loaded
        .iter()
        .filter(|loaded| !matches!(loaded.picked, Picked::Subject | Picked::Interpreter))
        .map(|loaded| loaded.file.clone())
        .collect();
    let missing: Vec<_> = told
        .missing
        .iter()
        .filter(|missing| !missing.optional)
        .map(|missing| missing.name.clone())
        .collect();
    assert_eq!(
        (files, missing),
        traced(shop, &program, environment),
        "{told:#?}"
    );
    told
}

/// Two directories with a `liba` each, which needs the `libb` beside it.
fn libraries(shop: &Workshop, flags: &str) {
    for directory in ["one", "two", "three"] {
        shop.write(&format!("{directory}/b.c"), "int b(void) { return 1; }\n");
        shop.write(
            &format!("{directory}/a.c"),
            "int b(void); int a(void) { return b(); }\n",
        );
        shop.run(&format!(
            "gcc -shared -fPIC -Wl,-soname,libb.so.1 {directory}/b.c -o {directory}/libb.so.1"
        ));
        shop.run(&format!("gcc -shared -fPIC {flags} -Wl,-soname,liba.so.1 {directory}/a.c {directory}/libb.so.1 -o {directory}/liba.so.1"));
    }
    shop.write("main.c", "int a(void); int main(void) { return a(); }\n");
}

fn picked(closure: &Closure, name: &str) -> Picked {
    closure
        .get(name)
        .unwrap_or_else(|| panic!("{name} is loaded: {closure:#?}"))
        .picked
        .clone()
}

#[test]
fn every_program_of_the_system_is_as_the_loader_has_it() {
    if !have(
        Path::new("/lib64/ld-linux-x86-64.so.2").exists(),
        "glibc on x86-64",
    ) {
        return;
    }
    let shop = Workshop::new();
    let mut compared = 0;
    let mut programs: Vec<_> = std::fs::read_dir("/usr/bin")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    programs.sort();
    // A spread of them: each start of the loader takes time.
    for program in programs.iter().step_by(programs.len() / 40 + 1) {
        let Ok(read) = super::read(program) else {
            continue;
        };
        // Another loader would start the program, and a raised privilege is not traced.
        let raised = std::fs::metadata(program).unwrap().mode() & 0o6000 != 0;
        let glibc = read
            .dynamic()
            .and_then(|dynamic| dynamic.interpreter.as_deref())
            .is_some_and(|name| name.contains("ld-linux"));
        if glibc && !raised {
            let told = same(&shop, program.to_str().unwrap(), &[]);
            assert_eq!(told.rules, LoaderRules::Glibc);
            compared += 1;
        }
    }
    assert!(compared > 5, "{compared}");
}

#[test]
fn rpath_reaches_what_libraries_need_and_runpath_does_not() {
    if !have_programs(&["gcc"]) {
        return;
    }
    let shop = Workshop::new();
    libraries(&shop, "");
    shop.run("gcc main.c one/liba.so.1 -Wl,-rpath-link,one -Wl,--disable-new-dtags,-rpath,$ORIGIN/one -o rpath");
    let rpath = same(&shop, "rpath", &[]);
    let of = shop.path().join("rpath");
    assert_eq!(picked(&rpath, "libb.so.1"), Picked::Rpath { of });
    // The environment comes after RPATH and before RUNPATH.
    same(&shop, "rpath", &[("LD_LIBRARY_PATH", "two")]);

    shop.run("gcc main.c one/liba.so.1 -Wl,-rpath-link,one -Wl,--enable-new-dtags,-rpath,$ORIGIN/one -o runpath");
    let runpath = same(&shop, "runpath", &[]);
    let of = shop.path().join("runpath");
    assert_eq!(picked(&runpath, "liba.so.1"), Picked::Runpath { of });
    assert_eq!(runpath.missing[0].name, "libb.so.1");
    assert_eq!(
        runpath.missing[0].needed_by,
        shop.path().join("one/liba.so.1")
    );
    let both = same(&shop, "runpath", &[("LD_LIBRARY_PATH", "two:three")]);
    assert_eq!(picked(&both, "liba.so.1"), Picked::LdLibraryPath);
    assert_eq!(
        both.get("liba.so.1").unwrap().file,
        shop.path().join("two/liba.so.1")
    );
    same(&shop, "runpath", &[("LD_LIBRARY_PATH", ":nowhere;three")]);
    same(
        &shop,
        "runpath",
        &[("LD_LIBRARY_PATH", "$ORIGIN/${LIB}:$ORIGIN/three")],
    );
}

#[test]
fn a_library_with_runpath_does_not_see_its_loaders_rpath() {
    if !have_programs(&["gcc"]) {
        return;
    }
    let shop = Workshop::new();
    libraries(&shop, "-Wl,--enable-new-dtags,-rpath,/nowhere");
    shop.run("gcc main.c one/liba.so.1 -Wl,-rpath-link,one -Wl,--disable-new-dtags,-rpath,$ORIGIN/one -o main");
    let told = same(&shop, "main", &[]);
    assert_eq!(told.missing[0].name, "libb.so.1");
}

#[test]
fn rpath_of_a_library_comes_before_that_of_the_program() {
    if !have_programs(&["gcc"]) {
        return;
    }
    let shop = Workshop::new();
    libraries(
        &shop,
        "-Wl,--disable-new-dtags,-rpath,$ORIGIN/../two:${ORIGIN}/../three",
    );
    shop.run("gcc main.c one/liba.so.1 -Wl,-rpath-link,one -Wl,--disable-new-dtags,-rpath,$ORIGIN/one -o main");
    let told = same(&shop, "main", &[]);
    assert_eq!(
        told.get("libb.so.1").unwrap().file,
        shop.path().join("two/libb.so.1")
    );
    std::fs::remove_file(shop.path().join("two/libb.so.1")).unwrap();
    let told = same(&shop, "main", &[]);
    assert_eq!(
        told.get("libb.so.1").unwrap().file,
        shop.path().join("three/libb.so.1")
    );
}

#[test]
fn preloads_come_first_and_absent_ones_are_passed_over() {
    if !have_programs(&["gcc"]) {
        return;
    }
    let shop = Workshop::new();
    libraries(&shop, "-Wl,-rpath,$ORIGIN");
    shop.run("gcc main.c one/liba.so.1 -Wl,-rpath-link,one -Wl,-rpath,$ORIGIN/one -o main");
    let told = same(
        &shop,
        "main",
        &[("LD_PRELOAD", "three/libb.so.1 absent.so")],
    );
    assert_eq!(told.loaded[1].picked, Picked::Preload);
    assert_eq!(
        told.provider_of("b").unwrap().unwrap().file,
        shop.path().join("three/libb.so.1")
    );
    assert!(told.missing[0].optional);
    // A preloaded file has its soname's place: the other one is not loaded.
    assert!(
        !told
            .loaded
            .iter()
            .any(|loaded| loaded.file == shop.path().join("one/libb.so.1"))
    );
}

#[test]
fn names_with_slashes_and_links_are_files() {
    if !have_programs(&["gcc"]) {
        return;
    }
    let shop = Workshop::new();
    shop.write("b.c", "int b(void) { return 1; }\n");
    shop.write("main.c", "int b(void); int main(void) { return b(); }\n");
    shop.run("gcc -shared -fPIC b.c -o libplain.so");
    // Without a soname the name is what the linker was given.
    shop.run("gcc main.c ./libplain.so -o main");
    let told = same(&shop, "main", &[]);
    assert_eq!(picked(&told, "./libplain.so"), Picked::Path);
    shop.run("mkdir links");
    shop.run("ln -s ../main links/main");
    shop.run("gcc main.c libplain.so -L. -lplain -Wl,-rpath,$ORIGIN -o origin");
    shop.run("ln -s ../origin links/origin");
    // A program's origin is where it is, not where the link is.
    same(&shop, "links/origin", &[]);
}

#[test]
fn the_origin_of_a_library_is_where_it_was_found() {
    if !have_programs(&["gcc"]) {
        return;
    }
    let shop = Workshop::new();
    libraries(&shop, "-Wl,--enable-new-dtags,-rpath,$ORIGIN");
    shop.run("gcc main.c one/liba.so.1 -Wl,-rpath-link,one -Wl,-rpath,$ORIGIN/one -o main");
    shop.run("mkdir real");
    shop.run("mv one/liba.so.1 real/liba.so.1");
    shop.run("ln -s ../real/liba.so.1 one/liba.so.1");
    let told = same(&shop, "main", &[]);
    assert!(told.missing.is_empty(), "{told:?}");
    // One file under two names is loaded once, links or not.
    shop.run("ln real/liba.so.1 same.so");
    let told = same(&shop, "main", &[("LD_PRELOAD", "./same.so")]);
    assert_eq!(told.loaded[1].picked, Picked::Preload);
}

#[test]
fn files_for_other_machines_are_passed_over() {
    if !have_programs(&["gcc"]) {
        return;
    }
    let shop = Workshop::new();
    libraries(&shop, "");
    shop.run("gcc main.c one/liba.so.1 -Wl,-rpath-link,one -Wl,--disable-new-dtags,-rpath,$ORIGIN/one:$ORIGIN/two -o main");
    let path = shop.path().join("one/liba.so.1");
    let mut bytes = std::fs::read(&path).unwrap();
    // e_machine: AArch64.
    bytes[18] = 183;
    std::fs::write(&path, bytes).unwrap();
    let told = same(&shop, "main", &[]);
    assert_eq!(
        told.get("liba.so.1").unwrap().file,
        shop.path().join("two/liba.so.1")
    );
    // Over what is no ELF file at all, the loader gives up.
    shop.write("one/liba.so.1", "INPUT(liba.so.2)\n/* a linker script, longer than any ELF header, which the loader reads first */\n");
    let program = shop.path().join("main");
    let missing = super::closures::told(&shop, &program, &[]).missing;
    assert!(
        missing[0]
            .problem
            .as_deref()
            .unwrap()
            .contains("is no ELF file"),
        "{missing:?}"
    );
}

#[test]
fn processors_have_directories_of_their_own() {
    if !have_programs(&["gcc"]) {
        return;
    }
    let shop = Workshop::new();
    let system = LoaderPaths::of_this_machine(shop.path());
    if !have(!system.hwcaps.is_empty(), "a processor with x86-64-v2") {
        return;
    }
    libraries(&shop, "");
    shop.run("gcc main.c one/liba.so.1 -Wl,-rpath-link,one -Wl,--disable-new-dtags,-rpath,$ORIGIN/one -o main");
    for hwcap in ["x86-64-v2", "x86-64-v3", "x86-64-v4"] {
        shop.run(&format!("mkdir -p one/glibc-hwcaps/{hwcap}"));
        shop.run(&format!(
            "cp two/libb.so.1 one/glibc-hwcaps/{hwcap}/libb.so.1"
        ));
        same(&shop, "main", &[]);
    }
}

#[test]
fn no_default_directories_are_closed() {
    if !have_programs(&["gcc"]) {
        return;
    }
    let shop = Workshop::new();
    shop.write(
        "main.c",
        "#include <math.h>\nint main(int n, char **v) { (void)v; return (int)cos(n); }\n",
    );
    shop.run("gcc main.c -Wl,-z,nodefaultlib -lm -o main");
    let told = same(&shop, "main", &[]);
    assert!(
        told.missing
            .iter()
            .any(|missing| missing.name == "libc.so.6")
    );
}

#[test]
fn musl_has_rules_of_its_own() {
    let loader = Path::new("/lib/ld-musl-x86_64.so.1");
    if !have_programs(&["musl-gcc"]) || !have(loader.exists(), "musl") {
        return;
    }
    let shop = Workshop::new();
    for directory in ["one", "two"] {
        shop.write(&format!("{directory}/b.c"), "int b(void) { return 1; }\n");
        shop.write(
            &format!("{directory}/a.c"),
            "int b(void); int a(void) { return b(); }\n",
        );
        shop.run(&format!(
            "musl-gcc -shared -fPIC -Wl,-soname,libb.so.1 {directory}/b.c -o {directory}/libb.so.1"
        ));
        shop.run(&format!("musl-gcc -shared -fPIC -Wl,-soname,liba.so.1 {directory}/a.c {directory}/libb.so.1 -o {directory}/liba.so.1"));
    }
    shop.write("main.c", "int a(void); int main(void) { return a(); }\n");
    shop.run("musl-gcc main.c one/liba.so.1 -Wl,-rpath-link,one -Wl,--enable-new-dtags,-rpath,$ORIGIN/one -o main");
    for environment in [&[][..], &[("LD_LIBRARY_PATH", "two")]] {
        let program = shop.path().join("main");
        let told = told(&shop, &program, environment);
        assert_eq!(told.rules, LoaderRules::Musl);
        // musl lists its libraries when it is called by the name of ldd.
        let output = command(loader.to_str().unwrap())
            .args(["--list", "main"])
            .envs(environment.iter().copied())
            .current_dir(shop.path())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        for name in ["liba.so.1", "libb.so.1"] {
            // Here a RUNPATH is for all that is needed below it.
            let told = &told.get(name).unwrap().file;
            let line = text
                .lines()
                .find(|line| line.trim().starts_with(name))
                .unwrap();
            let path = line
                .split(" => ")
                .nth(1)
                .unwrap()
                .split(" (0x")
                .next()
                .unwrap();
            assert_eq!(
                &dunce::canonicalize(shop.path().join(path)).unwrap(),
                told,
                "{text}"
            );
        }
        assert!(told.missing.is_empty(), "{told:?}");
    }
}
