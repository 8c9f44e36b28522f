#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int is_release(void);
int is_clang(void);
const char *greeting(void);

/* The library says what it was compiled with; the variant's name says what it should be. */
int main(void)
{
    const char *variant = getenv("CFGMATRIX_VARIANT");
    const char *expected = getenv("EXPECTED_GREETING");
    if (!variant || !expected)
        return 2;
    if (is_release() != (strstr(variant, "release") != 0)) {
        printf("%s: release is %d\n", variant, is_release());
        return 3;
    }
    if (is_clang() != (strstr(variant, "clang") != 0)) {
        printf("%s: clang is %d\n", variant, is_clang());
        return 4;
    }
    if (strcmp(greeting(), expected)) {
        printf("%s: greeting is <%s>, not <%s>\n", variant, greeting(), expected);
        return 5;
    }
    printf("%s is what it says\n", variant);
    return 0;
}
