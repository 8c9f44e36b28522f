//! Who made a file, and how it was told to.

use super::super::{Assertions, Format, LoaderPaths, Optimisation, Role, closure, units_below};
use super::{PROGRAM, Workshop, have_programs};

fn level(level: &str) -> Vec<Optimisation> {
    vec![Optimisation::Level(level.to_owned())]
}

#[test]
fn gcc_records_its_flags() {
    if !have_programs(&["gcc"]) {
        return;
    }
    let shop = Workshop::new();
    shop.write("src/a.c", PROGRAM);
    shop.run("gcc -g -O3 -O0 -fopenmp src/a.c -o debug");
    let debug = shop.read("debug");
    assert_eq!((debug.format, debug.role), (Format::Elf, Role::Executable));
    assert!(debug.comments()[0].starts_with("GCC: ("), "{debug:?}");
    let units = units_below(debug.units(), &[shop.path()]);
    assert_eq!(units.len(), 1, "{units:?}");
    assert_eq!(units[0].source().unwrap(), shop.path().join("src/a.c"));
    assert!(units[0].tool().unwrap().starts_with("GNU C"));
    assert!(units[0].flags().contains(&"-fopenmp"));
    assert!(units[0].language.as_deref().unwrap().starts_with('c'));
    assert!(units[0].lines);
    assert_eq!(debug.optimisation(units), level("0"));
    assert_eq!(debug.assertions().answer, Assertions::Present);

    shop.run("gcc -O2 -DNDEBUG src/a.c -o release");
    let release = shop.read("release");
    let units = units_below(release.units(), &[shop.path()]);
    assert!(units.is_empty());
    // Without -g nothing is written down, and no guess is made.
    assert!(release.optimisation(units).is_empty());
    assert_eq!(release.assertions().answer, Assertions::Unknown);
}

#[test]
fn macro_information_tells_ndebug_for_sure() {
    if !have_programs(&["gcc"]) {
        return;
    }
    let shop = Workshop::new();
    shop.write("a.c", PROGRAM);
    shop.write("quiet.c", "int f(void) { return 1; }\n");
    shop.write("undone.c", "#undef NDEBUG\nint g(void) { return 1; }\n");
    shop.run("gcc -g3 -DNDEBUG a.c quiet.c -o without");
    let without = shop.read("without").assertions();
    assert_eq!(without.answer, Assertions::Absent, "{without:?}");
    shop.run("gcc -g3 -DNDEBUG a.c undone.c -o half");
    assert_eq!(shop.read("half").assertions().answer, Assertions::Unknown);
    shop.write("main.c", "int main(void) { return 0; }\n");
    for (flags, expected) in [
        ("-DNDEBUG_NOT", false),
        ("-gdwarf-4 -DNDEBUG=1", true),
        ("-gdwarf-4 -gstrict-dwarf -DNDEBUG", true),
        ("-gdwarf-4 -gstrict-dwarf", false),
    ] {
        shop.run(&format!("gcc -g3 {flags} main.c -o main"));
        let told: Vec<_> = shop.read("main").units().map(|unit| unit.ndebug).collect();
        assert_eq!(told, [Some(expected)], "{flags}");
    }
    // Before it is linked, its parts do not know of each other.
    shop.run("gcc -g3 -DNDEBUG -c main.c -o main.o");
    let told: Vec<_> = shop
        .read("main.o")
        .units()
        .map(|unit| unit.ndebug)
        .collect();
    assert_eq!(told, [None]);
}

#[test]
fn object_files_are_read_through_their_relocations() {
    for (compiler, expected) in [
        ("gcc", "GNU C"),
        ("clang-14", "Debian clang"),
        ("clang-19", "clang version 19"),
    ] {
        if !have_programs(&[compiler]) {
            continue;
        }
        let shop = Workshop::new();
        shop.write("a.c", PROGRAM);
        for version in [4, 5] {
            shop.run(&format!("{compiler} -gdwarf-{version} -O1 -c a.c -o a.o"));
            let object = shop.read("a.o");
            assert_eq!(object.role, Role::Object);
            let units: Vec<_> = object.units().collect();
            assert_eq!(units.len(), 1, "{compiler} {version}: {object:?}");
            let producer = units[0].producer.as_deref().unwrap();
            assert!(producer.contains(expected), "{producer}");
            assert_eq!(
                units[0].name.as_deref(),
                Some("a.c"),
                "{compiler} {version}"
            );
            assert_eq!(units[0].directory.as_deref(), shop.path().to_str());
            assert!(object.images[0].problems.is_empty(), "{object:?}");
        }
    }
}

