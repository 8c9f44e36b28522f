#include <assert.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    (void)argv;
    assert(argc == 1);
    printf("%d\n", GREETING);
    return 0;
}
