// Proof of lto: in the symbol table of this executable a global function is local or gone, which
// only an optimiser that sees the whole program may do, at any level. The function main must be
// found and global, or else the table proves nothing.
#ifndef __linux__
#error "cannot tell: this proof reads the ELF file of Linux"
#endif
#include <elf.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#ifdef __LP64__
typedef Elf64_Ehdr Header;
typedef Elf64_Shdr Section;
typedef Elf64_Sym Symbol;
#else
typedef Elf32_Ehdr Header;
typedef Elf32_Shdr Section;
typedef Elf32_Sym Symbol;
#endif

extern "C" int lto_proof_function(int x);

int lto_proof_function(int x)
{
    return x + 1;
}

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

// 1 if other objects may refer to the symbol, 0 if it is local or hidden, -1 if it is gone.
static int global(const char *bytes, const char *name)
{
    const Header *header = (const Header *)bytes;
    const Section *sections = (const Section *)(bytes + header->e_shoff);
    int i;

    for (i = 0; i < header->e_shnum; i++) {
        const Symbol *symbols = (const Symbol *)(bytes + sections[i].sh_offset);
        const char *names;
        std::size_t count;
        std::size_t j;

        if (sections[i].sh_type != SHT_SYMTAB)
            continue;
        names = bytes + sections[sections[i].sh_link].sh_offset;
        count = sections[i].sh_size / sizeof *symbols;
        for (j = 0; j < count; j++) {
            if (std::strcmp(names + symbols[j].st_name, name) == 0)
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
    int kept;
    int function;

    if (bytes == NULL) {
        std::printf("cannot read %s\n", argv[0]);
        return 1;
    }
    kept = global(bytes, "main");
    function = global(bytes, "lto_proof_function");
    std::free(bytes);
    if (kept != 1) {
        std::printf("cannot tell: the executable has no symbol table\n");
        return 1;
    }
    std::printf("a global function is %s\n",
                function == 1 ? "still global" : function == 0 ? "made local" : "gone");
    return function != 1 && lto_proof_function(argc) == argc + 1 ? 0 : 1;
}
