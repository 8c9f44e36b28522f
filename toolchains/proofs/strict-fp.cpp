// Proof of strict-fp: a product and a sum are rounded twice (no contraction), a sum keeps its
// order, NaN is told apart, and a constant quotient obeys the rounding mode of the moment.
#include <cfenv>
#include <cstdio>

#ifdef __FAST_MATH__
#error "__FAST_MATH__ is defined"
#endif

int main()
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
    volatile double third;
    bool up;

    std::fesetround(FE_UPWARD);
    third = 1.0 / 3.0;
    std::fesetround(FE_TONEAREST);
    up = third > 0.333333333333333314829616256247;
    std::printf("a*a+c is %g, 1/3 is rounded %s\n", contracted,
                up ? "as asked" : "at compile time");
    return contracted == 0.0 && sum == 0.0 && nan != nan && up ? 0 : 1;
}
