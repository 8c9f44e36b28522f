// Proof of rpath: the dynamic section of this executable names a directory to search first.
#ifndef __linux__
#error "cannot tell: this proof reads the ELF file of Linux"
#endif
#include <elf.h>
#include <cstdio>
#include <cstdlib>

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
    std::FILE *file = std::fopen(path, "rb");
    char *bytes = NULL;

    if (file == NULL)
        return NULL;
    if (std::fseek(file, 0, SEEK_END) == 0 && (*size = std::ftell(file)) > (long)sizeof(Header) &&
        std::fseek(file, 0, SEEK_SET) == 0) {
        bytes = static_cast<char *>(std::malloc((std::size_t)*size));
        if (bytes != NULL && std::fread(bytes, 1, (std::size_t)*size, file) != (std::size_t)*size) {
            std::free(bytes);
            bytes = NULL;
        }
    }
    std::fclose(file);
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
        std::printf("cannot read %s\n", argv[0]);
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
            std::printf("%s %s\n", entry->d_tag == DT_RPATH ? "RPATH" : "RUNPATH",
                   names + entry->d_un.d_val);
            found = 1;
        }
    }
    if (!found)
        std::printf("no RPATH or RUNPATH\n");
    std::free(bytes);
    return found ? 0 : 1;
}
