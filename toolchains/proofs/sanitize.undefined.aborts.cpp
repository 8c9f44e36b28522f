// expect: signed integer overflow
// Proof of sanitize.undefined: a signed addition overflows. The report does not end the program,
// so the program ends itself with a failure; the text is what proves.
#include <climits>
#include <cstdio>

int main()
{
    volatile int largest = INT_MAX;
    volatile int sum = largest + 1;

    std::printf("sum %d\n", sum);
    return 1;
}
