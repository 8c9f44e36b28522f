// expect: heap-buffer-overflow
// Proof of sanitize.address: one byte behind the end of a heap block is written. The index is
// volatile, so that no optimiser sees the error and removes it.
#include <cstdio>
#include <cstdlib>

int main()
{
    volatile int index = 16;
    char *block = static_cast<char *>(std::malloc(16));

    if (block == NULL)
        return 0;
    block[index] = 1;
    std::printf("not reported: %d\n", block[0] == block[index]);
    std::free(block);
    return 0;
}
