/* Proof of opt.0: an idle loop of 200 million turns is executed. No machine does that in
   10 ms of processor time, and every optimiser removes the loop. */
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
    return milliseconds >= 10.0 ? 0 : 1;
}
