/* expect: use-of-uninitialized-value */
/* Proof of sanitize.memory: a branch depends on heap memory that nothing has written. */
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    volatile int equal = 0;
    volatile int *block = (volatile int *)malloc(16 * sizeof(int));

    if (block == NULL)
        return 0;
    if (block[3] == 42)
        equal += 1;
    printf("not reported: %d\n", equal);
    free((void *)block);
    return 0;
}
