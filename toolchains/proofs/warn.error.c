/* Proof of warn.error, first part: a program without a warning builds. */
#include <stdio.h>

int main(void)
{
    printf("a program without a warning builds\n");
    return 0;
}
