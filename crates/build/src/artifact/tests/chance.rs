//! Libraries scattered by chance, compared with the loader itself.
//!
//! Which rule wins where is in no manual in full, and the loader knows.

use proptest::prelude::*;

use super::closures::same;
use super::{Workshop, have_programs};

/// How a file names directories: not at all, or in one of the two manners.
const MANNERS: [&str; 4] = ["none", "rpath", "runpath", "empty"];

/// Where files may lie.
const PLACES: [&str; 4] = ["p0", "p1", "p2", "p3/glibc-hwcaps/x86-64-v2"];

/// A library in a place: which, made in which manner, for this machine or not.
#[derive(Clone, Debug)]
struct Scattered {
    library: usize,
    manner: usize,
    place: usize,
    foreign: bool,
}

/// `main` needs `a` and `b`, `a` needs `b` and `c`, `b` needs `c`.
fn made() -> Workshop {
    let shop = Workshop::new();
    shop.write("c.c", "int c(void) { return 1; }\n");
    shop.write("b.c", "int c(void); int b(void) { return c(); }\n");
    shop.write(
        "a.c",
        "int b(void); int c(void); int a(void) { return b() + c(); }\n",
    );
    shop.write(
        "m.c",
        "int a(void); int b(void); int main(void) { return a() + b(); }\n",
    );
    let flags = |manner: &str, first: &str, second: &str| match manner {
        "none" => String::new(),
        "rpath" => format!("-Wl,--disable-new-dtags,-rpath,{first}:{second}"),
        "runpath" => format!("-Wl,--enable-new-dtags,-rpath,{first}:{second}"),
        _ => format!("-Wl,--enable-new-dtags,-rpath,:{second}"),
    };
    for manner in MANNERS {
        for (library, needs) in [
            ("c", ""),
            ("b", "made/libc-none.so"),
            ("a", "made/libb-none.so made/libc-none.so"),
        ] {
            shop.run("mkdir -p made");
            let flags = flags(manner, "$ORIGIN/../p1", "$ORIGIN/../p2");
            shop.run(&format!(
                "gcc -shared -fPIC -Wl,--no-as-needed,-soname,lib{library}-chance.so {flags} {library}.c {needs} -o made/lib{library}-{manner}.so"
            ));
        }
        let flags = flags(manner, "$ORIGIN/p0", "$ORIGIN/p3");
        shop.run(&format!(
            "gcc -Wl,--no-as-needed,-rpath-link,made,--allow-shlib-undefined {flags} m.c made/liba-none.so made/libb-none.so -o main-{manner}"
        ));
    }
    shop
}

fn scattered() -> impl Strategy<Value = Scattered> {
    (
        0..3usize,
        0..MANNERS.len(),
        0..PLACES.len(),
        prop::bool::weighted(0.15),
    )
        .prop_map(|(library, manner, place, foreign)| Scattered {
            library,
            manner,
            place,
            foreign,
        })
}

#[test]
fn scattered_libraries_are_found_as_the_loader_finds_them() {
    if !have_programs(&["gcc"]) {
        return;
    }
    let shop = made();
    let environment = prop::option::of(prop::collection::vec(
        prop::sample::select(vec!["p0", "p1", "p2", "p3", "", "$ORIGIN/p1", "absent"]),
        1..4,
    ));
    let preload = prop::option::weighted(
        0.3,
        prop::sample::select(vec![
            "libc-chance.so",
            "./p0/libb-chance.so",
            "p1/libc-chance.so",
            "libabsent.so",
        ]),
    );
    let strategy = (
        0..MANNERS.len(),
        prop::collection::vec(scattered(), 2..9),
        environment,
        preload,
    );
    // Each starts a process: a quarter of what PROPTEST_CASES says.
    let defaults = ProptestConfig::default();
    let config = ProptestConfig {
        cases: defaults.cases / 4,
        failure_persistence: None,
        ..defaults
    };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner
        .run(&strategy, |(manner, files, environment, preload)| {
            for place in ["p0", "p1", "p2", "p3"] {
                let _absent = std::fs::remove_dir_all(shop.path().join(place));
            }
            for place in PLACES {
                std::fs::create_dir_all(shop.path().join(place)).unwrap();
            }
            for file in &files {
                let library = ["a", "b", "c"][file.library];
                let from = format!("made/lib{library}-{}.so", MANNERS[file.manner]);
                let to = format!("{}/lib{library}-chance.so", PLACES[file.place]);
                let mut bytes = std::fs::read(shop.path().join(from)).unwrap();
                if file.foreign {
                    // e_machine: AArch64.
                    bytes[18] = 183;
                }
                std::fs::write(shop.path().join(to), bytes).unwrap();
            }
            let path = environment.map(|places| places.join(":"));
            let variables: Vec<_> = [
                ("LD_LIBRARY_PATH", path.as_deref()),
                ("LD_PRELOAD", preload),
            ]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
            same(&shop, &format!("main-{}", MANNERS[manner]), &variables);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}
