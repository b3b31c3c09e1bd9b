/*
 * A foreign peer for atomics, waits, locks and lists: what a C programmer writes with stdatomic.h, futex(2), pthread.h
 * and semaphore.h. It maps the POSIX object named on the command line (or, for a number, attaches that System V
 * segment), says "ok", then obeys one line of standard input after another and answers each with one line: "ok" and
 * what there is to say, which for pthread_ and sem_ calls is 0 or the name of the error.
 *
 *     gcc -O2 -pthread sync-peer.c -o sync-peer
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    uint32_t magic;
    uint32_t version;
    int32_t head;
    int32_t free_list;
    size_t next_free_offset;
} header_t;

typedef struct {
    int32_t data;
    int32_t next;
} node_t;

static char *base;

static _Atomic int *word(long offset) { return (_Atomic int *)(base + offset); }
static _Atomic long *wide(long offset) { return (_Atomic long *)(base + offset); }
static pthread_mutex_t *mutex(long offset) { return (pthread_mutex_t *)(base + offset); }
static sem_t *sem(long offset) { return (sem_t *)(base + offset); }

static long futex(void *address, int operation, int value)
{
    return syscall(SYS_futex, address, operation, value, NULL, NULL, 0);
}

static const char *name(int error) { return error == 0 ? "0" : strerrorname_np(error); }

static int init_mutex(long offset, int shared, int robust, int protocol, int type)
{
    pthread_mutexattr_t attribute;
    pthread_mutexattr_init(&attribute);
    if (type >= 0) pthread_mutexattr_settype(&attribute, type);
    pthread_mutexattr_setpshared(&attribute, shared ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE);
    pthread_mutexattr_setrobust(&attribute, robust ? PTHREAD_MUTEX_ROBUST : PTHREAD_MUTEX_STALLED);
    pthread_mutexattr_setprotocol(&attribute, protocol);
    return pthread_mutex_init(mutex(offset), &attribute);
}

static int timed(int seconds, struct timespec *end)
{
    clock_gettime(CLOCK_REALTIME, end);
    end->tv_sec += seconds;
    return 0;
}

/*
 * Two counters that are equal whenever nobody holds the lock; a critical section that is cut short leaves them unequal,
 * and who repairs that counts it behind the second. The dwell, in turns of an empty loop, makes it likely that a kill
 * at any instant cuts one short.
 */
static int add_after(int error, long offset, long first, long second, int dwell)
{
    if (error == EOWNERDEAD) {
        ++*(volatile int *)(base + second + sizeof(int));
        *(volatile int *)(base + second) = *(volatile int *)(base + first);
        error = pthread_mutex_consistent(mutex(offset));
    }
    if (error != 0) return error;
    ++*(volatile int *)(base + first);
    for (volatile int turn = 0; turn < dwell; turn++) { }
    ++*(volatile int *)(base + second);
    return pthread_mutex_unlock(mutex(offset));
}

static int add_locked(long offset, long first, long second, int dwell)
{
    return add_after(pthread_mutex_lock(mutex(offset)), offset, first, second, dwell);
}

/* The same by one that waits for no longer than a few microseconds, and then tries again. */
static int add_timed(long offset, long first, long second)
{
    int error;
    do {
        struct timespec end;
        clock_gettime(CLOCK_REALTIME, &end);
        end.tv_nsec += 50000;
        if (end.tv_nsec >= 1000000000) { end.tv_sec++; end.tv_nsec -= 1000000000; }
        error = pthread_mutex_timedlock(mutex(offset), &end);
    } while (error == ETIMEDOUT);
    return add_after(error, offset, first, second, 0);
}

