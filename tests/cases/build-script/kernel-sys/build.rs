use cfgmatrix::build_script::{self, Blas};
use cfgmatrix::core::Linkage;

fn main() {
    build_script::run(|script| {
        let mut blas = if cfg!(feature = "threaded") { Blas::threaded() } else { Blas::sequential() };
        if cfg!(feature = "shared") {
            blas = blas.linkage(Linkage::Shared);
        }
        let mut build = cc::Build::new();
        build.file("src/kernel.c");
        let kit = script.feature("openmp").blas(blas.library("openblas")).resolve(&build)?;
        println!("cargo::rerun-if-changed=src/kernel.c");
        kit.compile(&mut build, "kernel")
    });
}
