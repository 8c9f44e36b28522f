/* A kernel as scientific code has it: an OpenMP loop, and dgemm. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <omp.h>
#include <stdlib.h>

extern void dgemm_(const char *, const char *, const int *, const int *, const int *, const double *,
                   const double *, const int *, const double *, const int *, const double *,
                   double *, const int *);

/* How many threads a parallel region of two really has. */
int kernel_openmp_threads(void) {
    int threads = 0;
    omp_set_dynamic(0);
#pragma omp parallel num_threads(2)
    {
#pragma omp atomic
        threads += 1;
    }
    return threads;
}

/* Multiplies n by n matrices of ones and twos: every element is 2n. */
double kernel_dgemm(int n) {
    const double one = 1, zero = 0;
    size_t size = (size_t)n * (size_t)n;
    double *a = malloc(size * sizeof *a), *b = malloc(size * sizeof *b), *c = malloc(size * sizeof *c);
    double last = -1;
    if (a && b && c) {
        for (size_t i = 0; i < size; i++) {
            a[i] = 1;
            b[i] = 2;
        }
        dgemm_("N", "N", &n, &n, &n, &one, a, &n, b, &n, &zero, c, &n);
        last = c[size - 1];
    }
    free(a);
    free(b);
    free(c);
    return last;
}

/* The file that dgemm really comes from. */
const char *kernel_dgemm_file(void) {
    Dl_info info;
    return dladdr((void *)dgemm_, &info) ? info.dli_fname : "";
}

int kernel_has_assertions(void) {
#ifdef NDEBUG
    return 0;
#else
    return 1;
#endif
}

int kernel_is_optimised(void) {
#ifdef __OPTIMIZE__
    return 1;
#else
    return 0;
#endif
}