static void list_add(int value)
{
    header_t *header = (header_t *)base;
    int32_t offset = (int32_t)__atomic_fetch_add(&header->next_free_offset, (sizeof(node_t) + 7) & ~7ul,
        __ATOMIC_SEQ_CST);
    node_t *node = (node_t *)(base + offset);
    node->data = value;
    node->next = __atomic_load_n(&header->head, __ATOMIC_SEQ_CST);
    while (!__atomic_compare_exchange_n(&header->head, &node->next, offset, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) { }
}

static void list_print(void)
{
    printf("ok ");
    for (int32_t at = ((header_t *)base)->head; at != -1; at = ((node_t *)(base + at))->next)
        printf("%d ", ((node_t *)(base + at))->data);
    printf("end\n");
}

static void list_create(void)
{
    header_t *header = (header_t *)base;
    *header = (header_t){0x534D454D, 1, -1, -1, sizeof(header_t)};
}

int main(int argc, char **argv)
{
    (void)argc;
    if (argv[1][0] == '/') {
        int fd = shm_open(argv[1], O_RDWR, 0);
        struct stat data;
        if (fd < 0 || fstat(fd, &data) != 0) { perror(argv[1]); return 1; }
        base = mmap(NULL, data.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        close(fd);
    } else {
        base = shmat(atoi(argv[1]), NULL, 0);
    }
    if (base == (void *)-1) { perror(argv[1]); return 1; }
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("ok\n");

    char line[256], verb[32];
    while (fgets(line, sizeof line, stdin)) {
        long a = 0, b = 0, c = 0;
        struct timespec end;
        if (sscanf(line, "%31s %ld %ld %ld", verb, &a, &b, &c) < 1) continue;
#define IS(text) (strcmp(verb, text) == 0)
        if (IS("load")) printf("ok %d\n", atomic_load(word(a)));
        else if (IS("load64")) printf("ok %ld\n", atomic_load(wide(a)));
        else if (IS("store")) { *(volatile int *)(base + a) = (int)b; printf("ok\n"); }
        else if (IS("store64")) { *(volatile long *)(base + a) = b; printf("ok\n"); }
        else if (IS("add")) printf("ok %d\n", atomic_fetch_add(word(a), (int)b));
        else if (IS("adds")) { for (long i = 0; i < b; i++) atomic_fetch_add(word(a), (int)c); printf("ok\n"); }
        else if (IS("adds64")) { for (long i = 0; i < b; i++) atomic_fetch_add(wide(a), c); printf("ok\n"); }
        else if (IS("wake")) {
            atomic_store(word(a), (int)b);
            printf("ok %ld\n", futex(base + a, FUTEX_WAKE, 1 << 30));
        }
        else if (IS("wait")) {
            int seen;
            while ((seen = atomic_load(word(a))) != (int)b) futex(base + a, FUTEX_WAIT, seen);
            printf("ok %d\n", seen);
        }
        else if (IS("echo")) {
            /* Waits for 1, 3, 5, ... and answers with the next number, so often. */
            for (long i = 0; i < b; i++) {
                int seen;
                while ((seen = atomic_load(word(a))) != 2 * i + 1) futex(base + a, FUTEX_WAIT, seen);
                atomic_store(word(a), (int)(2 * i + 2));
                futex(base + a, FUTEX_WAKE, 1);
            }
            printf("ok\n");
        }
        else if (IS("mutex-init")) printf("ok %s\n", name(init_mutex(a, 1, 1, PTHREAD_PRIO_NONE, -1)));
        else if (IS("mutex-init-inherit")) printf("ok %s\n", name(init_mutex(a, 1, 1, PTHREAD_PRIO_INHERIT, -1)));
        else if (IS("mutex-init-stalled")) printf("ok %s\n", name(init_mutex(a, 1, 0, PTHREAD_PRIO_NONE, -1)));
        else if (IS("mutex-init-private")) printf("ok %s\n", name(init_mutex(a, 0, 0, PTHREAD_PRIO_NONE, -1)));
        else if (IS("mutex-init-robust-private")) printf("ok %s\n", name(init_mutex(a, 0, 1, PTHREAD_PRIO_NONE, -1)));
        else if (IS("mutex-init-ceiling")) printf("ok %s\n", name(init_mutex(a, 1, 0, PTHREAD_PRIO_PROTECT, -1)));
        else if (IS("mutex-init-normal"))
            printf("ok %s\n", name(init_mutex(a, 1, 1, PTHREAD_PRIO_NONE, PTHREAD_MUTEX_NORMAL)));
        else if (IS("mutex-init-recursive"))
            printf("ok %s\n", name(init_mutex(a, 1, 1, PTHREAD_PRIO_NONE, PTHREAD_MUTEX_RECURSIVE)));
        else if (IS("mutex-init-adaptive"))
            printf("ok %s\n", name(init_mutex(a, 1, 1, PTHREAD_PRIO_NONE, PTHREAD_MUTEX_ADAPTIVE_NP)));
        else if (IS("lock")) printf("ok %s\n", name(pthread_mutex_lock(mutex(a))));
        else if (IS("trylock")) printf("ok %s\n", name(pthread_mutex_trylock(mutex(a))));
        else if (IS("timedlock")) {
            timed((int)b, &end);
            printf("ok %s\n", name(pthread_mutex_timedlock(mutex(a), &end)));
        }
        else if (IS("consistent")) printf("ok %s\n", name(pthread_mutex_consistent(mutex(a))));
        else if (IS("unlock")) printf("ok %s\n", name(pthread_mutex_unlock(mutex(a))));
        else if (IS("locked-adds")) {
            int error = 0;
            for (long i = 0; i < 10000 && error == 0; i++) error = add_locked(a, b, c, 0);
            printf("ok %s\n", name(error));
        }
        else if (IS("timed-adds")) {
            int error = 0;
            for (long i = 0; i < 10000 && error == 0; i++) error = add_timed(a, b, c);
            printf("ok %s\n", name(error));
        }
        else if (IS("locked-adds-forever")) {
            printf("ok\n");
            while (add_locked(a, b, c, 20000) == 0) { }
            printf("error locked-adds-forever\n");
        }
        else if (IS("sem-init")) printf("ok %s\n", name(sem_init(sem(a), 1, (unsigned)b) ? errno : 0));
        else if (IS("sem-init-private")) printf("ok %s\n", name(sem_init(sem(a), 0, (unsigned)b) ? errno : 0));
        else if (IS("sem-post")) printf("ok %s\n", name(sem_post(sem(a)) ? errno : 0));
        else if (IS("sem-wait")) {
            timed(b ? (int)b : 60, &end);
            printf("ok %s\n", name(sem_timedwait(sem(a), &end) ? errno : 0));
        }
        else if (IS("sem-try")) printf("ok %s\n", name(sem_trywait(sem(a)) ? errno : 0));
        else if (IS("sem-value")) { int value; sem_getvalue(sem(a), &value); printf("ok %d\n", value); }
        else if (IS("sem-open")) {
            sem_t *named = sem_open(argv[2], O_CREAT | O_EXCL, 0600, (unsigned)a);
            printf("ok %s\n", name(named == SEM_FAILED ? errno : 0));
        }
        else if (IS("list-create")) { list_create(); printf("ok\n"); }
        else if (IS("list-add")) { list_add((int)a); printf("ok\n"); }
        else if (IS("list-adds-forever")) {
            printf("ok\n");
            for (int i = 0; i < 1 << 20; i++) { list_add((int)a); usleep(20); }
        }
        else if (IS("list-print")) list_print();
        else if (IS("pid")) printf("ok %d\n", getpid());
        else printf("error unknown %s\n", verb);
    }
    return 0;
}
