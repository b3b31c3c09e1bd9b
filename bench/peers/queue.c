/*
 * The reference of the queue rows, in C. Prints seconds.
 *   queue pingpong N   N round trips through two queues between two processes, busy, each on a processor of its own
 *   queue socket N     N messages of 64 bytes from 2 producers to 2 consumers through a Unix socket
 */
#include "pssharedmemory.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { CAPACITY = 1 << 20, SIZE = 64 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void stay_on_processor(int number)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(number % sysconf(_SC_NPROCESSORS_CONF), &set);
    sched_setaffinity(0, sizeof set, &set);
}

/* A queue that only this program and its children see. */
static pssm_queue make(void)
{
    pssm_queue q;
    pthread_mutexattr_t attribute;
    memset(&q, 0, sizeof q);
    q.length = PSSM_HEADER_SIZE + CAPACITY;
    q.capacity = CAPACITY;
    q.header = mmap(NULL, q.length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    q.data = (char *)q.header + PSSM_HEADER_SIZE;
    pthread_mutexattr_init(&attribute);
    pthread_mutexattr_setpshared(&attribute, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attribute, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&q.header->put_lock.mutex, &attribute);
    pthread_mutex_init(&q.header->get_lock.mutex, &attribute);
    return q;
}

static void busy_get(pssm_queue *q, char *buffer)
{
    while (pssm_queue_get(q, buffer, SIZE, NULL, 0) < 0)
        ;
}

static void pingpong(long times)
{
    char buffer[SIZE] = {0};
    pssm_queue there = make(), back = make();
    pid_t partner = fork();
    double start;
    if (partner == 0) {
        stay_on_processor(1);
        for (long i = 0; i < times; i++) {
            busy_get(&there, buffer);
            pssm_queue_put(&back, buffer, SIZE, PSSM_BYTES, 0);
        }
        _exit(0);
    }
    stay_on_processor(0);
    start = now();
    for (long i = 0; i < times; i++) {
        pssm_queue_put(&there, buffer, SIZE, PSSM_BYTES, 0);
        busy_get(&back, buffer);
    }
    printf("%.9f\n", now() - start);
    waitpid(partner, NULL, 0);
}

static void through_socket(long times)
{
    int ends[2], i;
    double start = now();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0)
        exit(1);
    for (i = 0; i < 4; i++) {
        if (fork() == 0) {
            char buffer[SIZE] = {0};
            for (long left = times / 2; left > 0; left--) {
                if ((i < 2 ? write(ends[0], buffer, SIZE) : read(ends[1], buffer, SIZE)) != SIZE)
                    _exit(1);
            }
            _exit(0);
        }
    }
    for (i = 0; i < 4; i++)
        wait(NULL);
    printf("%.9f\n", now() - start);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    if (strcmp(argv[1], "pingpong") == 0)
        pingpong(atol(argv[2]));
    else
        through_socket(atol(argv[2]));
    return 0;
}
