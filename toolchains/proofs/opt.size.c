/* Proof of opt.size: an idle loop of 200 million turns is removed, so it takes less than the
   10 ms of processor time that no machine could do it in. The macro tells this level from the
   others. */
#ifndef __OPTIMIZE_SIZE__
#if defined __clang__ || defined __GNUC__
#error "__OPTIMIZE_SIZE__ is not defined"
#else
#error "cannot tell: only gcc and clang define __OPTIMIZE_SIZE__"
#endif
#endif

#include <stdio.h>
#include <time.h>

static void count(unsigned long n)
{
    unsigned long sum = 0;
    unsigned long i;

    for (i = 0; i < n; i++)
        sum += i;
    (void)sum;
}

int main(void)
{
    clock_t start;
    double milliseconds;

    start = clock();
    count(200000000UL);
    milliseconds = 1000.0 * (double)(clock() - start) / (double)CLOCKS_PER_SEC;
    printf("an idle loop took %.0f ms\n", milliseconds);
    return milliseconds < 10.0 ? 0 : 1;
}
