/* What fails is said, and how many: also where assertions are switched off. */
#include "capacitor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int failures;

static void near(const char *what, double seen, double expected, double tolerance) {
    if (!(fabs(seen - expected) <= tolerance)) {
        printf("FAILED: %s is %.15g, not %.15g\n", what, seen, expected);
        failures++;
    }
}

enum { points = 200 };

/* At distance 1, by another way: Simpson's rule and Picard iteration. */
static const double reference = 1.82078498283;

/* A rule of n points is exact for polynomials of degree 2n - 1. */
static void test_nodes(void) {
    double x[8], w[8];
    capacitor_nodes(8, x, w);
    for (int degree = 0; degree < 16; degree++) {
        double sum = 0;
        for (int i = 0; i < 8; i++)
            sum += w[i] * pow(x[i], degree);
        near("an integral", sum, degree % 2 ? 0 : 2.0 / (degree + 1), 1e-14);
    }
}

static void test_equation(void) {
    static double x[points], w[points], a[points * points], b[points], solution[points];
    capacitor_nodes(points, x, w);
    capacitor_assemble(points, 0.5, x, w, a);
    for (int i = 0; i < points; i++)
        b[i] = sin(i);
    int steps = capacitor_solve(points, a, b, solution, 1e-12);
    near("whether it is solved", steps > 0, 1, 0);
    /* Multiplied out by hand, not by BLAS. */
    double worst = 0;
    for (int i = 0; i < points; i++) {
        double sum = -b[i];
        for (int j = 0; j < points; j++) {
            sum += a[i + j * points] * solution[j];
            near("symmetry", a[i + j * points], a[j + i * points], 1e-15);
        }
        worst = fmax(worst, fabs(sum));
    }
    near("the residual", worst, 0, 1e-10);
}

static void test_capacitance(void) {
    const double pi = acos(-1);
    /* Discs that are far apart do not feel each other. */
    near("the capacitance at distance 1e6", capacitor_capacitance(1e6, points), 1, 1e-6);
    /* Kirchhoff's formula for a small gap: the plates, and a first term for their edges. */
    double gap = 0.05;
    double kirchhoff = pi / (4 * gap) + (log(16 * pi / gap) - 1) / 4;
    near("the capacitance at distance 0.05", capacitor_capacitance(gap, 2 * points), kirchhoff, 0.01 * kirchhoff);
    /* Twice the points change nothing any more. */
    near("the capacitance at distance 1", capacitor_capacitance(1, points), reference, 1e-9);
    near("the same with fewer points", capacitor_capacitance(1, points / 2), reference, 1e-9);
}

/* With OpenMP switched off all numbers are right, and this is not. */
static void test_threads(void) {
    near("threads in C", capacitor_threads_c(2), 2, 0);
    near("threads in Fortran", capacitor_threads_fortran(2), 2, 0);
}

int main(void) {
    test_nodes();
    test_equation();
    test_capacitance();
    test_threads();
    printf(failures ? "%d failed\n" : "all passed\n", failures);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
