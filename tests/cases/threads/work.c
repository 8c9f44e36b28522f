/* Multiplies matrices: `work big N TIMES` one after the other, `work small N TIMES`
   many at a time, in a parallel region. Appends to the file that WORK_LOG names
   how many threads it had; those of BLAS are what the library says. */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern void dgemm_(const char *, const char *, const int *, const int *, const int *,
                   const double *, const double *, const int *, const double *, const int *,
                   const double *, double *, const int *);
extern int openblas_get_num_threads(void);

static double multiply(int n) {
    const double one = 1, zero = 0;
    const size_t size = (size_t)n * n;
    double *a = malloc(3 * sizeof(double) * size);
    double last;

    if (!a)
        exit(1);
    for (size_t i = 0; i < 2 * size; i++)
        a[i] = i < size ? 1 : 2;
    dgemm_("N", "N", &n, &n, &n, &one, a, &n, a + size, &n, &zero, a + 2 * size, &n);
    last = a[3 * size - 1];
    free(a);
    return last;
}

int main(int count, char **words) {
    const char *log = getenv("WORK_LOG"), *variant = getenv("CFGMATRIX_VARIANT");
    int wrong = 0;

    if (count != 4)
        return 2;
    const int n = atoi(words[2]), times = atoi(words[3]);
    if (log) {
        FILE *file = fopen(log, "a");
        if (!file)
            return 3;
        fprintf(file, "%s %d %d\n", variant ? variant : "-", omp_get_max_threads(),
                openblas_get_num_threads());
        if (fclose(file))
            return 3;
    }
    if (strcmp(words[1], "big") == 0) {
        for (int i = 0; i < times; i++)
            wrong += multiply(n) != 2.0 * n;
    } else {
#pragma omp parallel for schedule(dynamic, 8) reduction(+ : wrong)
        for (int i = 0; i < times; i++)
            wrong += multiply(n) != 2.0 * n;
    }
    return wrong != 0;
}
