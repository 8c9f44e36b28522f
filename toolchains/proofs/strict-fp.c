/* Proof of strict-fp: a product and a sum are rounded twice (no contraction), a sum keeps its
   order, NaN is told apart, and a constant quotient obeys the rounding mode of the moment. The
   mode is set by the SSE control register: fesetround would need the mathematics library. */
#include <stdio.h>
#if defined __SSE2__ || defined _M_X64
#include <xmmintrin.h>
#define HAS_SSE 1
#endif

#ifdef __FAST_MATH__
#error "__FAST_MATH__ is defined"
#endif

int main(void)
{
    volatile double a = 1.0 + 1.0 / 134217728.0;
    volatile double c = -(1.0 + 1.0 / 67108864.0);
    volatile double big = 1e20;
    volatile double one = 1.0;
    volatile double zero = 0.0;
    volatile double nan = zero / zero;
    double x = a;
    double y = c;
    double contracted = x * x + y;
    double u = big;
    double v = one;
    double sum = (u + v) - u;
    int up = 1;

#ifdef HAS_SSE
    volatile double third;

    _MM_SET_ROUNDING_MODE(_MM_ROUND_UP);
    third = 1.0 / 3.0;
    _MM_SET_ROUNDING_MODE(_MM_ROUND_NEAREST);
    up = third > 0.333333333333333314829616256247;
    printf("a*a+c is %g, 1/3 is rounded %s\n", contracted, up ? "as asked" : "at compile time");
#else
    printf("a*a+c is %g\n", contracted);
#endif
    return contracted == 0.0 && sum == 0.0 && nan != nan && up ? 0 : 1;
}
