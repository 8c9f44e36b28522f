/* Proof of fast-math: the compiler says so by __FAST_MATH__ or, where it has no such macro, a sum
   that needs its order comes out as if it were reordered. */
#include <stdio.h>

int main(void)
{
#ifdef __FAST_MATH__
    printf("__FAST_MATH__ %d\n", __FAST_MATH__);
    return 0;
#else
    volatile double big = 1e20;
    volatile double one = 1.0;
    double x = big;
    double y = one;
    double sum = (x + y) - x;

    printf("(1e20 + 1) - 1e20 is %g\n", sum);
    return sum == 1.0 ? 0 : 1;
#endif
}
