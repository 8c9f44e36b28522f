//! Says what its kernel really is, one `name value` a line.

use std::fs;

fn main() {
    // Before the first parallel region, so that only BLAS can have started threads.
    let product = kernel_sys::dgemm(700);
    println!("product {product}");
    println!("threads-after-dgemm {}", fs::read_dir("/proc/self/task").map_or(0, Iterator::count));
    println!("openmp-threads {}", kernel_sys::openmp_threads());
    let file = kernel_sys::dgemm_file();
    let file = fs::canonicalize(&file).map_or(file, |path| path.display().to_string());
    println!("dgemm-file {file}");
    println!("assertions {}", kernel_sys::has_assertions());
    println!("optimised {}", kernel_sys::is_optimised());
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    for runtime in ["libgomp", "libomp", "libiomp5"] {
        if maps.lines().any(|line| line.contains(&format!("/{runtime}.so"))) {
            println!("runtime {runtime}");
        }
    }
}
