// println!("cargo:rustc-link-lib=mpi");
fn main() {
    let mut build = compiler::Build::new();
    build.cpp(true).file("src/kernels.cpp").flag("-fopenmp");
    build.compile("kernels");
    println!("cargo:rustc-link-lib=dylib=openblas");
}
