/*
 * The reference of the synchronisation rows: the same work in C. Prints seconds.
 *   sync add N        N atomic additions to a shared int
 *   sync mutex N      N times lock and unlock of a process-shared robust mutex
 *   sync pingpong N   N round trips over futex between two processes, each on a processor of its own
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void wait_for(atomic_int *value, int wanted)
{
    int seen;
    while ((seen = atomic_load(value)) != wanted)
        syscall(SYS_futex, value, FUTEX_WAIT, seen, NULL, NULL, 0);
}

static void put(atomic_int *value, int next)
{
    atomic_store(value, next);
    syscall(SYS_futex, value, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void stay_on_processor(int number)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(number % sysconf(_SC_NPROCESSORS_CONF), &set);
    sched_setaffinity(0, sizeof set, &set);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    long times = atol(argv[2]);
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    atomic_int *value = memory;
    double start = now();

    if (strcmp(argv[1], "add") == 0) {
        for (long i = 0; i < times; i++)
            atomic_fetch_add(value, 1);
    } else if (strcmp(argv[1], "mutex") == 0) {
        pthread_mutex_t *mutex = memory;
        pthread_mutexattr_t attributes;
        pthread_mutexattr_init(&attributes);
        pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
        pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
        pthread_mutex_init(mutex, &attributes);
        start = now();
        for (long i = 0; i < times; i++) {
            pthread_mutex_lock(mutex);
            pthread_mutex_unlock(mutex);
        }
    } else if (strcmp(argv[1], "pingpong") == 0) {
        stay_on_processor(0);
        if (fork() == 0) {
            stay_on_processor(1);
            for (long i = 0; i < times; i++) {
                wait_for(value, 1);
                put(value, 0);
            }
            _exit(0);
        }
        for (long i = 0; i < times; i++) {
            put(value, 1);
            wait_for(value, 0);
        }
        wait(NULL);
    } else {
        return 2;
    }

    printf("%.9f\n", now() - start);
    return 0;
}
