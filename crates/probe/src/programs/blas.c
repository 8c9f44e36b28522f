/*
 * Says what a linked BLAS library really is: which file dgemm comes from,
 * whether it multiplies, how many threads it starts, how wide its integers
 * are, and what it answers when it is asked.
 *
 *   cc blas.c [-DPREFIX=scipy_] [-DSUFFIX=64_] [-DILP64] -rdynamic LIBRARY -ldl
 *   ./a.out [KIND:SYMBOL]...
 *
 * PREFIX and SUFFIX decorate the names of the library's symbols; ILP64 says
 * that its integers are believed to have 64 bits. KIND says how SYMBOL is
 * called: int, long, text, buffer, int-of-minus-one, or has (not at all).
 *
 * The answers are lines `key value` on the standard output. Each is written at
 * once, the riskier calls come last, and a program that dies half way has said
 * what it knew.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_DEFAULT, RTLD_NEXT, dladdr, dl_iterate_phdr */
#endif

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined __APPLE__
#include <mach-o/dyld.h>
#elif defined __FreeBSD__ || defined __DragonFly__ || defined __NetBSD__ \
    || defined __OpenBSD__ || defined __sun
#include <link.h>
#define HAVE_DL_ITERATE_PHDR
#endif

/* tcc has no complex numbers and does not say so. */
#if !defined __STDC_NO_COMPLEX__ && !defined __TINYC__
#include <complex.h>
#define HAVE_COMPLEX
#endif

#ifndef PATH_MAX
#define PATH_MAX 4096
#endif

#ifndef PREFIX
#define PREFIX
#endif
#ifndef SUFFIX
#define SUFFIX
#endif

#define PASTE_EXPANDED(prefix, name, suffix) prefix##name##suffix
#define PASTE(prefix, name, suffix) PASTE_EXPANDED(prefix, name, suffix)
#define BLAS(name) PASTE(PREFIX, name, SUFFIX)
#define TEXT_EXPANDED(token) #token
#define TEXT(token) TEXT_EXPANDED(token)

/*
 * A Fortran integer that is passed by address. All bytes that the value does
 * not use are zero, so that on little-endian machines a library with integers
 * of the other width reads the same value: a wrong belief shows in the answer
 * and not in a crash.
 */
union integer {
    int64_t wide;
    int32_t narrow;
};

static union integer integer(int value)
{
    union integer result = {0};
#ifdef ILP64
    result.wide = value;
#else
    result.narrow = value;
#endif
    return result;
}

/*
 * Fortran passes the lengths of character arguments behind all others.
 * Libraries written in C do not look at them.
 */
extern void BLAS(dgemm_)(const char *, const char *, const union integer *,
    const union integer *, const union integer *, const double *,
    const double *, const union integer *, const double *,
    const union integer *, const double *, double *, const union integer *,
    size_t, size_t);
/* Only the lower 32 bits of the result mean something with narrow integers. */
extern int64_t BLAS(idamax_)(
    const union integer *, const double *, const union integer *);
#ifdef HAVE_COMPLEX
extern double complex BLAS(zdotc_)(const union integer *,
    const double complex *, const union integer *, const double complex *,
    const union integer *);
#endif

/*
 * The program's own pthread_create stands before libc's for all shared
 * libraries, so that threads are counted which end before anyone can look.
 * Mach-O binds each library to the one it was linked with: no count there.
 */
#ifndef __APPLE__
#define COUNTS_THREADS

static pthread_mutex_t created_lock = PTHREAD_MUTEX_INITIALIZER;
static long created;

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
    void *(*start)(void *), void *argument)
{
    union {
        void *address;
        int (*call)(pthread_t *, const pthread_attr_t *, void *(*)(void *),
            void *);
    } next;

    next.address = dlsym(RTLD_NEXT, "pthread_create");
    if (next.address == NULL)
        return EAGAIN;
    pthread_mutex_lock(&created_lock);
    created++;
    pthread_mutex_unlock(&created_lock);
    return next.call(thread, attributes, start, argument);
}

static long threads_created(void)
{
    long count;

    pthread_mutex_lock(&created_lock);
    count = created;
    pthread_mutex_unlock(&created_lock);
    return count;
}
#endif

