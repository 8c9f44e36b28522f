// Proof of warn.error, second part: a warning that is on by default stops the compilation. TinyCC
// has few warnings, so it gets one of its own; elsewhere that would be an error by itself.
#ifdef __TINYC__
static int *constant = 300;
#else
static unsigned char constant = 300;
#endif

int main()
{
    return constant == 0;
}
