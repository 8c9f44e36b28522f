/* Multiplies two distributed matrices with ScaLAPACK and says whether the
   product is right, and which files the functions came from. With ILP64
   defined, integers are 64 bits wide. A right product proves neither the width
   of the integers nor the BLAS, so that both are asked for separately. */

#define _GNU_SOURCE /* dladdr, RTLD_NEXT, realpath, getline and strdup under -std=c99 */

#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if !defined(_WIN32) && !defined(_AIX)
#include <dlfcn.h>
#define HAVE_DLADDR 1
#endif

#if defined(__APPLE__)
#include <mach-o/dyld.h>
#endif

#ifdef ILP64
typedef int64_t integer;
#define INTERFACE "ilp64"
#else
typedef int integer;
#define INTERFACE "lp64"
#endif

void blacs_pinfo_(integer *rank, integer *size);
void blacs_get_(const integer *context, const integer *what, integer *value);
void blacs_gridinit_(integer *context, const char *order, const integer *rows,
                     const integer *columns);
void blacs_gridinfo_(const integer *context, integer *rows, integer *columns, integer *row,
                     integer *column);
void blacs_gridexit_(const integer *context);
integer numroc_(const integer *n, const integer *block, const integer *process,
                const integer *first, const integer *processes);
void descinit_(integer *descriptor, const integer *rows, const integer *columns,
               const integer *row_block, const integer *column_block, const integer *first_row,
               const integer *first_column, const integer *context, const integer *leading,
               integer *info);
void pdgemm_(const char *transpose_a, const char *transpose_b, const integer *m,
             const integer *n, const integer *k, const double *alpha, const double *a,
             const integer *ia, const integer *ja, const integer *desca, const double *b,
             const integer *ib, const integer *jb, const integer *descb, const double *beta,
             double *c, const integer *ic, const integer *jc, const integer *descc);
void dgemm_(const char *transpose_a, const char *transpose_b, const integer *m, const integer *n,
            const integer *k, const double *alpha, const double *a, const integer *lda,
            const double *b, const integer *ldb, const double *beta, double *c,
            const integer *ldc);
integer idamax_(const integer *n, const double *x, const integer *step);

/* Order of the matrices and width of a block of columns: small, and enough
   blocks for every rank of a test to have some. */
enum { ORDER = 96, BLOCK = 8 };

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

#if defined(__linux__) || defined(__APPLE__)
static void print_mapped(const char *name) {
    static const char *const marks[] = {"mpi",  "blas",  "lapack", "blacs", "mkl",
                                        "blis", "atlas", "gomp",   "omp",   "tbb"};
    char *path = realpath(name, NULL);
    const char *file;
    size_t i;

    if (path == NULL) {
        return;
    }
    /* A directory called openmpi says nothing of the files in it. */
    file = strrchr(path, '/');
    for (i = 0; file != NULL && i < sizeof marks / sizeof *marks; i++) {
        if (strstr(file, marks[i]) != NULL) {
            printf("mapped %s\n", path);
            break;
        }
    }
    free(path);
}
#endif

static void print_all_mapped(void) {
#if defined(__linux__)
    /* Read as text: not every compiler can read the C library's <link.h>. */
    FILE *maps = fopen("/proc/self/maps", "r");
    char *line = NULL;
    /* The program's own name counts for nothing. */
    char *program = realpath("/proc/self/exe", NULL);
    char *last = NULL;
    size_t room = 0;

    while (maps != NULL && getline(&line, &room, maps) > 0) {
        char *path = strchr(line, '/');
        if (path == NULL) {
            continue;
        }
        path[strcspn(path, "\n")] = '\0';
        /* The parts of a file follow each other. */
        if ((program == NULL || strcmp(path, program) != 0) &&
            (last == NULL || strcmp(path, last) != 0)) {
            print_mapped(path);
            free(last);
            last = strdup(path);
        }
    }
    free(line);
    free(last);
    free(program);
    if (maps != NULL) {
        fclose(maps);
    }
#elif defined(__APPLE__)
    uint32_t i;

    for (i = 1; i < _dyld_image_count(); i++) {
        print_mapped(_dyld_get_image_name(i));
    }
#endif
}

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

/* Prints the width of the integers that the libraries read. The low half of
   these numbers is small and positive, the whole is negative; this works only
   where the low half comes first. */
