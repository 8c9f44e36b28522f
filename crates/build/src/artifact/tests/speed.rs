//! How long it takes, so that proving a variant is not what a run waits for.

use std::time::{Duration, Instant};

use super::super::LoaderPaths;
use super::{Workshop, have_programs};

/// The least of several times, because others use the machine too.
fn least(mut act: impl FnMut()) -> Duration {
    (0..9)
        .map(|_| {
            let start = Instant::now();
            act();
            start.elapsed()
        })
        .min()
        .expect("there are nine")
}

#[test]
fn a_library_is_read_in_twenty_milliseconds() {
    if !have_programs(&["gcc"]) {
        return;
    }
    let shop = Workshop::new();
    let mut source = String::from("void dgemm_(void);\n");
    for number in 0..2000 {
        source.push_str(&format!(
            "int function_{number}(int n) {{ if (n) dgemm_(); return n + {number}; }}\n"
        ));
    }
    shop.write("l.c", &source);
    shop.run("gcc -g -O1 -shared -fPIC l.c -o libl.so");
    let read = least(|| {
        let library = shop.read("libl.so");
        assert_eq!(library.units().count(), 1);
        assert!(library.symbols().blas.undefined.contains("dgemm_"));
    });
    let system = LoaderPaths::of_this_machine(shop.path());
    let path = shop.path().join("libl.so");
    let followed = least(|| {
        let closure = super::super::closure(&path, &Default::default(), &system).unwrap();
        assert!(!closure.loaded.is_empty());
    });
    let limit = Duration::from_millis(20);
    assert!(read < limit, "reading took {read:?}");
    assert!(followed < limit, "following the loader took {followed:?}");
}
