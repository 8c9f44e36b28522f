// Proof of threads: a thread is created, runs and is joined.
#include <cstdio>
#ifdef _WIN32
#include <windows.h>
#else
#include <pthread.h>
#endif

static int value = 0;

#ifdef _WIN32
static DWORD WINAPI work(LPVOID argument)
{
    value = *(int *)argument;
    return 0;
}
#else
static void *work(void *argument)
{
    value = *(int *)argument;
    return NULL;
}
#endif

int main()
{
    int argument = 42;
#ifdef _WIN32
    HANDLE thread = CreateThread(NULL, 0, work, &argument, 0, NULL);

    if (thread == NULL || WaitForSingleObject(thread, INFINITE) != WAIT_OBJECT_0)
        return 1;
#else
    pthread_t thread;

    if (pthread_create(&thread, NULL, work, &argument) != 0 || pthread_join(thread, NULL) != 0)
        return 1;
#endif
    std::printf("a thread ran and was joined\n");
    return value == 42 ? 0 : 1;
}
