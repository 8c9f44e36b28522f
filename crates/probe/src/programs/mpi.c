/* Says whether the ranks that a launcher started are one MPI program, and
   which library they run on. A program under the launcher of another
   implementation runs as that many programs of one rank each and exits with
   0, so that only the size tells; each of them then prints these lines. */

#define _GNU_SOURCE /* dladdr, RTLD_NEXT and realpath under -std=c99 */

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if !defined(_WIN32) && !defined(_AIX)
#include <dlfcn.h>
#define HAVE_DLADDR 1
#endif

#ifdef HAVE_DLADDR
static void home(void) {}

/* Prints the file that a function came from. Without PIC its address may be
   that of a stub in the program itself; the stub has the function's name among
   the dynamic symbols, which a function linked from an archive has not. */
static void print_from(const char *key, const char *symbol, void (*function)(void)) {
    void (*here)(void) = home;
    void *address, *own;
    Dl_info found, program;
    char *path;

    memcpy(&address, &function, sizeof address);
    memcpy(&own, &here, sizeof own);
    if (!dladdr(address, &found) || !dladdr(own, &program)) {
        return;
    }
    if (found.dli_fbase == program.dli_fbase && found.dli_sname != NULL) {
        void *next = dlsym(RTLD_NEXT, symbol);
        if (next != NULL && !dladdr(next, &found)) {
            return;
        }
    }
    path = realpath(found.dli_fname, NULL);
    printf("%s %s\n", key, path != NULL ? path : found.dli_fname);
    free(path);
}
#endif

static void print_library(void) {
#if MPI_VERSION >= 3
    char text[MPI_MAX_LIBRARY_VERSION_STRING + 1] = "";
    int length = 0;

    MPI_Get_library_version(text, &length);
    /* MPICH goes on for many lines, Open MPI after a comma. */
    text[strcspn(text, "\r\n,")] = '\0';
    printf("library %s\n", text);
#endif
}

int main(int argc, char **argv) {
    int size = 0, rank = 0, sum = -1, right, all_right = 0;

    MPI_Init(&argc, &argv);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);

    MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    right = sum == size * (size - 1) / 2;
    MPI_Reduce(&right, &all_right, 1, MPI_INT, MPI_MIN, 0, MPI_COMM_WORLD);

    if (rank == 0) {
        printf("size %d\n", size);
        printf("sum_ok %d\n", all_right);
        print_library();
#ifdef HAVE_DLADDR
        print_from("mpi_from", "MPI_Init", (void (*)(void))MPI_Init);
#endif
        /* What is known is out before anything can go wrong at the end. */
        fflush(stdout);
    }
    MPI_Finalize();
    return 0;
}
