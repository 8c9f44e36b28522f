//! Files for Apple's systems; no linker for them is at hand.

use super::super::{Assertions, Format, Role};
use super::{Workshop, have_programs};

#[test]
fn mach_o_objects_are_read() {
    if !have_programs(&["clang-14"]) {
        return;
    }
    let shop = Workshop::new();
    shop.write(
        "a.c",
        "void __assert_rtn(void); void dgemm_(void); void f(void) { __assert_rtn(); dgemm_(); }\n",
    );
    for (target, architecture) in [
        ("x86_64-apple-macos11", "x86_64"),
        ("arm64-apple-macos11", "aarch64"),
    ] {
        shop.run(&format!("clang-14 -target {target} -g -O2 -c a.c -o a.o"));
        let a = shop.read("a.o");
        assert_eq!((a.format, a.role), (Format::MachO, Role::Object));
        assert_eq!(a.images[0].architecture, architecture);
        let unit = a.units().next().unwrap();
        assert!(
            unit.producer
                .as_deref()
                .unwrap()
                .contains("clang version 14")
        );
        assert_eq!(unit.name.as_deref(), Some("a.c"));
        assert_eq!(a.assertions().answer, Assertions::Present);
        assert!(
            a.symbols().blas.undefined.contains("dgemm_"),
            "{:?}",
            a.symbols()
        );
    }
}
