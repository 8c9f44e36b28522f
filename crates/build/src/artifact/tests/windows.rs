//! Files for Windows.

use super::super::{Assertions, Format, Optimisation, Role, units_below};
use super::{PROGRAM, Workshop, have_programs};

#[test]
fn mingw_programs_tell_producers_and_imports() {
    if !have_programs(&["x86_64-w64-mingw32-gcc"]) {
        return;
    }
    let shop = Workshop::new();
    shop.write("a.c", PROGRAM);
    shop.run("x86_64-w64-mingw32-gcc -g -O2 a.c -o a.exe");
    let a = shop.read("a.exe");
    assert_eq!((a.format, a.role), (Format::Pe, Role::Executable));
    assert_eq!(a.images[0].architecture, "x86_64");
    let needed: Vec<_> = a
        .dynamic()
        .unwrap()
        .needed
        .iter()
        .map(|name| name.to_ascii_lowercase())
        .collect();
    assert!(needed.contains(&"kernel32.dll".to_owned()), "{needed:?}");
    assert!(needed.contains(&"msvcrt.dll".to_owned()), "{needed:?}");
    assert!(
        a.comments().iter().any(|text| text.starts_with("GCC: (")),
        "{:?}",
        a.comments()
    );
    let units = units_below(a.units(), &[shop.path()]);
    assert_eq!(units.len(), 1, "{:?}", a.units().collect::<Vec<_>>());
    assert_eq!(a.optimisation(units), [Optimisation::Level("2".into())]);
    assert_eq!(a.assertions().answer, Assertions::Present);

    shop.run("x86_64-w64-mingw32-gcc -O2 -s -DNDEBUG a.c -o quiet.exe");
    let quiet = shop.read("quiet.exe");
    assert_eq!(
        quiet.assertions().answer,
        Assertions::Unknown,
        "{:?}",
        quiet.assertions()
    );
}

#[test]
fn mingw_libraries_have_names() {
    if !have_programs(&["x86_64-w64-mingw32-gcc"]) {
        return;
    }
    let shop = Workshop::new();
    shop.write(
        "l.c",
        "void dgemm_(void); __declspec(dllexport) void f(void) { dgemm_(); }\nvoid g(void) {}\n",
    );
    shop.write("b.c", "__declspec(dllexport) void dgemm_(void) {}\n");
    shop.run("x86_64-w64-mingw32-gcc -shared b.c -o libblas.dll");
    shop.run("x86_64-w64-mingw32-gcc -shared -s l.c libblas.dll -o l.dll");
    let library = shop.read("l.dll");
    assert_eq!(library.role, Role::SharedLibrary);
    let dynamic = library.dynamic().unwrap();
    assert_eq!(dynamic.soname.as_deref(), Some("l.dll"));
    assert!(dynamic.needed.contains(&"libblas.dll".to_owned()));
    // Its symbols are stripped; what it imports is not.
    assert!(
        library.symbols().blas.undefined.contains("dgemm_"),
        "{:?}",
        library.symbols()
    );
    shop.run("x86_64-w64-mingw32-gcc -g -O1 -c l.c -o l.obj");
    let object = shop.read("l.obj");
    assert_eq!((object.format, object.role), (Format::Pe, Role::Object));
    assert_eq!(
        object.optimisation(object.units()),
        [Optimisation::Level("1".into())]
    );
    shop.run("x86_64-w64-mingw32-ar rcs l.lib l.obj");
    assert_eq!(shop.read("l.lib").role, Role::Archive);
    assert_eq!(shop.read("l.lib").format, Format::Pe);
}
