/* expect: data race */
/* Proof of sanitize.thread: two threads count in one variable without a lock. */
#include <pthread.h>
#include <stdio.h>

static int counter = 0;

static void *work(void *argument)
{
    int i;

    for (i = 0; i < 1000; i++)
        counter += 1;
    return argument;
}

int main(void)
{
    pthread_t first;
    pthread_t second;

    if (pthread_create(&first, NULL, work, NULL) != 0 ||
        pthread_create(&second, NULL, work, NULL) != 0)
        return 0;
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    printf("not reported: counter %d\n", counter);
    return 0;
}
