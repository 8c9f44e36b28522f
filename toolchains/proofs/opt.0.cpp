// Proof of opt.0: an idle loop of 200 million turns is executed. No machine does that in
// 10 ms of processor time, and every optimiser removes the loop.
#include <cstdio>
#include <ctime>

static void count(unsigned long n)
{
    unsigned long sum = 0;
    unsigned long i;

    for (i = 0; i < n; i++)
        sum += i;
    (void)sum;
}

int main()
{
    std::clock_t start;
    double milliseconds;

    start = std::clock();
    count(200000000UL);
    milliseconds = 1000.0 * (double)(std::clock() - start) / (double)CLOCKS_PER_SEC;
    std::printf("an idle loop took %.0f ms\n", milliseconds);
    return milliseconds >= 10.0 ? 0 : 1;
}
