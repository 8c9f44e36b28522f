/* Proof of rpath: the dynamic section of this executable names a directory to search first. */
#ifndef __linux__
#error "cannot tell: this proof reads the ELF file of Linux"
#endif
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef __LP64__
typedef Elf64_Ehdr Header;
typedef Elf64_Shdr Section;
typedef Elf64_Dyn Entry;
#else
typedef Elf32_Ehdr Header;
typedef Elf32_Shdr Section;
typedef Elf32_Dyn Entry;
#endif

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

int main(int argc, char **argv)
{
    long size = 0;
    char *bytes = contents(argv[0], &size);
    const Header *header = (const Header *)bytes;
    const Section *sections;
    int found = 0;
    int i;

    if (bytes == NULL || argc < 1) {
        printf("cannot read %s\n", argv[0]);
        return 1;
    }
    sections = (const Section *)(bytes + header->e_shoff);
    for (i = 0; i < header->e_shnum; i++) {
        const Entry *entry = (const Entry *)(bytes + sections[i].sh_offset);
        const char *names;

        if (sections[i].sh_type != SHT_DYNAMIC)
            continue;
        names = bytes + sections[sections[i].sh_link].sh_offset;
        for (; entry->d_tag != DT_NULL; entry++) {
            if (entry->d_tag != DT_RPATH && entry->d_tag != DT_RUNPATH)
                continue;
            printf("%s %s\n", entry->d_tag == DT_RPATH ? "RPATH" : "RUNPATH",
                   names + entry->d_un.d_val);
            found = 1;
        }
    }
    if (!found)
        printf("no RPATH or RUNPATH\n");
    free(bytes);
    return found ? 0 : 1;
}