static void print_widths(void) {
    const uint32_t one_word = 1;
    const int64_t three = INT64_C(3) - (INT64_C(1) << 32);
    const int64_t four = INT64_C(4) - (INT64_C(1) << 32);
    const int64_t zero = 0, one = 1, two = 2;
    const double x[3] = {1.0, 2.0, 3.0};
    unsigned char first;
    int answer;

    memcpy(&first, &one_word, 1);
    if (first != 1) {
        return;
    }
    /* The largest of three elements is the third, that of fewer than one is
       element 0. */
    answer = (int)idamax_((const integer *)&three, x, (const integer *)&one);
    printf("blas_interface %s\n", answer == 3 ? "lp64" : "ilp64");
    /* The first of two processes has two of four columns. */
    answer = (int)numroc_((const integer *)&four, (const integer *)&one, (const integer *)&zero,
                          (const integer *)&zero, (const integer *)&two);
    printf("scalapack_interface %s\n", answer == 2 ? "lp64" : "ilp64");
}

/* Multiplies on a grid of one row, and compares this rank's columns. */
static int multiply(integer ranks) {
    const integer minus_one = -1, zero = 0, one = 1;
    const integer n = ORDER, block = BLOCK, grid_rows = 1;
    const double alpha = 1.0, beta = 0.0;
    integer context = 0, rows, columns, row, column, local_rows, local_columns, leading, info = -1;
    integer descriptor[9], i, j;
    size_t count;
    double *a, *b, *c, squares = 0.0;
    int right;

    blacs_get_(&minus_one, &zero, &context);
    blacs_gridinit_(&context, "R", &grid_rows, &ranks);
    blacs_gridinfo_(&context, &rows, &columns, &row, &column);
    if (rows != 1 || columns != ranks || row < 0 || column < 0) {
        return 0;
    }
    local_rows = numroc_(&n, &block, &row, &zero, &rows);
    local_columns = numroc_(&n, &block, &column, &zero, &columns);
    leading = local_rows > 1 ? local_rows : 1;
    descinit_(descriptor, &n, &n, &block, &block, &zero, &zero, &context, &leading, &info);

    count = (size_t)leading * (size_t)(local_columns > 1 ? local_columns : 1);
    a = malloc(count * sizeof *a);
    b = malloc(count * sizeof *b);
    c = malloc(count * sizeof *c);
    right = info == 0 && a != NULL && b != NULL && c != NULL;
    if (right) {
        /* a(i,k) = (i+1)(k+1) and b(k,j) = (k+1)(j+1): every element of the
           product differs, and all are whole numbers, so that they are exact. */
        for (j = 0; j < local_columns; j++) {
            integer global = (j / block * columns + column) * block + j % block;
            for (i = 0; i < local_rows; i++) {
                a[j * leading + i] = (double)(i + 1) * (double)(global + 1);
                b[j * leading + i] = a[j * leading + i];
                c[j * leading + i] = -1.0;
            }
        }
        pdgemm_("N", "N", &n, &n, &n, &alpha, a, &one, &one, descriptor, b, &one, &one,
                descriptor, &beta, c, &one, &one, descriptor);
        for (i = 1; i <= n; i++) {
            squares += (double)i * (double)i;
        }
        for (j = 0; j < local_columns; j++) {
            integer global = (j / block * columns + column) * block + j % block;
            for (i = 0; i < local_rows; i++) {
                if (c[j * leading + i] != squares * (double)(i + 1) * (double)(global + 1)) {
                    right = 0;
                }
            }
        }
    }
    free(a);
    free(b);
    free(c);
    blacs_gridexit_(&context);
    return right;
}

int main(int argc, char **argv) {
    int size = 0, rank = 0, right, all_right = 0;
    integer blacs_rank = -1, blacs_size = -1;

    MPI_Init(&argc, &argv);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);

    if (rank == 0) {
        printf("size %d\n", size);
        printf("interface %s\n", INTERFACE);
        print_library();
#ifdef HAVE_DLADDR
        print_from("pdgemm_from", "pdgemm_", (void (*)(void))pdgemm_);
        print_from("dgemm_from", "dgemm_", (void (*)(void))dgemm_);
        print_from("blacs_from", "blacs_pinfo_", (void (*)(void))blacs_pinfo_);
        print_from("mpi_from", "MPI_Init", (void (*)(void))MPI_Init);
#endif
        /* The files explain the crash of a BLACS that is for another MPI. */
        fflush(stdout);
    }

    blacs_pinfo_(&blacs_rank, &blacs_size);
    /* A BLACS of another MPI may count one rank; a grid of more would abort. */
    right = blacs_size == size && blacs_rank == rank && multiply(blacs_size);
    MPI_Reduce(&right, &all_right, 1, MPI_INT, MPI_MIN, 0, MPI_COMM_WORLD);

    if (rank == 0) {
        printf("ok %d\n", all_right);
        print_widths();
        /* Only now: MKL loads some of its files at the first call. */
        print_all_mapped();
        fflush(stdout);
    }
    MPI_Finalize();
    return 0;
}
