/* Proof of ndebug: assert(0) is compiled away. */
#include <assert.h>
#include <stdio.h>

int main(void)
{
    assert(0);
    printf("assert(0) did nothing\n");
    return 0;
}
