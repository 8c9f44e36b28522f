//! Makefiles that assign their flags in each way keep what they add themselves, and
//! the variant has the last word.

use super::*;

/// The words that a compiler would have been given, for each of two directories.
fn flags_of(assignments: &str) -> Vec<String> {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join(HARD_NAME);
    let source = directory.join("source");
    let show = "\t@printf '%s\\n' $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) --\n";
    let top = format!("{assignments}\nall: x.o\n\t@$(MAKE) -s -C below\nx.o: y.o\n{show}y.o: ;\n");
    let below = format!("{assignments}\nall:\n{show}");
    write(&source, &[("Makefile", &top), ("below/Makefile", &below)]);
    let said = "[[set]]\nif = 'mode in [\"debug\", \"release\"]'\n\
        defines = ['''D=\"a $b\"''', 'E=c#d\\e']\nflags = { ldflags = ['-Wl,-rpath,$ORIGIN'] }\n";
    let expansion = expansion(said);
    let variant = &expansion.variants[2];
    assert_eq!(variant.name, "clang-debug");
    let steps = Backend::Make
        .prepare(variant, &layout(&directory, &source, "build"), Jobs::Shared)
        .unwrap();
    let [step] = steps.as_slice() else {
        panic!("there is nothing to test: {steps:?}");
    };
    let mut step = step.clone();
    step.arguments.insert(0, "-s".into());
    let printed = run(variant, &[step]).unwrap_or_else(|error| panic!("{error}"));
    let lines: Vec<String> = printed.lines().map(str::to_owned).collect();
    lines
}

/// That of one directory: compiler, words before the last ours.
fn check(assignments: &str, own: &[&str]) {
    let words = flags_of(assignments);
    let mut compilers: Vec<&[String]> = words.split(|word| word == "--").collect();
    assert_eq!(compilers.pop(), Some(&[][..]));
    assert_eq!(compilers.len(), 2, "{assignments}: {words:?}");
    for words in compilers {
        assert_eq!(words[0], "clang-14", "{assignments}");
        for word in own {
            assert!(
                words.iter().any(|known| known == word),
                "{assignments}: {word} in {words:?}"
            );
        }
        for word in ["-DD=\"a $b\"", "-DE=c#d\\e", "-Wl,-rpath,$ORIGIN"] {
            assert!(
                words.iter().any(|known| known == word),
                "{assignments}: {word} in {words:?}"
            );
        }
        let level = words.iter().rfind(|word| word.starts_with("-O")).unwrap();
        assert_eq!(level, "-O0", "{assignments}: {words:?}");
    }
}

#[test]
fn backend_make_keeps_the_flags_of_both() {
    if !have(&["make"]) {
        return;
    }
    check("", &[]);
    check("CC = gcc\nCFLAGS = -O2 -Wall", &["-Wall"]);
    check("CC := gcc\nCFLAGS := -O2\nCFLAGS += -fPIC", &["-fPIC"]);
    check("CC ?= gcc\nCFLAGS ?= -O2", &[]);
    check("CFLAGS += -O2 -fPIC\nLDFLAGS += -s", &["-fPIC", "-s"]);
    check("override CFLAGS += -O2 -fPIC", &["-fPIC"]);
    check("override CFLAGS = -O2 -fPIC", &["-fPIC"]);
    check(
        "CFLAGS = -O2\nx.o: CFLAGS += -fno-common\nall: CFLAGS += -fno-common",
        &["-fno-common"],
    );
}

/// Each time a target hands its variables on, ours would come once more.
#[test]
fn backend_make_says_flags_once_a_directory() {
    if !have(&["make"]) {
        return;
    }
    let words = flags_of("CFLAGS = -O2");
    let levels = words.iter().filter(|word| *word == "-O0").count();
    assert_eq!(levels, 2, "{words:?}");
}

/// What is expanded while the makefile is read has the flags by the environment.
#[test]
fn backend_make_reaches_what_is_expanded_at_once() {
    if !have(&["make"]) {
        return;
    }
    check(
        "CFLAGS += -O1\nKEPT := $(CFLAGS)\noverride CFLAGS = $(KEPT)",
        &["-O0"],
    );
}

/// Recipes by hand that know no CPPFLAGS, and no variable for libraries.
#[test]
fn backend_make_reaches_recipes_with_fewer_variables() {
    let place = tempfile::tempdir().unwrap();
    let expansion = expansion(
        "[[set]]\nif = 'mode == \"release\"'\nflags = { ldflags = ['-L/opt/x'], libs = ['-lx'] }\n",
    );
    let said = |name: &str, makefile: &str| {
        let source = place.path().join(name);
        write(&source, &[("Makefile", makefile)]);
        let layout = layout(place.path(), &source, name);
        let steps = Backend::Make
            .prepare(&expansion.variants[1], &layout, Jobs::Shared)
            .unwrap();
        let words = arguments(&steps[0]).into_iter();
        let flags = words.filter_map(|word| {
            let assignment = word.strip_prefix("--eval=%: private override ")?;
            Some(assignment.to_owned())
        });
        flags
            .filter(|flag| !flag.starts_with('F') && !flag.starts_with("CXX"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        said("fewer", "all: ; $(CC) $(CFLAGS) a.c $(LDFLAGS)\n"),
        [
            "CPPFLAGS += -DNDEBUG",
            "CFLAGS += -O3 -DNDEBUG",
            "LDFLAGS += -L/opt/x -lx",
            "LDLIBS += -lx",
            "LIBS += -lx"
        ]
    );
    assert_eq!(
        said("all", "all: ; $(CC) $(CFLAGS) $(LDFLAGS) a.c $(LIBS)\n")[2],
        "LDFLAGS += -L/opt/x"
    );
}
