//! Bindings to the kernel.

use std::ffi::{CStr, c_char, c_double, c_int};

unsafe extern "C" {
    safe fn kernel_openmp_threads() -> c_int;
    safe fn kernel_dgemm(n: c_int) -> c_double;
    safe fn kernel_dgemm_file() -> *const c_char;
    safe fn kernel_has_assertions() -> c_int;
    safe fn kernel_is_optimised() -> c_int;
}

pub fn openmp_threads() -> i32 {
    kernel_openmp_threads()
}

pub fn dgemm(n: i32) -> f64 {
    kernel_dgemm(n)
}

pub fn dgemm_file() -> String {
    // SAFETY: the kernel returns a string that lives as long as the process.
    unsafe { CStr::from_ptr(kernel_dgemm_file()) }.to_string_lossy().into_owned()
}

pub fn has_assertions() -> bool {
    kernel_has_assertions() != 0
}

pub fn is_optimised() -> bool {
    kernel_is_optimised() != 0
}
