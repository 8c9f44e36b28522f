/* Proof of openmp-simd: the simd directive is obeyed, for the variable that it makes private keeps
   its value outside the loop, and the rest of OpenMP is off. That the loop is also vectorised
   depends on the optimisation level, so it is not asked. */
#include <stdio.h>

#ifdef _OPENMP
#error "_OPENMP is defined: all of OpenMP is on, not only its simd directives"
#endif

int main(void)
{
    int a[64];
    int last = -1;
    int sum = 0;
    int i;

#pragma omp simd private(last)
    for (i = 0; i < 64; i++) {
        last = i;
        a[i] = 2 * last;
    }
    for (i = 0; i < 64; i++)
        sum += a[i];
    printf("simd directive %s, _OPENMP not defined\n", last == -1 ? "obeyed" : "ignored");
    return last == -1 && sum == 4032 ? 0 : 1;
}
