/*
 * Kills a child at every instruction of what include/pssharedmemory.h compiles to (x64, by single steps), and looks
 * after each death whether the rest go on within 200 ms and the books agree. Another process may help: one that sleeps
 * for something, or one that uses the same locks all the time.
 */
#ifndef KILLER_H
#define KILLER_H

#include "pssharedmemory.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

typedef struct scenario {
    const char *name;
    void (*set_up)(void);    /* by the parent */
    void (*prepare)(void);   /* by the child, before it counts; or NULL */
    void (*act)(void);       /* what the child is killed in */
    void (*help)(void);      /* by the helper; or NULL */
    int (*is_ready)(void);   /* whether the helper does what it is there for; or NULL */
    const char *(*judge)(void); /* by the parent, when the child is dead: what is wrong, or NULL */
} scenario;

/* What the processes tell one another. */
typedef struct shared_books {
    int stop;
    int is_running;
    int put, taken_count;
    char taken[1 << 16];
} shared_books;

static shared_books *books;
static pid_t helper;

static void *shared(size_t size) {
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) {
        exit(2);
    }
    return at;
}

static void make_lock(pssm_lock *lock) {
    pthread_mutexattr_t attribute;
    (void)pthread_mutexattr_init(&attribute);
    (void)pthread_mutexattr_setpshared(&attribute, PTHREAD_PROCESS_SHARED);
    (void)pthread_mutexattr_setrobust(&attribute, PTHREAD_MUTEX_ROBUST);
    (void)pthread_mutex_init(&lock->mutex, &attribute);
}

static int has_died_with(const pssm_lock *lock) {
    return (__atomic_load_n(&lock->mutex.__data.__lock, __ATOMIC_RELAXED) & FUTEX_OWNER_DIED) != 0;
}

/* The exit code of the helper, which ends by itself or when it is told to. */
static int join_helper(void) {
    int status = 0;
    __atomic_store_n(&books->stop, 1, __ATOMIC_SEQ_CST);
    (void)waitpid(helper, &status, 0);
    helper = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void start_helper(const scenario *what) {
    memset(books, 0, sizeof *books);
    if (what->help == NULL) {
        return;
    }
    helper = fork();
    if (helper == 0) {
        what->help();
        _exit(0);
    }
    while (!what->is_ready()) {
        (void)sched_yield();
    }
}

static pid_t start_victim(const scenario *what) {
    int status;
    pid_t victim = fork();
    if (victim == 0) {
        if (what->prepare != NULL) {
            what->prepare();
        }
        (void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        (void)raise(SIGSTOP);
        what->act();
        _exit(0);
    }
    (void)waitpid(victim, &status, 0);
    return victim;
}

/* Lets the victim do that many instructions and kills it; 0: it had ended before. */
static int kill_at(pid_t victim, int at) {
    int status, i;
    for (i = 0; i < at; i++) {
        (void)ptrace(PTRACE_SINGLESTEP, victim, NULL, NULL);
        (void)waitpid(victim, &status, 0);
        if (WIFEXITED(status)) {
            return 0;
        }
    }
    (void)kill(victim, SIGKILL);
    (void)waitpid(victim, &status, 0);
    return 1;
}

/* The first argument N takes every N-th instruction only; the second, the scenarios with it in their name. */
static int run_all(
    const scenario *all, size_t number, int count, char **arguments, int (*died_with_lock)(void)) {
    int stride = count > 1 ? atoi(arguments[1]) : 1, kills = 0, held = 0, failures = 0;
    size_t i;
    books = (shared_books *)shared(sizeof *books);
    for (i = 0; i < number; i++) {
        int at, goes_on = 1, here = 0;
        if (count > 2 && strstr(all[i].name, arguments[2]) == NULL) {
            continue;
        }
        for (at = 0; goes_on; at += stride) {
            const char *wrong = NULL;
            long spent = 0;
            int tries;
            /* Who is late may only have had no processor; who hangs does so again. */
            for (tries = 0; tries == 0 || (wrong == NULL && spent > 200 && tries < 3); tries++) {
                struct timespec before, after;
                all[i].set_up();
                start_helper(&all[i]);
                goes_on = kill_at(start_victim(&all[i]), at);
                kills += goes_on;
                held += died_with_lock();
                (void)clock_gettime(CLOCK_MONOTONIC, &before);
                wrong = all[i].judge();
                (void)clock_gettime(CLOCK_MONOTONIC, &after);
                if (helper != 0) {
                    (void)join_helper();
                }
                spent = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
            }
            here++;
            if (wrong != NULL || spent > 200) {
                failures++;
                printf("%s at %d: %s (%ld ms)\n", all[i].name, at, wrong != NULL ? wrong : "late", spent);
            }
        }
        printf("%s: %d instructions\n", all[i].name, here * stride);
        fflush(stdout);
    }
    printf("kills %d held %d failures %d\n", kills, held, failures);
    return failures != 0;
}

#endif
