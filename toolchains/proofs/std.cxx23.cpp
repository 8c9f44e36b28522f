// Proof of std.cxx23: __cplusplus says so. In the strict mode of gcc and clang the names linux
// and unix belong to the program; where they are predefined, the extensions are on. Other
// compilers do not tell the two modes apart, or not by these names.
#include <cstdio>

#if __cplusplus <= 202002L || __cplusplus > 202302L
#error "__cplusplus is not above 202002L and at most 202302L"
#endif
#if (defined linux || defined unix) && (defined __clang__ || defined __GNUC__) && \
    !(defined __TINYC__ || defined __INTEL_COMPILER || defined __PGI || defined __NVCOMPILER)
#error "linux or unix is predefined: the compiler's own extensions are on"
#endif

int main()
{
    std::printf("__cplusplus %ld\n", static_cast<long>(__cplusplus));
    return 0;
}
