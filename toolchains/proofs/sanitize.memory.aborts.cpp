// expect: use-of-uninitialized-value
// Proof of sanitize.memory: a branch depends on heap memory that nothing has written.
#include <cstdio>
#include <cstdlib>

int main()
{
    volatile int equal = 0;
    volatile int *block = static_cast<volatile int *>(std::malloc(16 * sizeof(int)));

    if (block == NULL)
        return 0;
    if (block[3] == 42)
        equal += 1;
    std::printf("not reported: %d\n", equal);
    std::free((void *)block);
    return 0;
}
