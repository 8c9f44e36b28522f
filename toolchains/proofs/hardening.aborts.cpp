// expect: stack smashing detected
// Proof of hardening, second part: a function that writes over its canary is stopped by glibc. The
// bytes go one by one through a volatile index, so that no fortified call is what stops it. The
// header is left out: with _FORTIFY_SOURCE and no optimisation glibc warns of it.
extern "C" int printf(const char *format, ...);

static int smash(int length)
{
    char block[16];
    volatile int i;

    for (i = 0; i < length; i++)
        ((volatile char *)block)[i] = 'x';
    return block[0];
}

int main()
{
    volatile int length = 48;

    printf("not stopped: %c\n", smash(length));
    return 0;
}
