/* Says how many threads a call to dgemm outside of a parallel region leaves in
   the process, how many a parallel region has, and how many there are after
   each of its threads has called dgemm. */
#include <dirent.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 700 };

extern void dgemm_(const char *, const char *, const int *, const int *, const int *,
                   const double *, const double *, const int *, const double *, const int *,
                   const double *, double *, const int *);

static int tasks(void) {
    DIR *directory = opendir("/proc/self/task");
    int count = 0;

    if (!directory)
        exit(1);
    for (struct dirent *entry; (entry = readdir(directory));)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

static void multiply(void) {
    const int n = N;
    const double one = 1, zero = 0;
    double *a = malloc(3 * sizeof(double) * N * N);

    if (!a)
        exit(1);
    for (int i = 0; i < 2 * N * N; i++)
        a[i] = i < N * N ? 1 : 2;
    dgemm_("N", "N", &n, &n, &n, &one, a, &n, a + N * N, &n, &zero, a + 2 * N * N, &n);
    if (a[3 * N * N - 1] != 2.0 * N)
        exit(2);
    free(a);
}

int main(void) {
    int region = 0;

    multiply();
    printf("alone %d\n", tasks());
#pragma omp parallel
    {
#pragma omp single
        region = omp_get_num_threads();
        multiply();
    }
    printf("region %d\n", region);
    printf("together %d\n", tasks());
    return 0;
}