#[test]
fn clang_writes_its_flags_when_it_is_told_to() {
    if !have_programs(&["clang-14"]) {
        return;
    }
    let shop = Workshop::new();
    shop.write("a.c", PROGRAM);
    shop.run("clang-14 -g -O2 a.c -o plain");
    let plain = shop.read("plain");
    let units = units_below(plain.units(), &[shop.path()]);
    assert_eq!(plain.optimisation(units), [Optimisation::Unknown]);
    assert!(
        plain
            .comments()
            .iter()
            .any(|text| text.contains("clang version 14"))
    );

    shop.run("clang-14 -g -O2 -grecord-command-line a.c -o recorded");
    let recorded = shop.read("recorded");
    let units = units_below(recorded.units(), &[shop.path()]);
    assert_eq!(recorded.optimisation(units.clone()), level("2"));
    assert!(units[0].flags().contains(&"-grecord-command-line"));

    shop.run("clang-14 -O3 -frecord-command-line a.c -o section");
    let section = shop.read("section");
    assert_eq!(
        section.optimisation(section.units()),
        level("3"),
        "{section:?}"
    );
}

#[test]
fn gcc_writes_a_section_of_its_command_lines() {
    if !have_programs(&["gcc"]) {
        return;
    }
    let shop = Workshop::new();
    shop.write("a.c", PROGRAM);
    shop.run("gcc -Os -frecord-gcc-switches a.c -o a");
    let a = shop.read("a");
    assert!(a.command_lines()[0].contains("-Os"), "{a:?}");
    assert_eq!(a.optimisation(a.units()), level("s"));
}

#[test]
fn what_is_compiled_at_the_link_tells_its_flags() {
    if !have_programs(&["gcc"]) {
        return;
    }
    let shop = Workshop::new();
    shop.write("a.c", PROGRAM);
    shop.run("gcc -flto -O2 -c a.c -o a.o");
    let object = shop.read("a.o");
    assert!(object.images[0].lto);
    assert_eq!(object.optimisation(object.units()), level("2"));
    shop.run("gcc -g -flto -O2 a.c -o a");
    let linked = shop.read("a");
    assert!(!linked.images[0].lto);
    let units = linked.units().filter(|unit| unit.producer.is_some());
    assert_eq!(linked.optimisation(units), level("2"), "{linked:?}");
}

#[test]
fn compressed_debug_information_is_read() {
    if !have_programs(&["gcc"]) {
        return;
    }
    let shop = Workshop::new();
    shop.write("a.c", PROGRAM);
    for form in ["zlib", "zlib-gnu"] {
        shop.run(&format!("gcc -g -O2 -gz={form} a.c -o a"));
        let a = shop.read("a");
        assert!(a.images[0].compressed, "{form}");
        assert_eq!(
            a.optimisation(units_below(a.units(), &[shop.path()])),
            level("2"),
            "{form}"
        );
        shop.run(&format!("gcc -g -O2 -gz={form} -c a.c -o a.o"));
        let object = shop.read("a.o");
        assert_eq!(object.optimisation(object.units()), level("2"), "{form}");
    }
    if have_programs(&["clang-19"]) {
        shop.run("clang-19 -g -O2 -gz=zstd -c a.c -o a.o");
        let object = shop.read("a.o");
        assert!(object.images[0].compressed);
        assert_eq!(object.units().count(), 1, "{object:?}");
    }
}

#[test]
fn split_debug_information_is_told_as_such() {
    for compiler in ["gcc", "clang-14"] {
        if !have_programs(&[compiler]) {
            continue;
        }
        let shop = Workshop::new();
        shop.write("a.c", PROGRAM);
        shop.run(&format!("{compiler} -g -gsplit-dwarf -O2 -c a.c -o a.o"));
        shop.run(&format!("{compiler} a.o -o a"));
        let a = shop.read("a");
        let split: Vec<_> = a.units().filter_map(|unit| unit.split.as_deref()).collect();
        assert_eq!(split, ["a.dwo"], "{compiler}: {a:?}");
        // What is elsewhere was found there.
        let units = units_below(a.units(), &[shop.path()]);
        assert_eq!(units.len(), 1, "{compiler}: {a:?}");
        assert!(units[0].producer.is_some() && units[0].lines, "{compiler}");
        let dwo = shop.read("a.dwo");
        let units: Vec<_> = dwo.units().collect();
        assert_eq!(units.len(), 1, "{compiler}: {dwo:?}");
        assert_eq!(units[0].name.as_deref(), Some("a.c"), "{compiler}");
        assert!(units[0].producer.is_some(), "{compiler}");
        // Where it is gone, so are the answers, and nothing else.
        std::fs::remove_file(shop.path().join("a.dwo")).unwrap();
        let a = shop.read("a");
        let unit = a.units().next().unwrap();
        assert_eq!(
            (unit.name.as_deref(), unit.split.as_deref()),
            (None, Some("a.dwo"))
        );
        assert_eq!(unit.optimisation, Optimisation::Unknown);
    }
}

