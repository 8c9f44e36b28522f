/* Proof of opt.3: an idle loop of 200 million turns is removed, so it takes less than the
   10 ms of processor time that no machine could do it in. NaN and signed zero are those of
   IEEE 754. Which of the levels it is, no compiler tells a program. */
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
    {
        volatile double zero = 0.0;
        volatile double nan = zero / zero;
        double minus = -zero;

        if (nan == nan) {
            printf("NaN equals itself\n");
            return 1;
        }
        if (!(1.0 / minus < 0.0)) {
            printf("the sign of zero is lost\n");
            return 1;
        }
    }
    return milliseconds < 10.0 ? 0 : 1;
}
