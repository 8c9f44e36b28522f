//! `make` and `ninja`, read by them.

use std::fs;

use cfgmatrix::core::emit::{EmitOptions, Format, environment};

use super::{
    HARDER, TEXTS, c_program, emitted, emitted_with, expansion, needed, output, program, refusal,
    stdout, texts_of, with_defines, with_environment, written,
};

const FOUR: &str = "schema = 1\nname = \"four\"\nlanguages = [\"c\"]\n[axes]\n\
    compiler = [\"gcc\", { id = \"other\", family = \"gcc\" }]\nmode = [\"debug\", \"release\"]\n";

/// The texts that need one line.
fn lines() -> Vec<&'static str> {
    let texts = TEXTS.into_iter().chain(HARDER);
    texts.filter(|text| !text.contains(['\n', '\r'])).collect()
}

#[test]
fn make_exports_the_environment() {
    let Some(make) = needed("make") else { return };
    let texts = lines();
    let expansion = with_environment(&texts);
    let directory = written(&emitted(Format::Make, &expansion));
    let makefile = "include gcc.mk\nall:\n\t@env -0\n";
    fs::write(directory.path().join("Makefile"), makefile).unwrap();
    let said = output(program(make, directory.path()).arg("-s"));
    let said = texts_of(&said.stdout);
    for (name, value) in environment(&expansion.variants[0]) {
        if name != "CC" {
            assert!(
                said.contains(&format!("{name}={value}")),
                "{name}: {said:?}"
            );
        }
    }
}

#[test]
fn make_compiles_with_the_flags() {
    let (Some(make), Some(_)) = (needed("make"), needed("gcc")) else {
        return;
    };
    let texts = lines();
    let directory = written(&emitted(Format::Make, &with_defines(&texts)));
    fs::write(directory.path().join("program.c"), c_program(texts.len())).unwrap();
    fs::write(
        directory.path().join("Makefile"),
        "include gcc.mk\nprogram: program.c\n",
    )
    .unwrap();
    output(&mut program(make, directory.path()));
    let said = output(&mut program(
        directory.path().join("program"),
        directory.path(),
    ));
    assert_eq!(texts_of(&said.stdout), texts);
}

#[test]
fn make_includes_the_variant_that_is_chosen() {
    let Some(make) = needed("make") else { return };
    let directory = written(&emitted(Format::Make, &expansion(FOUR)));
    let below = directory.path().join("below");
    fs::create_dir(&below).unwrap();
    let makefile = "include ../cfgmatrix.mk\nall:\n\t@echo $(CFGMATRIX_VARIANT): $(CC) $(CFLAGS)\n\
        each:\n\t@echo $(VARIANTS)\n";
    fs::write(below.join("Makefile"), makefile).unwrap();
    let say = |arguments: &[&str]| stdout(program(&make, &below).arg("-s").args(arguments));
    assert_eq!(say(&[]), "gcc-debug: gcc -g -O0\n");
    assert_eq!(say(&["VARIANT=other-release"]), "other-release: gcc -O3\n");
    assert_eq!(say(&["CFLAGS=-Og"]), "gcc-debug: gcc -Og\n");
    assert_eq!(
        say(&["each"]),
        "gcc-debug gcc-release other-debug other-release\n"
    );
    let unknown = program(&make, &below).arg("VARIANT=gc").output().unwrap();
    assert!(!unknown.status.success());
    let said = String::from_utf8_lossy(&unknown.stderr);
    assert!(
        said.contains("VARIANT is `gc`, and there are: gcc-debug gcc-release"),
        "{said}"
    );
}

#[test]
fn ninja_builds_every_variant_in_its_directory_and_environment() {
    let Some(ninja) = needed("ninja") else { return };
    let options = EmitOptions {
        commands: vec![
            "env -0 >variables # a comment ends with its line".to_owned(),
            "false || pwd >where".to_owned(),
        ],
        ..EmitOptions::default()
    };
    let texts = lines();
    let mut expansion = expansion(FOUR);
    for variant in &mut expansion.variants {
        variant.configuration.env = super::variables(&texts);
    }
    let files = emitted_with(Format::Ninja, &expansion, &options);
    assert_eq!(files[0].path, "build.ninja");
    let directory = written(&files);
    let top = dunce::canonicalize(directory.path()).unwrap();
    output(program(&ninja, directory.path()).arg("gcc-debug"));
    assert!(top.join("build/gcc-debug/variables").exists());
    assert!(!top.join("build/gcc-release").exists());
    output(&mut program(&ninja, directory.path()));
    for variant in &expansion.variants {
        let build = top.join("build").join(&variant.name);
        let said = texts_of(&fs::read(build.join("variables")).unwrap());
        let directories = [("CFGMATRIX_SOURCE", &top), ("CFGMATRIX_BUILD", &build)];
        let directories =
            directories.map(|(name, path)| (name.to_owned(), path.display().to_string()));
        for (name, value) in environment(variant).into_iter().chain(directories) {
            assert!(
                said.contains(&format!("{name}={value}")),
                "{name}: {said:?}"
            );
        }
        let place = fs::read_to_string(build.join("where")).unwrap();
        assert_eq!(place, format!("{}\n", build.display()));
    }
    // What is to be done again, the commands know: they are always asked.
    let again = stdout(program(&ninja, directory.path()).arg("-v"));
    assert!(again.contains("[4/4]"), "{again}");
}

#[test]
fn a_command_that_fails_fails_its_variant() {
    let Some(ninja) = needed("ninja") else { return };
    let options = EmitOptions {
        commands: vec![
            "test $CFGMATRIX_VARIANT = other-debug".to_owned(),
            "touch done".to_owned(),
        ],
        ..EmitOptions::default()
    };
    let directory = written(&emitted_with(Format::Ninja, &expansion(FOUR), &options));
    let built = program(ninja, directory.path())
        .args(["-k", "0"])
        .output()
        .unwrap();
    assert!(!built.status.success());
    let done = |name: &str| {
        directory
            .path()
            .join("build")
            .join(name)
            .join("done")
            .exists()
    };
    assert_eq!(
        ["gcc-debug", "gcc-release", "other-debug", "other-release"].map(done),
        [false, false, true, false]
    );
}

#[test]
fn what_takes_more_than_a_line_is_refused() {
    let expansion = with_environment(&["a\nb"]);
    assert_eq!(
        refusal(Format::Make, &expansion),
        "make cannot express variable `V0` of variant `gcc`: it has a line break"
    );
    let options = EmitOptions {
        commands: vec!["true".to_owned()],
        ..EmitOptions::default()
    };
    let refused = super::emit::emit(Format::Ninja, &expansion, &options).unwrap_err();
    let expected = "ninja cannot express variable `V0` of variant `gcc`: it has a line break";
    assert_eq!(refused.to_string(), expected);
    let options = EmitOptions {
        commands: vec!["true\nfalse".to_owned()],
        ..EmitOptions::default()
    };
    let refused = super::emit::emit(Format::Ninja, &with_environment(&[]), &options).unwrap_err();
    let expected =
        "ninja cannot express command `true\\nfalse` of variant `gcc`: it has a line break";
    assert_eq!(refused.to_string(), expected);
}
