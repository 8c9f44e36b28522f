//! Bindings to the library: `include/capacitor.h` says what each function does.

use std::ffi::{c_double, c_int};

extern "C" {
    pub fn capacitor_nodes(n: c_int, x: *mut c_double, w: *mut c_double);
    pub fn capacitor_assemble(
        n: c_int,
        gap: c_double,
        x: *const c_double,
        w: *const c_double,
        a: *mut c_double,
    );
    pub fn capacitor_solve(
        n: c_int,
        a: *const c_double,
        b: *const c_double,
        x: *mut c_double,
        tolerance: c_double,
    ) -> c_int;
    pub fn capacitor_capacitance(gap: c_double, n: c_int) -> c_double;
    pub fn capacitor_threads_c(wanted: c_int) -> c_int;
    pub fn capacitor_threads_fortran(wanted: c_int) -> c_int;
}
