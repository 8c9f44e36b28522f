/* Proof of opt.2: an idle loop of 200 million turns is removed, so it takes less than the
   10 ms of processor time that no machine could do it in. Neither size nor accuracy is traded.
   Which of the levels it is, no compiler tells a program. */
#ifdef __OPTIMIZE_SIZE__
#error "__OPTIMIZE_SIZE__ is defined: this level trades speed for size"
#endif
#ifdef __FAST_MATH__
#error "__FAST_MATH__ is defined: this level trades accuracy for speed"
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