#[test]
fn fortran_and_cxx_have_their_languages() {
    if !have_programs(&["gfortran", "g++"]) {
        return;
    }
    let shop = Workshop::new();
    shop.write(
        "f.f90",
        "subroutine f(x)\n real :: x\n x = x + 1\nend subroutine\n",
    );
    shop.write("c.cpp", "int g(int n) { return n + 1; }\n");
    shop.run("gfortran -g -O2 -c f.f90");
    shop.run("g++ -g -O1 -c c.cpp");
    let language = |name: &str| {
        shop.read(name)
            .units()
            .next()
            .unwrap()
            .language
            .clone()
            .unwrap()
    };
    assert!(language("f.o").starts_with("fortran"));
    assert!(language("c.o").starts_with("c_plus_plus"));
}

#[test]
fn tcc_leaves_no_comment() {
    if !have_programs(&["tcc"]) {
        return;
    }
    let shop = Workshop::new();
    shop.write("a.c", "int f(void) { return 1; }\n");
    shop.run("tcc -c a.c -o a.o");
    let a = shop.read("a.o");
    assert!(a.comments().is_empty());
    assert_eq!(a.role, Role::Object);
}

#[test]
fn archives_have_their_members() {
    if !have_programs(&["gcc", "ar", "clang-14"]) {
        return;
    }
    let shop = Workshop::new();
    shop.write("a.c", "void dgemm_(void); void f(void) { dgemm_(); }\n");
    shop.write("b.c", "void dgemm_(void) {}\n");
    shop.write("a_member_with_a_long_name.c", "int x;\n");
    shop.write("readme", "no object\n");
    shop.run("gcc -g -O2 -c a.c a_member_with_a_long_name.c");
    shop.run("clang-14 -g -O2 -c b.c");
    shop.run("ar rcs lib.a a.o b.o a_member_with_a_long_name.o readme");
    let archive = shop.read("lib.a");
    assert_eq!((archive.format, archive.role), (Format::Elf, Role::Archive));
    let members: Vec<_> = archive
        .images
        .iter()
        .filter_map(|image| image.member.as_deref())
        .collect();
    assert_eq!(members, ["a.o", "b.o", "a_member_with_a_long_name.o"]);
    assert_eq!(archive.passed_over, ["readme"]);
    assert_eq!(archive.units().count(), 3);
    assert_eq!(archive.comments().len(), 2);
    // What one member needs and another has is settled.
    assert!(archive.symbols().blas.undefined.is_empty());
    assert!(archive.symbols().blas.defined.contains("dgemm_"));
    shop.run("ar rcsT thin.a a.o b.o");
    let thin = shop.read("thin.a");
    assert!(thin.thin);
    let members: Vec<_> = thin
        .images
        .iter()
        .map(|image| image.member.as_deref())
        .collect();
    assert_eq!(members, [Some("a.o"), Some("b.o")]);
    assert_eq!(thin.format, Format::Elf);
    std::fs::remove_file(shop.path().join("b.o")).unwrap();
    let thin = shop.read("thin.a");
    assert_eq!(
        (thin.images.len(), thin.passed_over),
        (1, vec!["b.o".to_owned()])
    );
}

#[test]
fn static_programs_have_foreign_units_only_elsewhere() {
    if !have_programs(&["gcc"]) {
        return;
    }
    let shop = Workshop::new();
    shop.write("a.c", PROGRAM);
    shop.run("gcc -static -g -O2 a.c -o a");
    let a = shop.read("a");
    assert_eq!(a.role, Role::Executable);
    assert!(a.dynamic().is_none());
    assert_eq!(units_below(a.units(), &[shop.path()]).len(), 1);
    shop.run("gcc -static-pie -g -O2 a.c -o pie");
    assert_eq!(shop.read("pie").role, Role::Executable);
    shop.run("gcc -shared -fPIC a.c -o liba.so");
    assert_eq!(shop.read("liba.so").role, Role::SharedLibrary);
    shop.run("strip -o stripped a");
    assert!(!shop.read("stripped").images[0].symbols.complete);
}

#[test]
fn programs_for_another_processor_are_read_too() {
    if !have_programs(&["aarch64-linux-gnu-gcc"]) {
        return;
    }
    let shop = Workshop::new();
    shop.write("a.c", PROGRAM);
    shop.run("aarch64-linux-gnu-gcc -g -O3 -c a.c -o a.o");
    shop.run("aarch64-linux-gnu-gcc a.o -o a");
    for name in ["a.o", "a"] {
        let a = shop.read(name);
        assert_eq!(a.images[0].architecture, "aarch64");
        assert_eq!(
            a.optimisation(units_below(a.units(), &[shop.path()])),
            level("3")
        );
        assert_eq!(a.assertions().answer, Assertions::Present);
    }
    // This machine's files are none for it, though they have its libraries' names.
    let system = LoaderPaths {
        directories: vec!["/lib/x86_64-linux-gnu".into()],
        ..LoaderPaths::of_this_machine(shop.path())
    };
    let told = closure(&shop.path().join("a"), &Default::default(), &system).unwrap();
    let missing: Vec<_> = told.missing.iter().map(|missing| &missing.name).collect();
    assert_eq!(missing, ["libc.so.6"], "{told:?}");
}
