#include "capacitor.h"

#include <assert.h>
#include <math.h>

#ifdef _OPENMP
#include <omp.h>
#endif

static const double pi = 3.14159265358979323846;

/* The Legendre polynomial of degree n at x, and its derivative. */
static double legendre(int n, double x, double *derivative) {
    double before = 1, here = x;
    for (int k = 2; k <= n; k++) {
        double next = ((2 * k - 1) * x * here - (k - 1) * before) / k;
        before = here;
        here = next;
    }
    *derivative = n * (x * here - before) / (x * x - 1);
    return here;
}

void capacitor_nodes(int n, double x[], double w[]) {
    assert(n >= 2);
    /* Each point is a root of the polynomial, found by Newton's method on its own. */
#pragma omp parallel for schedule(static)
    for (int i = 0; i < n; i++) {
        double root = -cos(pi * (i + 0.75) / (n + 0.5)), derivative;
        for (int step = 0; step < 100; step++) {
            double move = legendre(n, root, &derivative) / derivative;
            root -= move;
            if (fabs(move) < 1e-15)
                break;
        }
        legendre(n, root, &derivative);
        x[i] = root;
        w[i] = 2 / ((1 - root * root) * derivative * derivative);
    }
}

int capacitor_threads_c(int wanted) {
    int threads = 0;
    (void)wanted;
#ifdef _OPENMP
    omp_set_dynamic(0);
#endif
#pragma omp parallel num_threads(wanted)
    {
#pragma omp atomic
        threads++;
    }
    return threads;
}
