/* Proof of pic: the compiler says that the code is position-independent, and not only enough so
   for an executable (a pie), which is what many compilers make by default. */
#include <stdio.h>

#if !defined __PIC__ && !defined __pic__
#if defined __clang__ || defined __GNUC__
#error "__PIC__ is not defined"
#else
#error "cannot tell: only gcc, clang and their relatives define __PIC__"
#endif
#endif
#if defined __PIE__ || defined __pie__
#error "__PIE__ is defined: the code is fit for an executable only"
#endif

int main(void)
{
#ifdef __PIC__
    printf("__PIC__ %d, not __PIE__\n", __PIC__);
#else
    printf("__pic__ %d, not __pie__\n", __pic__);
#endif
    return 0;
}
