//! The same as `test_capacitor.c`, from Rust.

use capacitor_sys::*;

fn capacitance(gap: f64, points: i32) -> f64 {
    // SAFETY: it takes any gap above 0, and any number of points above 1.
    unsafe { capacitor_capacitance(gap, points) }
}

fn near(seen: f64, expected: f64, tolerance: f64) {
    assert!((seen - expected).abs() <= tolerance, "{seen} is not {expected}");
}

/// A rule of n points is exact for polynomials of degree 2n - 1.
#[test]
fn integrals_of_polynomials_are_exact() {
    let (mut x, mut w) = ([0.0; 8], [0.0; 8]);
    // SAFETY: both have room for 8.
    unsafe { capacitor_nodes(8, x.as_mut_ptr(), w.as_mut_ptr()) };
    for degree in 0..16 {
        let sum: f64 = x.iter().zip(w).map(|(x, w)| w * x.powi(degree)).sum();
        let expected = if degree % 2 == 0 { 2.0 / f64::from(degree + 1) } else { 0.0 };
        near(sum, expected, 1e-14);
    }
}

#[test]
fn the_equation_is_solved() {
    const N: usize = 200;
    let (mut x, mut w, mut a) = (vec![0.0; N], vec![0.0; N], vec![0.0; N * N]);
    let b: Vec<f64> = (0..N).map(|i| (i as f64).sin()).collect();
    let mut solution = vec![0.0; N];
    // SAFETY: all have room for N numbers, and the matrix for N times N.
    let steps = unsafe {
        capacitor_nodes(N as i32, x.as_mut_ptr(), w.as_mut_ptr());
        capacitor_assemble(N as i32, 0.5, x.as_ptr(), w.as_ptr(), a.as_mut_ptr());
        capacitor_solve(N as i32, a.as_ptr(), b.as_ptr(), solution.as_mut_ptr(), 1e-12)
    };
    assert!(steps > 0, "{steps}");
    for i in 0..N {
        let sum: f64 = (0..N).map(|j| a[i + j * N] * solution[j]).sum();
        near(sum, b[i], 1e-10);
    }
}

#[test]
fn capacitances_are_right() {
    near(capacitance(1e6, 200), 1.0, 1e-6);
    // Kirchhoff's formula for a small gap.
    let (pi, gap) = (std::f64::consts::PI, 0.05);
    let kirchhoff = pi / (4.0 * gap) + ((16.0 * pi / gap).ln() - 1.0) / 4.0;
    near(capacitance(gap, 400), kirchhoff, 0.01 * kirchhoff);
    // By another way: Simpson's rule and Picard iteration.
    near(capacitance(1.0, 200), 1.82078498283, 1e-9);
}

/// With OpenMP switched off all numbers are right, and this is not.
#[test]
fn both_languages_have_threads() {
    // SAFETY: they take any number of threads.
    unsafe {
        assert_eq!(capacitor_threads_c(2), 2);
        assert_eq!(capacitor_threads_fortran(2), 2);
    }
}
