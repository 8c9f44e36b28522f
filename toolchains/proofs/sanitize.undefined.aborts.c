/* expect: signed integer overflow */
/* Proof of sanitize.undefined: a signed addition overflows. The report does not end the program,
   so the program ends itself with a failure; the text is what proves. */
#include <limits.h>
#include <stdio.h>

int main(void)
{
    volatile int largest = INT_MAX;
    volatile int sum = largest + 1;

    printf("sum %d\n", sum);
    return 1;
}
