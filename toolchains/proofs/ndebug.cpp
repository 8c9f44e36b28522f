// Proof of ndebug: assert(0) is compiled away.
#include <cassert>
#include <cstdio>

int main()
{
    assert(0);
    std::printf("assert(0) did nothing\n");
    return 0;
}
