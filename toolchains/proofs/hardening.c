/* Proof of hardening, first part: fortified calls and the stack protector are asked for, and the
   loaded program has relocations that are made read-only before main (RELRO, bind now).
   _FORTIFY_SOURCE is undefined again before any header: without optimisation glibc warns. */
#ifdef __linux__
#if !defined __SSP_STRONG__ && !defined __SSP_ALL__
#error "__SSP_STRONG__ is not defined: no stack protector"
#endif
#ifndef _FORTIFY_SOURCE
#error "_FORTIFY_SOURCE is not defined"
#endif
#if _FORTIFY_SOURCE < 1
#error "_FORTIFY_SOURCE is 0"
#endif
#else
#error "cannot tell: this proof reads the ELF headers of Linux"
#endif
#undef _FORTIFY_SOURCE
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <link.h>
#include <stddef.h>
#include <stdio.h>

extern ElfW(Dyn) _DYNAMIC[];

static int relro(struct dl_phdr_info *info, size_t size, void *found)
{
    int i;

    (void)size;
    for (i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_GNU_RELRO)
            *(int *)found = 1;
    }
    return 1;
}

int main(void)
{
    int has_relro = 0;
    int has_now = 0;
    const ElfW(Dyn) *entry;

    dl_iterate_phdr(relro, &has_relro);
    for (entry = _DYNAMIC; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_BIND_NOW ||
            (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_BIND_NOW) != 0) ||
            (entry->d_tag == DT_FLAGS_1 && (entry->d_un.d_val & DF_1_NOW) != 0))
            has_now = 1;
    }
    printf("stack protector, fortify, %s, %s\n", has_relro ? "RELRO" : "no RELRO",
           has_now ? "bind now" : "lazy binding");
    return has_relro && has_now ? 0 : 1;
}
