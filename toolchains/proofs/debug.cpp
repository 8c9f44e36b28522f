// Proof of debug: the executable holds the name of this file's structure, which only debug
// information carries.
#include <cstdio>
#include <cstring>

#if defined __APPLE__ || defined _MSC_VER
#error "cannot tell: the debug information is not in the executable"
#endif

struct debug_proof_of_this_file {
    int member;
};

// Whether the file holds the text, which is given backwards so that it is not its own finding. The
// first letter must not come again, for a search that starts over has no memory.
static int holds(const char *path, const char *backwards)
{
    std::FILE *file = std::fopen(path, "rb");
    std::size_t length = std::strlen(backwards);
    std::size_t matched = 0;
    int byte;

    if (file == NULL)
        return -1;
    while (matched < length && (byte = std::getc(file)) != EOF) {
        if (byte == backwards[length - 1 - matched])
            matched += 1;
        else
            matched = byte == backwards[length - 1] ? 1 : 0;
    }
    std::fclose(file);
    return matched == length;
}

int main(int argc, char **argv)
{
    struct debug_proof_of_this_file used;
    int found = holds(argv[0], "elif_siht_fo_foorp_gubed");

    used.member = argc;
    std::printf("the name of a type is %s in the executable\n", found == 1 ? "found" : "not found");
    return found == 1 && used.member >= 0 ? 0 : 1;
}