/* -1 where the system does not list the threads of a process. */
static long tasks(void)
{
    long count = 0;
    struct dirent *entry;
    DIR *directory = opendir("/proc/self/task");

    if (directory == NULL)
        return -1;
    while ((entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.')
            count++;
    closedir(directory);
    return count;
}

static void print_path(const char *key, const char *path)
{
    char real[PATH_MAX];

    printf("%s %s\n", key, realpath(path, real) != NULL ? real : path);
}

static const char *program_file(const char *started_as)
{
    static char real[PATH_MAX];

    if (realpath("/proc/self/exe", real) != NULL
        || realpath(started_as, real) != NULL)
        return real;
    return started_as;
}

/*
 * dgemm is only called here, its address is not taken: in a program that is
 * not position-independent that would be the address of a jump in the program
 * itself. dlsym searches in the order in which calls are bound; an archive's
 * dgemm is found because the program exports its symbols. Mach-O does not bind
 * in that order, but has no such jump either.
 */
static void *dgemm_address(void)
{
#ifdef __APPLE__
    union {
        void (*call)(const char *, const char *, const union integer *,
            const union integer *, const union integer *, const double *,
            const double *, const union integer *, const double *,
            const union integer *, const double *, double *,
            const union integer *, size_t, size_t);
        void *address;
    } dgemm = {BLAS(dgemm_)};

    return dgemm.address;
#else
    return dlsym(RTLD_DEFAULT, TEXT(BLAS(dgemm_)));
#endif
}

static const char *dgemm_file(const char *program)
{
    static int of_the_program;
    Dl_info dgemm, own;
    void *address = dgemm_address();

    /* What no library exports can only have come from an archive. */
    if (address == NULL || dladdr(address, &dgemm) == 0)
        return program;
    if (dladdr(&of_the_program, &own) != 0 && own.dli_fbase == dgemm.dli_fbase)
        return program;
    return dgemm.dli_fname;
}

/* Large enough for every library to think threads worth while. */
enum { SIZE = 256 };

static double left[SIZE * SIZE], right[SIZE * SIZE], product[SIZE * SIZE];

static double left_value(int row) { return row % 7 + 1; }
static double right_value(int column) { return column % 5 - 2; }

/*
 * product = 2 left right, then product = left right + product: three times
 * left right, in integers small enough to be exact in any order of summation.
 */
static int dgemm_is_right(void)
{
    union integer size = integer(SIZE);
    double one = 1, two = 2, zero = 0;
    int row, column;

    for (column = 0; column < SIZE; column++) {
        for (row = 0; row < SIZE; row++) {
            left[row + column * SIZE] = left_value(row);
            right[row + column * SIZE] = right_value(column);
            product[row + column * SIZE] = -1;
        }
    }
    BLAS(dgemm_)("N", "N", &size, &size, &size, &two, left, &size, right,
        &size, &zero, product, &size, 1, 1);
    BLAS(dgemm_)("N", "N", &size, &size, &size, &one, left, &size, right,
        &size, &one, product, &size, 1, 1);
    for (column = 0; column < SIZE; column++)
        for (row = 0; row < SIZE; row++)
            if (product[row + column * SIZE]
                != 3.0 * SIZE * left_value(row) * right_value(column))
                return 0;
    return 1;
}

/*
 * A right product proves nothing here (see `integer`). So idamax, which must
 * answer 0 for a length of 0 or less, gets a length that is 3 for one width of
 * integers only: on little-endian machines for narrow ones, with a negative
 * number for wide ones; on big-endian machines for wide ones, with 0 for
 * narrow ones.
 */
static const char *interface(void)
{
    static const double values[3] = {1, 2, 3};
    union integer order, length, one;
    int little_endian;
    uint32_t found;

    order.wide = 1;
    little_endian = order.narrow == 1;
    length.wide = 3;
    if (little_endian)
        length.wide -= INT64_C(1) << 32;
    one.wide = 1;
    found = (uint32_t)BLAS(idamax_)(&length, values, &one);
    if (found == 3)
        return little_endian ? "lp64" : "ilp64";
    if (found == 0)
        return little_endian ? "ilp64" : "lp64";
    return "unknown";
}

#ifdef HAVE_COMPLEX
enum convention { RETURNED, HIDDEN };
enum outcome { RIGHT, WRONG, CRASHED, NEVER_ENDED, NOT_TRIED };

/*
 * A routine that is called the wrong way round takes the result's address for
 * its first argument or the length's for the result's, and writes there: what
 * it may hit is kept together and is the child's own.
 */
static int zdotc_is_right(enum convention convention)
{
    union {
        double complex (*returned)(const union integer *,
            const double complex *, const union integer *,
            const double complex *, const union integer *);
        void (*hidden)(double complex *, const union integer *,
            const double complex *, const union integer *,
            const double complex *, const union integer *);
    } zdotc = {BLAS(zdotc_)};
    static union integer length[4], one[4];
    static double complex x[2], y[2], result[2];

    x[0] = 1 + 2 * I;
    x[1] = 3 + 4 * I;
    y[0] = 5 + 6 * I;
    y[1] = 7 + 8 * I;
    length[0] = integer(2);
    one[0] = integer(1);
    if (convention == RETURNED)
        result[0] = zdotc.returned(length, x, one, y, one);
    else
        zdotc.hidden(result, length, x, one, y, one);
    return result[0] == 70 - 8 * I;
}

/* In a child, because the wrong convention may do anything. */
static enum outcome try_zdotc(enum convention convention)
{
    int status;
    pid_t child = fork();

    if (child < 0)
        return NOT_TRIED;
    if (child == 0) {
        struct rlimit no_core = {0, 0};
        int nowhere = open("/dev/null", O_WRONLY);

        /* Nothing that the library says about it is an answer. */
        if (nowhere >= 0) {
            dup2(nowhere, STDOUT_FILENO);
            dup2(nowhere, STDERR_FILENO);
        }
        setrlimit(RLIMIT_CORE, &no_core);
        alarm(5);
        _exit(zdotc_is_right(convention) ? 0 : 1);
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return NOT_TRIED;
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGALRM ? NEVER_ENDED : CRASHED;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? RIGHT : WRONG;
}
#endif

/* How a complex function gives back its value. */
static const char *complex_results(void)
{
#ifdef HAVE_COMPLEX
    enum outcome returned = try_zdotc(RETURNED), hidden;

    if (returned == RIGHT)
        return "returned";
    hidden = try_zdotc(HIDDEN);
    if (hidden == RIGHT)
        return "hidden";
    if (returned == CRASHED || hidden == CRASHED)
        return "crashed";
#endif
    return "unknown";
}

/* The symbol as it is, or decorated as the library's others are. */
static void *find_symbol(const char *name)
{
    static const char *const prefixes[] = {"", TEXT(PREFIX)};
    static const char *const suffixes[] = {
        "", TEXT(SUFFIX), ("_" TEXT(SUFFIX))};
    size_t prefix, suffix;

    for (prefix = 0; prefix < sizeof prefixes / sizeof *prefixes; prefix++) {
        for (suffix = 0; suffix < sizeof suffixes / sizeof *suffixes;
             suffix++) {
            char decorated[256];
            void *address;
            int length = snprintf(decorated, sizeof decorated, "%s%s%s",
                prefixes[prefix], name, suffixes[suffix]);

            if (length < 0 || (size_t)length >= sizeof decorated)
                continue;
            address = dlsym(RTLD_DEFAULT, decorated);
            if (address != NULL)
                return address;
        }
    }
    return NULL;
}

/* One line, whatever the library's text has in it. */
static void print_text(const char *name, const char *text)
{
    printf("query %s ", name);
    for (; *text != '\0'; text++)
        putchar((unsigned char)*text < ' ' ? ' ' : *text);
    putchar('\n');
}

static int is_kind(const char *query, const char *kind, const char *colon)
{
    size_t length = (size_t)(colon - query);

    return strlen(kind) == length && strncmp(query, kind, length) == 0;
}

/* A symbol that is not there is no answer; a query that is none is an error. */
static int answer(const char *query)
{
    const char *colon = strchr(query, ':');
    const char *name;
    union {
        void *address;
        int (*integer)(void);
        long (*wide)(void);
        const char *(*text)(void);
        void (*buffer)(char *, int);
        int (*integer_of)(int);
    } symbol;

    if (colon == NULL)
        return 0;
    name = colon + 1;
    symbol.address = find_symbol(name);
    if (is_kind(query, "has", colon)) {
        if (symbol.address != NULL)
            printf("query %s 1\n", name);
    } else if (is_kind(query, "int", colon)) {
        if (symbol.address != NULL)
            printf("query %s %d\n", name, symbol.integer());
    } else if (is_kind(query, "long", colon)) {
        if (symbol.address != NULL)
            printf("query %s %ld\n", name, symbol.wide());
    } else if (is_kind(query, "int-of-minus-one", colon)) {
        if (symbol.address != NULL)
            printf("query %s %d\n", name, symbol.integer_of(-1));
    } else if (is_kind(query, "text", colon)) {
        const char *text = symbol.address != NULL ? symbol.text() : NULL;

        if (text != NULL)
            print_text(name, text);
    } else if (is_kind(query, "buffer", colon)) {
        if (symbol.address != NULL) {
            static char text[1024];

            text[0] = '\0';
            symbol.buffer(text, sizeof text - 1);
            print_text(name, text);
        }
    } else {
        return 0;
    }
    return 1;
}

static const char *last_component(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static int tells_something(const char *path)
{
    static const char *const parts[] = {"gomp", "iomp5", "libomp.", "tbb",
        "mkl", "blas", "blis", "atlas", "lapack", "armpl", "essl"};
    const char *file = last_component(path);
    size_t part;

    for (part = 0; part < sizeof parts / sizeof *parts; part++)
        if (strstr(file, parts[part]) != NULL)
            return 1;
    return 0;
}

/* Links may hide the telling name, or be the only ones that have it. */
static void print_mapped(const char *path)
{
    char real[PATH_MAX];

    if (realpath(path, real) == NULL)
        return;
    if (tells_something(path) || tells_something(real))
        printf("mapped %s\n", real);
}

#if defined HAVE_DL_ITERATE_PHDR
static int each_object(struct dl_phdr_info *object, size_t size, void *unused)
{
    (void)size;
    (void)unused;
    /* The program itself has no name here. */
    if (object->dlpi_name != NULL && object->dlpi_name[0] != '\0')
        print_mapped(object->dlpi_name);
    return 0;
}

static void print_all_mapped(const char *program)
{
    (void)program;
    dl_iterate_phdr(each_object, NULL);
}
#elif defined __APPLE__
static void print_all_mapped(const char *program)
{
    uint32_t image;

    (void)program;
    /* The first one is the program itself. */
    for (image = 1; image < _dyld_image_count(); image++)
        print_mapped(_dyld_get_image_name(image));
}
#else
/*
 * Linux: tcc cannot compile its <link.h>. The sections of a file stand one
 * below the other in the list.
 */
static void print_all_mapped(const char *program)
{
    static char line[PATH_MAX + 256], last[PATH_MAX + 256];
    FILE *maps = fopen("/proc/self/maps", "r");

    if (maps == NULL)
        return;
    while (fgets(line, sizeof line, maps) != NULL) {
        const char *path = strchr(line, '/');

        line[strcspn(line, "\n")] = '\0';
        if (path == NULL || strcmp(path, last) == 0
            || strcmp(path, program) == 0)
            continue;
        strcpy(last, path);
        print_mapped(path);
    }
    fclose(maps);
}
#endif

int main(int count, char **arguments)
{
    const char *program = program_file(arguments[0]);
    long threads;
    int argument;

#ifdef COUNTS_THREADS
    threads = threads_created();
#endif
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    print_path("program", program);
    print_path("dgemm_from", dgemm_file(program));
#ifdef COUNTS_THREADS
    printf("threads_at_load %ld\n", threads);
#endif
    printf("dgemm_ok %d\n", dgemm_is_right());
#ifdef COUNTS_THREADS
    printf("threads_created %ld\n", threads_created());
#endif
    threads = tasks();
    if (threads >= 0)
        printf("tasks %ld\n", threads);
    /* After dgemm: some libraries load the rest of themselves on first use. */
    print_all_mapped(program);
    for (argument = 1; argument < count; argument++) {
        if (!answer(arguments[argument])) {
            fprintf(stderr, "not KIND:SYMBOL: %s\n", arguments[argument]);
            return 2;
        }
    }
    printf("interface %s\n", interface());
    printf("complex %s\n", complex_results());
    return 0;
}
