#include "capacitor.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* BLAS, as every library has it. */
extern double ddot_(const int *n, const double *x, const int *incx, const double *y, const int *incy);
extern double dnrm2_(const int *n, const double *x, const int *incx);
extern void daxpy_(const int *n, const double *alpha, const double *x, const int *incx, double *y,
                   const int *incy);
extern void dscal_(const int *n, const double *alpha, double *x, const int *incx);
extern void dgemv_(const char *trans, const int *m, const int *n, const double *alpha,
                   const double *a, const int *lda, const double *x, const int *incx,
                   const double *beta, double *y, const int *incy);

static const int stride = 1;
static const double one = 1, zero = 0;

int capacitor_solve(int n, const double a[], const double b[], double x[], double tolerance) {
    assert(n > 0 && tolerance > 0);
    size_t size = (size_t)n * sizeof(double);
    double *residual = malloc(size), *direction = malloc(size), *image = malloc(size);
    int steps = -1;
    if (residual && direction && image) {
        memset(x, 0, size);
        memcpy(residual, b, size);
        memcpy(direction, b, size);
        const double goal = tolerance * dnrm2_(&n, b, &stride);
        double square = ddot_(&n, residual, &stride, residual, &stride);
        for (int step = 0; step <= n; step++) {
            if (sqrt(square) <= goal) {
                steps = step;
                break;
            }
            dgemv_("N", &n, &n, &one, a, &n, direction, &stride, &zero, image, &stride);
            double along = ddot_(&n, direction, &stride, image, &stride);
            /* The matrix is positive definite. */
            assert(along > 0);
            double length = square / along, back = -length;
            daxpy_(&n, &length, direction, &stride, x, &stride);
            daxpy_(&n, &back, image, &stride, residual, &stride);
            double next = ddot_(&n, residual, &stride, residual, &stride);
            double turn = next / square;
            dscal_(&n, &turn, direction, &stride);
            daxpy_(&n, &one, residual, &stride, direction, &stride);
            square = next;
        }
    }
    free(residual);
    free(direction);
    free(image);
    return steps;
}

double capacitor_capacitance(double gap, int n) {
    assert(gap > 0 && n >= 2);
    size_t size = (size_t)n * sizeof(double);
    double *x = malloc(size), *w = malloc(size), *root = malloc(size), *f = malloc(size);
    double *a = malloc(size * (size_t)n);
    double capacitance = -1;
    if (x && w && root && f && a) {
        capacitor_nodes(n, x, w);
        capacitor_assemble(n, gap, x, w, a);
        for (int i = 0; i < n; i++)
            root[i] = sqrt(w[i]);
        /* f is found times the roots of the weights: with these again it is summed up,
         * and the half from 0 to 1 counts. */
        if (capacitor_solve(n, a, root, f, 1e-13) >= 0)
            capacitance = ddot_(&n, root, &stride, f, &stride) / 2;
    }
    free(x);
    free(w);
    free(root);
    free(f);
    free(a);
    return capacitance;
}
