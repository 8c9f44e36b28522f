// Proof of warn.error, first part: a program without a warning builds.
#include <cstdio>

int main()
{
    std::printf("a program without a warning builds\n");
    return 0;
}
