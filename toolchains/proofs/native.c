/* Proof of native: each instruction set that the processor has over the base level was allowed
   to the compiler, and no other. A processor with nothing over the base level proves nothing. */
#include <stdio.h>

#if !(defined __clang__ || defined __GNUC__) || !(defined __x86_64__ || defined __i386__)
#error "cannot tell: only gcc and clang for x86 name the processor's instruction sets"
#endif

#ifdef __SSE4_2__
#define USES_SSE4_2 1
#else
#define USES_SSE4_2 0
#endif
#ifdef __AVX__
#define USES_AVX 1
#else
#define USES_AVX 0
#endif
#ifdef __AVX2__
#define USES_AVX2 1
#else
#define USES_AVX2 0
#endif
#ifdef __FMA__
#define USES_FMA 1
#else
#define USES_FMA 0
#endif
#ifdef __AVX512F__
#define USES_AVX512F 1
#else
#define USES_AVX512F 0
#endif

static int wrong = 0;
static int found = 0;

static void compare(const char *name, int used, int present)
{
    printf("%s%s%s%s", found || wrong ? ", " : "", used ? "" : "no ", name,
           used == present ? "" : " (the processor differs)");
    if (used != present)
        wrong = 1;
    found = found || used;
}

int main(void)
{
    __builtin_cpu_init();
    compare("SSE4.2", USES_SSE4_2, __builtin_cpu_supports("sse4.2") != 0);
    compare("AVX", USES_AVX, __builtin_cpu_supports("avx") != 0);
    compare("AVX2", USES_AVX2, __builtin_cpu_supports("avx2") != 0);
    compare("FMA", USES_FMA, __builtin_cpu_supports("fma") != 0);
    compare("AVX512F", USES_AVX512F, __builtin_cpu_supports("avx512f") != 0);
    printf("\n");
    return !wrong && found ? 0 : 1;
}
