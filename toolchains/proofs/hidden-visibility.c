/* Proof of hidden-visibility: in the symbol table of this executable the unmarked function is no
   longer global (the linker makes hidden symbols local) and the marked one is. The marked one also
   shows that the table can be read. */
#ifndef __linux__
#error "cannot tell: this proof reads the ELF file of Linux"
#endif
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __LP64__
typedef Elf64_Ehdr Header;
typedef Elf64_Shdr Section;
typedef Elf64_Sym Symbol;
#else
typedef Elf32_Ehdr Header;
typedef Elf32_Shdr Section;
typedef Elf32_Sym Symbol;
#endif

int hidden_visibility_unmarked(int x);
__attribute__((visibility("default"))) int hidden_visibility_marked(int x);

int hidden_visibility_unmarked(int x)
{
    return x + 1;
}

int hidden_visibility_marked(int x)
{
    return x - 1;
}

static char *contents(const char *path, long *size)
{
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;

    if (file == NULL)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0 && (*size = ftell(file)) > (long)sizeof(Header) &&
        fseek(file, 0, SEEK_SET) == 0) {
        bytes = (char *)malloc((size_t)*size);
        if (bytes != NULL && fread(bytes, 1, (size_t)*size, file) != (size_t)*size) {
            free(bytes);
            bytes = NULL;
        }
    }
    fclose(file);
    return bytes;
}

/* 1 if other objects may refer to the symbol, 0 if it is local or hidden, -1 if it is gone. */
static int global(const char *bytes, const char *name)
{
    const Header *header = (const Header *)bytes;
    const Section *sections = (const Section *)(bytes + header->e_shoff);
    int i;

    for (i = 0; i < header->e_shnum; i++) {
        const Symbol *symbols = (const Symbol *)(bytes + sections[i].sh_offset);
        const char *names;
        size_t count;
        size_t j;

        if (sections[i].sh_type != SHT_SYMTAB)
            continue;
        names = bytes + sections[sections[i].sh_link].sh_offset;
        count = sections[i].sh_size / sizeof *symbols;
        for (j = 0; j < count; j++) {
            if (strcmp(names + symbols[j].st_name, name) == 0)
                return ELF32_ST_BIND(symbols[j].st_info) != STB_LOCAL &&
                       ELF32_ST_VISIBILITY(symbols[j].st_other) == STV_DEFAULT;
        }
    }
    return -1;
}

int main(int argc, char **argv)
{
    long size = 0;
    char *bytes = contents(argv[0], &size);
    int marked;
    int unmarked;

    if (bytes == NULL) {
        printf("cannot read %s\n", argv[0]);
        return 1;
    }
    marked = global(bytes, "hidden_visibility_marked");
    unmarked = global(bytes, "hidden_visibility_unmarked");
    free(bytes);
    printf("unmarked function %s, marked one %s\n", unmarked == 0 ? "hidden" : "not hidden",
           marked == 1 ? "not hidden" : "hidden or not found");
    if (hidden_visibility_unmarked(argc) - hidden_visibility_marked(argc) != 2)
        return 1;
    return marked == 1 && unmarked == 0 ? 0 : 1;
}
