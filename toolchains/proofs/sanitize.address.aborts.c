/* expect: heap-buffer-overflow */
/* Proof of sanitize.address: one byte behind the end of a heap block is written. The index is
   volatile, so that no optimiser sees the error and removes it. */
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    volatile int index = 16;
    char *block = (char *)malloc(16);

    if (block == NULL)
        return 0;
    block[index] = 1;
    printf("not reported: %d\n", block[0] == block[index]);
    free(block);
    return 0;
}
