//! Which libraries a file speaks of.

use std::path::Path;

use super::{Workshop, have, have_programs};

#[test]
fn openmp_is_seen_where_it_is_and_not_where_it_is_ignored() {
    let source = "int f(int n) { int s = 0;\n#pragma omp parallel for reduction(+:s)\nfor (int i = 0; i < n; i++) s += i;\nreturn s; }\n";
    for (compiler, symbol) in [
        ("gcc", Some("GOMP_parallel")),
        ("clang-14", Some("__kmpc_fork_call")),
        ("tcc", None),
    ] {
        if !have_programs(&[compiler]) {
            continue;
        }
        let shop = Workshop::new();
        shop.write("a.c", source);
        shop.run(&format!("{compiler} -fopenmp -c a.c -o a.o"));
        let symbols = shop.read("a.o").symbols();
        match symbol {
            Some(symbol) => assert!(
                symbols.openmp.undefined.contains(symbol),
                "{compiler}: {symbols:?}"
            ),
            None => assert!(symbols.openmp.is_empty(), "{compiler}: {symbols:?}"),
        }
    }
}

#[test]
fn needed_openmp_libraries_are_told() {
    if !have_programs(&["gcc", "clang-14"]) {
        return;
    }
    let shop = Workshop::new();
    shop.write(
        "a.c",
        "int main(void) {\n#pragma omp parallel\n{}\nreturn 0; }\n",
    );
    for (compiler, library) in [("gcc", "libgomp.so.1"), ("clang-14", "libomp.so.5")] {
        shop.run(&format!("{compiler} -fopenmp a.c -o a"));
        let a = shop.read("a");
        assert_eq!(a.dynamic().unwrap().openmp_libraries(), [library]);
    }
}

#[test]
fn blas_is_defined_here_or_needed_from_elsewhere() {
    let directory = Path::new("/usr/lib/x86_64-linux-gnu/openblas-serial");
    if !have_programs(&["gcc"])
        || !have(
            directory.join("libopenblas.a").is_file(),
            "libopenblas-serial-dev",
        )
    {
        return;
    }
    let shop = Workshop::new();
    shop.write("a.c", "void dgemm_(); void cblas_ddot(); int main(int n, char **v) { if (n > 5) { dgemm_(); cblas_ddot(); } return 0; }\n");
    let directory = directory.display();
    shop.run(&format!("gcc a.c -L{directory} -lopenblas -o dynamic"));
    let dynamic = shop.read("dynamic").symbols();
    assert_eq!(
        dynamic.blas.undefined.iter().collect::<Vec<_>>(),
        ["cblas_ddot", "dgemm_"]
    );
    assert!(dynamic.blas.defined.is_empty());
    shop.run(&format!(
        "gcc a.c {directory}/libopenblas.a -lgfortran -lm -o static"
    ));
    let fixed = shop.read("static").symbols();
    assert!(fixed.blas.defined.contains("dgemm_"), "{fixed:?}");
    assert!(!fixed.blas.undefined.contains("dgemm_"));
}

#[test]
fn mpi_is_seen_in_both_spellings() {
    if !have_programs(&["gcc"]) {
        return;
    }
    let shop = Workshop::new();
    shop.write("a.c", "void MPI_Init(); void mpi_barrier_(); void mpi_like(); void MPI_lower(); void f(void) { MPI_Init(); mpi_barrier_(); mpi_like(); MPI_lower(); }\n");
    shop.run("gcc -c a.c");
    let symbols = shop.read("a.o").symbols();
    assert_eq!(
        symbols.mpi.undefined.iter().collect::<Vec<_>>(),
        ["MPI_Init", "mpi_barrier_"]
    );
}

#[test]
fn the_reference_library_is_known_name_by_name() {
    let library = Path::new("/usr/lib/x86_64-linux-gnu/blas/libblas.so.3");
    if !have(library.is_file(), "libblas3") {
        return;
    }
    let symbols = super::read(library).unwrap().symbols();
    // What is missing of its names is for errors, or wraps a function for C.
    assert!(
        symbols.blas.defined.len() >= 290,
        "{}",
        symbols.blas.defined.len()
    );
    let lapack = Path::new("/usr/lib/x86_64-linux-gnu/lapack/liblapack.so.3");
    if have(lapack.is_file(), "liblapack3") {
        let symbols = super::read(lapack).unwrap().symbols();
        assert!(
            symbols.lapack.defined.len() >= 1200,
            "{}",
            symbols.lapack.defined.len()
        );
        // What it takes from the other library is not its own.
        assert!(symbols.blas.undefined.contains("dgemm_"));
    }
}
