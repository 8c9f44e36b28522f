/* Proof of std.c99: __STDC_VERSION__ says so. In the strict mode of gcc and clang the names
   linux and unix belong to the program; where they are predefined, the extensions are on. Other
   compilers do not tell the two modes apart, or not by these names. */
#include <stdio.h>

#if !defined __STDC_VERSION__ || __STDC_VERSION__ != 199901L
#error "__STDC_VERSION__ is not 199901L"
#endif
#if (defined linux || defined unix) && (defined __clang__ || defined __GNUC__) && \
    !(defined __TINYC__ || defined __INTEL_COMPILER || defined __PGI || defined __NVCOMPILER)
#error "linux or unix is predefined: the compiler's own extensions are on"
#endif

int main(void)
{
    printf("__STDC_VERSION__ %ld\n", (long)__STDC_VERSION__);
    return 0;
}
