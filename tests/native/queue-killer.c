/*
 * Kills a child at every instruction of what include/pssharedmemory.h compiles to (x64, by single steps), and looks
 * after each death whether the rest go on and nothing was lost, doubled or torn. Prints a line for each operation, and
 * at last: kills, how many of them held a lock, failures. `stride N` looks at every N-th instruction only.
 */
#include "pssharedmemory.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#define CAPACITY 4096

enum operation { PUT, PUT_WRAPPED, GET, CLAIM, DONE, DONE_BEHIND, RELEASE, OPERATIONS };

static const char *const names[] = {"put", "put-wrapped", "get", "claim", "done", "done-behind", "release"};
static pssm_queue queue;
static pssm_claim claims[2];
static char buffer[CAPACITY];

static void make(void) {
    pthread_mutexattr_t attribute;
    pssm_queue_header *h = queue.header;
    memset(h, 0, PSSM_HEADER_SIZE);
    (void)pthread_mutexattr_init(&attribute);
    (void)pthread_mutexattr_setpshared(&attribute, PTHREAD_PROCESS_SHARED);
    (void)pthread_mutexattr_setrobust(&attribute, PTHREAD_MUTEX_ROBUST);
    (void)pthread_mutex_init(&h->put_lock.mutex, &attribute);
    (void)pthread_mutex_init(&h->get_lock.mutex, &attribute);
    queue.data = (char *)h + PSSM_HEADER_SIZE;
    queue.capacity = CAPACITY;
    queue.known_head = queue.known_tail = 0;
    queue.next_look = 0;
}

static void be_this_process(void) {
    queue.pid = (uint32_t)getpid();
    queue.start = pssm_process_start(queue.pid);
}

static int put(const char *text, uint32_t length) {
    memset(buffer, text[0], length);
    memcpy(buffer, text, strlen(text) + 1);
    return pssm_queue_put(&queue, buffer, length, PSSM_TEXT, 0);
}

static void set_up(enum operation operation) {
    int i;
    make();
    for (i = 0; i < (operation == PUT_WRAPPED ? 30 : 3); i++) {
        (void)put("z", 120);
        (void)pssm_queue_get(&queue, buffer, sizeof buffer, NULL, 0);
    }
    (void)put("1", 64);
    (void)put("2", 64);
}

static void act(enum operation operation) {
    switch (operation) {
    case PUT:
    case PUT_WRAPPED:
        (void)pssm_queue_put(&queue, buffer, 400, PSSM_TEXT, 0);
        break;
    case GET:
        (void)pssm_queue_get(&queue, buffer, sizeof buffer, NULL, 0);
        break;
    case CLAIM:
        (void)pssm_queue_claim_next(&queue, buffer, sizeof buffer, NULL, 0, -1, &claims[0]);
        break;
    case DONE:
        (void)pssm_queue_done(&queue, &claims[0]);
        break;
    case DONE_BEHIND:
        (void)pssm_queue_done(&queue, &claims[1]);
        break;
    default:
        (void)pssm_queue_release(&queue, &claims[0]);
    }
}

static void child(enum operation operation) {
    be_this_process();
    if (operation == DONE || operation == DONE_BEHIND || operation == RELEASE) {
        (void)pssm_queue_claim_next(&queue, buffer, sizeof buffer, NULL, 0, -1, &claims[0]);
        if (operation == DONE_BEHIND) {
            (void)pssm_queue_claim_next(&queue, buffer, sizeof buffer, NULL, 0, -1, &claims[1]);
        }
    }
    memset(buffer, '3', 400);
    buffer[1] = 0;
    (void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    (void)raise(SIGSTOP);
    act(operation);
    _exit(0);
}

/* What is in the queue now, as digits: each message must be whole. */
static int drain(char *seen) {
    long length;
    int torn = 0, count = 0;
    while ((length = pssm_queue_get(&queue, buffer, sizeof buffer, NULL, 0)) >= 0) {
        long i;
        for (i = 2; i < length; i++) {
            torn |= buffer[i] != buffer[0];
        }
        seen[count++] = buffer[0];
    }
    seen[count] = 0;
    return torn;
}

/* Before and after the commit; a claim of the dead comes back. */
static int is_right(enum operation operation, const char *seen) {
    switch (operation) {
    case PUT:
    case PUT_WRAPPED:
        return strcmp(seen, "124") == 0 || strcmp(seen, "1234") == 0;
    case GET:
    case DONE:
        return strcmp(seen, "124") == 0 || strcmp(seen, "24") == 0;
    case DONE_BEHIND:
        return strcmp(seen, "124") == 0 || strcmp(seen, "14") == 0;
    default:
        return strcmp(seen, "124") == 0;
    }
}

int main(int count, char **arguments) {
    int stride = count > 1 ? atoi(arguments[1]) : 1, operation, kills = 0, held = 0, failures = 0;
    queue.header = (pssm_queue_header *)mmap(
        NULL, PSSM_HEADER_SIZE + CAPACITY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (operation = 0; operation < OPERATIONS; operation++) {
        int at, has_ended = 0, here = 0;
        for (at = 0; !has_ended; at += stride) {
            char seen[64];
            int status, i, left;
            struct timespec before, after;
            pid_t victim;
            be_this_process();
            set_up((enum operation)operation);
            victim = fork();
            if (victim == 0) {
                child((enum operation)operation);
            }
            (void)waitpid(victim, &status, 0);
            for (i = 0; i < at && !has_ended; i++) {
                (void)ptrace(PTRACE_SINGLESTEP, victim, NULL, NULL);
                (void)waitpid(victim, &status, 0);
                has_ended = WIFEXITED(status);
            }
            if (!has_ended) {
                (void)kill(victim, SIGKILL);
                (void)waitpid(victim, &status, 0);
                kills++;
                here++;
            }
            left = queue.header->put_lock.mutex.__data.__lock | queue.header->get_lock.mutex.__data.__lock;
            held += (left & FUTEX_OWNER_DIED) != 0;
            (void)clock_gettime(CLOCK_MONOTONIC, &before);
            if (put("4", 64) != 0) {
                failures++;
                printf("%s at %d: nothing can be put\n", names[operation], at);
            }
            if (drain(seen) || !is_right((enum operation)operation, seen)) {
                failures++;
                printf("%s at %d: %s\n", names[operation], at, seen);
            }
            (void)clock_gettime(CLOCK_MONOTONIC, &after);
            if ((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 > 200) {
                failures++;
                printf("%s at %d: the rest went on late\n", names[operation], at);
            }
            if (queue.header->head != queue.header->tail || pssm_queue_count(&queue) != 0) {
                failures++;
                printf("%s at %d: the books do not agree\n", names[operation], at);
            }
        }
        printf("%s: %d instructions\n", names[operation], here);
        fflush(stdout);
    }
    printf("kills %d held %d failures %d\n", kills, held, failures);
    return failures != 0;
}
