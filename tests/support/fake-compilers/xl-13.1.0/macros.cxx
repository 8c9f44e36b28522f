#define __GNUC__ 4
#define __GNUC_MINOR__ 2
#define __GNUC_PATCHLEVEL__ 2
#define __IBMCPP__ 1310
#define __xlC__ 0x0d01
#define __linux__ 1
#define __powerpc64__ 1
#define __BIG_ENDIAN__ 1
