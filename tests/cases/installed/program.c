/* Says what it was built as: threads of its own OpenMP, the file that its dgemm
   came from, the threading that OpenBLAS says it has, and whether NDEBUG and
   optimisation are on. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

extern void dgemm_(const char *, const char *, const int *, const int *, const int *,
                   const double *, const double *, const int *, const double *, const int *,
                   const double *, double *, const int *);
extern int openblas_get_parallel(void);

int main(void) {
    enum { N = 64 };
    static double a[N * N], b[N * N], c[N * N];
    const int n = N;
    const double one = 1, zero = 0;
    int threads = 0;
    char path[4096];
    Dl_info from;

    omp_set_dynamic(0);
#pragma omp parallel num_threads(2)
    {
#pragma omp atomic
        threads += 1;
    }
    for (int i = 0; i < N * N; i++) {
        a[i] = 1;
        b[i] = 2;
    }
    dgemm_("N", "N", &n, &n, &n, &one, a, &n, b, &n, &zero, c, &n);
    if (!dladdr((void *)dgemm_, &from) || !realpath(from.dli_fname, path))
        return 1;
    printf("threads %d\n", threads);
    printf("product %g\n", c[N * N - 1]);
    printf("dgemm %s\n", path);
    printf("parallel %d\n", openblas_get_parallel());
#ifdef NDEBUG
    puts("ndebug 1");
#else
    puts("ndebug 0");
#endif
#ifdef __OPTIMIZE__
    puts("optimised 1");
#else
    puts("optimised 0");
#endif
    return 0;
}
