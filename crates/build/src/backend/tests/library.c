/* 1 where optimised without assertions, 0 where neither, 2 where they disagree. */
int is_release(void)
{
#if defined(NDEBUG) && defined(__OPTIMIZE__)
    return 1;
#elif !defined(NDEBUG) && !defined(__OPTIMIZE__)
    return 0;
#else
    return 2;
#endif
}

int is_clang(void)
{
#ifdef __clang__
    return 1;
#else
    return 0;
#endif
}

const char *greeting(void)
{
    return GREETING;
}
