/* Proof of openmp: the macro is defined, and a parallel region is seen to run on two threads.
   A compiler that takes the flag and ignores the directives stops at #error; one whose
   run-time library is missing or does nothing fails at the link or counts one thread.
   The macro is looked at before the header, so that the first message names the cause. */
#ifndef _OPENMP
#error "_OPENMP is not defined"
#endif

#include <omp.h>
#include <stdio.h>

int main(void)
{
    int threads = 0;

    omp_set_dynamic(0);
#pragma omp parallel num_threads(2)
    {
#pragma omp atomic
        threads += 1;
    }
    printf("threads %d\n", threads);
    printf("_OPENMP %ld\n", (long)_OPENMP);
    return threads == 2 ? 0 : 1;
}
