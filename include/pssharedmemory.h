/*
 * pssharedmemory.h: queues and dictionaries of PSSharedMemory at the other end.
 *
 * C11 or C++11, Linux with glibc; link with -lpthread where the C library still needs it. Every function returns 0 or
 * more, or -errno. A process may be killed at any instruction of any of them: the others go on, and a message is there
 * whole or not at all, a value the old or the new one. A process that is stopped (SIGSTOP) while it holds a lock blocks
 * that side until it goes on.
 *
 * The layouts are described in about_ShmQueue and about_ShmDictionary.
 */
#ifndef PSSHAREDMEMORY_H
#define PSSHAREDMEMORY_H

#if !defined(_GNU_SOURCE) && !defined(_FEATURES_H)
#define _GNU_SOURCE 1
#endif

#include <limits.h>
#if !defined(__GLIBC__)
#error "The locks of PSSharedMemory are those of glibc; another C library lays them out differently."
#endif

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if !defined(__USE_MISC) || !defined(__USE_XOPEN2K8)
#error "Include pssharedmemory.h before other headers, or compile with -D_GNU_SOURCE or -std=gnu11."
#endif
#if defined(__x86_64__)
#define PSSM_LOCK_ABI 1u
#elif defined(__aarch64__)
#define PSSM_LOCK_ABI 2u
#else
#error "PSSharedMemory knows x64 and arm64."
#endif

/* Functions of the including file; a shared library for other languages: gcc -shared -fPIC -DPSSM_API= -x c … */
#ifndef PSSM_API
#define PSSM_API static inline
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Types of messages and values. Numbers are little-endian; from 1024 to 65535 they are yours. */
#define PSSM_BYTES 1u
#define PSSM_TEXT 2u
#define PSSM_INT64 3u
#define PSSM_DOUBLE 4u
#define PSSM_BOOLEAN 5u
#define PSSM_NULL 6u
#define PSSM_CLIXML 7u
#define PSSM_DATE 8u

#define PSSM_HEADER_SIZE 4096u
#define PSSM_QUEUE_CLAIMS 112u

/* Bits 16 to 30 of a record's type: one more than the number of its claim. Bit 31: done. */
#define PSSM_DONE_BIT 0x80000000u
#define PSSM_TYPE_MASK 0xFFFFu

typedef union pssm_lock {
    pthread_mutex_t mutex;
    char room[64];
} pssm_lock;

typedef struct pssm_queue_claim {
    uint32_t pid;
    uint32_t pid_namespace;
    uint64_t start;
    uint64_t position;
    uint64_t lease_end; /* milliseconds of CLOCK_MONOTONIC; 0 for none */
} pssm_queue_claim;

typedef struct pssm_queue_header {
    char magic[8];
    uint32_t version;
    uint32_t header;
    uint64_t capacity;
    uint32_t lock_abi;
    char reserved0[36];
    pssm_lock put_lock;
    uint64_t tail;
    uint32_t put_seq;
    uint32_t getters_asleep;
    uint64_t put_since; /* milliseconds of CLOCK_MONOTONIC */
    char reserved1[40];
    pssm_lock get_lock;
    uint64_t head;
    uint32_t get_seq;
    uint32_t putters_asleep;
    uint64_t cursor;
    uint64_t get_since;
    char reserved2[224];
    pssm_queue_claim claims[PSSM_QUEUE_CLAIMS];
} pssm_queue_header;

typedef struct pssm_queue {
    pssm_queue_header *header;
    char *data;
    uint64_t capacity; /* as it was when the queue was opened: what the header says later is not believed */
    uint64_t known_head; /* as they were last seen: both only grow */
    uint64_t known_tail;
    uint64_t next_look;
    uint64_t start; /* when this process started */
    uint32_t pid;
    uint32_t pid_namespace;
    size_t length;
} pssm_queue;

/* What pssm_queue_claim_next gives and pssm_queue_done or pssm_queue_release take. */
typedef struct pssm_claim {
    uint64_t position;
    uint32_t number;
} pssm_claim;

/* ---- what all of them share ---- */

static inline uint64_t pssm_record_size(uint64_t length) { return (8u + length + 7u) & ~(uint64_t)7; }

static inline uint64_t pssm_now_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static inline long pssm_futex(uint32_t *word, int operation, uint32_t value, const struct timespec *time) {
    return syscall(SYS_futex, word, operation, value, time, NULL, 0);
}

/* Milliseconds that are left until the end, up to most; end 0 is without end. */
static inline uint64_t pssm_left(uint64_t end, uint64_t most) {
    uint64_t now;
    if (end == 0) {
        return most;
    }
    now = pssm_now_ms();
    return now >= end ? 0 : end - now < most ? end - now : most;
}

static inline uint64_t pssm_end(int timeout_ms) {
    return timeout_ms < 0 ? 0 : pssm_now_ms() + (uint64_t)timeout_ms + 1;
}

/* The kind of a normal mutex, robust and shared: anything else there is none, and glibc would trust it. */
static inline int pssm_is_lock(const pssm_lock *lock) {
    return __atomic_load_n((const int32_t *)(const void *)(lock->room + 16), __ATOMIC_RELAXED) == 16 + 128;
}

/* 0; 1: its owner had died with it; -EAGAIN: somebody holds it and does not go on. */
static inline int pssm_lock_enter(pssm_lock *lock, uint64_t *since, int timeout_ms) {
    int result;
    if (!pssm_is_lock(lock)) {
        return -EPROTO;
    }
    result = pthread_mutex_trylock(&lock->mutex);
    if (result == EBUSY) {
        if (timeout_ms < 0) {
            result = pthread_mutex_lock(&lock->mutex);
        } else {
            /* Nobody holds it for longer than a copy takes, unless he was stopped. */
            long wait = timeout_ms < 100 ? 100 : timeout_ms;
            struct timespec end;
            (void)clock_gettime(CLOCK_REALTIME, &end);
            end.tv_sec += wait / 1000;
            end.tv_nsec += wait % 1000 * 1000000;
            if (end.tv_nsec >= 1000000000) {
                end.tv_sec++;
                end.tv_nsec -= 1000000000;
            }
            result = pthread_mutex_timedlock(&lock->mutex, &end);
        }
    }
    if (result == EOWNERDEAD) {
        (void)pthread_mutex_consistent(&lock->mutex);
    } else if (result != 0) {
        return result == ETIMEDOUT ? -EAGAIN : -result;
    }
    __atomic_store_n(since, pssm_now_ms(), __ATOMIC_RELAXED);
    return result == EOWNERDEAD;
}

static inline void pssm_lock_exit(pssm_lock *lock) { (void)pthread_mutex_unlock(&lock->mutex); }

/* Down, but not below none. */
static inline void pssm_leave(uint32_t *asleep, uint32_t count) {
    uint32_t old = __atomic_load_n(asleep, __ATOMIC_RELAXED);
    while (old != 0 && !__atomic_compare_exchange_n(
                           asleep, &old, old < count ? 0 : old - count, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
    }
}

/* Whoever wakes counts down: else each change until the woken one runs would wake it once more. */
static inline void pssm_raise(uint32_t *sequence, uint32_t *asleep, int wake) {
    (void)__atomic_add_fetch(sequence, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(asleep, __ATOMIC_SEQ_CST) != 0) {
        long woken = pssm_futex(sequence, FUTEX_WAKE, (uint32_t)wake, NULL);
        if (woken > 0) {
            pssm_leave(asleep, (uint32_t)woken);
        }
    }
}

static inline void pssm_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    __asm__ __volatile__("yield");
#endif
}

/* At most 100 ms, so that a wake which was lost with its sender costs no more. */
static inline void pssm_sleep(uint32_t *sequence, uint32_t *asleep, uint32_t seen, uint64_t end) {
    struct timespec time;
    uint64_t left;
    int looks;
    /* Half a microsecond for the other side: who looks at once gets one message at a time. */
    for (looks = 0; looks < 80; looks++) {
        pssm_pause();
    }
    for (looks = 0; looks < 100; looks++) {
        if (__atomic_load_n(sequence, __ATOMIC_ACQUIRE) != seen) {
            return;
        }
        pssm_pause();
    }
    left = pssm_left(end, 100);
    time.tv_sec = 0;
    time.tv_nsec = (long)left * 1000000;
    (void)__atomic_add_fetch(asleep, 1, __ATOMIC_SEQ_CST);
    if (pssm_futex(sequence, FUTEX_WAIT, seen, &time) != 0) {
        pssm_leave(asleep, 1);
    }
}

/* The start of a process in clock ticks since the boot; 0 where it has ended. */
static inline uint64_t pssm_process_start(uint32_t pid) {
    char path[32], text[1024], *field;
    unsigned long long start = 0;
    ssize_t length;
    int file, number;
    (void)snprintf(path, sizeof path, "/proc/%u/stat", (unsigned)pid);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        /* Out of descriptors is not dead. */
        return errno == ENOENT || errno == ESRCH ? 0 : UINT64_MAX;
    }
    length = read(file, text, sizeof text - 1);
    (void)close(file);
    if (length <= 0) {
        return 0;
    }
    text[length] = 0;
    field = strrchr(text, ')');
    if (field == NULL || field[1] != ' ' || field[2] == 'Z' || field[2] == 'X') {
        return 0;
    }
    for (field += 2, number = 3; number < 22 && field != NULL; number++) {
        field = strchr(field, ' ');
        field = field == NULL ? NULL : field + 1;
    }
    return field != NULL && sscanf(field, "%llu", &start) == 1 ? (uint64_t)start : 0;
}

/* Maps an object of a collection and checks its header; 0 or -errno. */
static inline int pssm_map(const char *name, const char *magic, int locks_apart, void **at, size_t *length) {
    struct stat object;
    pssm_queue_header *header;
    int error = 0;
    int file = shm_open(name, O_RDWR | O_CLOEXEC, 0);
    if (file < 0) {
        return -errno;
    }
    if (fstat(file, &object) != 0) {
        error = -errno;
    } else if (object.st_size < (off_t)PSSM_HEADER_SIZE + 64) {
        error = -EPROTO;
    } else {
        *length = (size_t)object.st_size;
        *at = mmap(NULL, *length, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        error = *at == MAP_FAILED ? -errno : 0;
    }
    (void)close(file);
    if (error != 0) {
        return error;
    }
    header = (pssm_queue_header *)*at;
    if (memcmp(header->magic, magic, 8) != 0 || header->version != 1 || header->header != PSSM_HEADER_SIZE ||
        !pssm_is_lock(&header->put_lock) || (locks_apart && !pssm_is_lock(&header->get_lock))) {
        error = -EPROTO;
    } else if (header->lock_abi != PSSM_LOCK_ABI) {
        error = -ENOTSUP;
    }
    if (error != 0) {
        (void)munmap(*at, *length);
    }
    return error;
}

/* ---- the queue ---- */

/* Opens the queue that New-ShmQueue made. -EPROTO: no queue is there; -ENOTSUP: its locks are of another C library. */
PSSM_API int pssm_queue_open(pssm_queue *q, const char *name) {
    struct stat ns;
    void *at = NULL;
    int error;
    memset(q, 0, sizeof *q);
    error = pssm_map(name, "PSHMQ\0\0\1", 1, &at, &q->length);
    if (error != 0) {
        return error;
    }
    q->header = (pssm_queue_header *)at;
    q->data = (char *)at + PSSM_HEADER_SIZE;
    q->capacity = (q->length - PSSM_HEADER_SIZE) & ~(size_t)7;
    if (q->header->capacity != q->capacity) {
        (void)munmap(at, q->length);
        q->header = NULL;
        return -EPROTO;
    }
    q->pid = (uint32_t)getpid();
    q->start = pssm_process_start(q->pid);
    q->pid_namespace = stat("/proc/self/ns/pid", &ns) == 0 ? (uint32_t)ns.st_ino : 0;
    return 0;
}

PSSM_API void pssm_queue_close(pssm_queue *q) {
    if (q->header != NULL) {
        (void)munmap(q->header, q->length);
        q->header = NULL;
    }
}

static inline int pssm_queue_is_sound(const pssm_queue *q, uint64_t head, uint64_t tail) {
    return tail - head <= q->capacity && ((head | tail) & 7u) == 0;
}

/* The record at a position, or behind the padding there: where it and the next begin. 0: there is none. */
static inline char *pssm_queue_record(
    const pssm_queue *q, uint64_t *position, uint64_t tail, uint32_t *length, uint64_t *next) {
    uint64_t at = *position % q->capacity, size;
    *length = __atomic_load_n((uint32_t *)(void *)(q->data + at), __ATOMIC_ACQUIRE);
    if (*length == UINT32_MAX) {
        *position += q->capacity - at;
        at = 0;
        if (*position >= tail) {
            return NULL;
        }
        *length = __atomic_load_n((uint32_t *)(void *)q->data, __ATOMIC_ACQUIRE);
    }
    size = pssm_record_size(*length);
    if (*length == UINT32_MAX || size > q->capacity - at || size > tail - *position) {
        return NULL;
    }
    *next = *position + size;
    return q->data + at;
}

static inline uint32_t *pssm_record_type(char *record) { return (uint32_t *)(void *)(record + 4); }

static inline int pssm_queue_try_put(
    pssm_queue *q, const void *data, uint32_t length, uint32_t type, int timeout_ms) {
    pssm_queue_header *h = q->header;
    uint64_t size = pssm_record_size(length), tail, at, padding;
    int error = 0, died = pssm_lock_enter(&h->put_lock, &h->put_since, timeout_ms);
    if (died < 0) {
        return died;
    }
    tail = __atomic_load_n(&h->tail, __ATOMIC_RELAXED);
    at = tail % q->capacity;
    padding = size > q->capacity - at ? q->capacity - at : 0;
    if (tail - q->known_head > q->capacity || q->capacity - (tail - q->known_head) < size + padding) {
        q->known_head = __atomic_load_n(&h->head, __ATOMIC_ACQUIRE);
    }
    if (!pssm_queue_is_sound(q, q->known_head, tail)) {
        error = -EPROTO;
    } else if (q->capacity - (tail - q->known_head) < size + padding) {
        error = -EAGAIN;
    } else {
        if (padding != 0) {
            *(uint32_t *)(void *)(q->data + at) = UINT32_MAX;
            at = 0;
        }
        *(uint32_t *)(void *)(q->data + at) = length;
        *pssm_record_type(q->data + at) = type;
        if (length != 0) {
            memcpy(q->data + at + 8, data, length);
        }
        /* Here it is in. */
        __atomic_store_n(&h->tail, tail + padding + size, __ATOMIC_RELEASE);
    }
    pssm_lock_exit(&h->put_lock);
    if (died || error == 0) {
        pssm_raise(&h->put_seq, &h->getters_asleep, died ? INT_MAX : 1);
    }
    return error;
}

/*
 * Puts a message in. timeout_ms: how long it waits for room, -1 without end, 0 not at all. -EAGAIN: no room in time;
 * -EMSGSIZE: longer than half the capacity; -EPROTO: the queue is damaged.
 */
PSSM_API int pssm_queue_put(
    pssm_queue *q, const void *data, uint32_t length, uint32_t type, int timeout_ms) {
    uint64_t end = pssm_end(timeout_ms);
    if (pssm_record_size(length) > q->capacity / 2) {
        return -EMSGSIZE;
    }
    if (type > PSSM_TYPE_MASK) {
        return -EINVAL;
    }
    for (;;) {
        uint32_t seen = __atomic_load_n(&q->header->get_seq, __ATOMIC_ACQUIRE);
        int result = pssm_queue_try_put(q, data, length, type, timeout_ms);
        if (result != -EAGAIN || timeout_ms == 0 || (end != 0 && pssm_now_ms() >= end)) {
            return result;
        }
        pssm_sleep(&q->header->get_seq, &q->header->putters_asleep, seen, end);
    }
}

/*
 * The first store is the commit: the mark that is left on the record counts for nothing without it. Who dies behind it
 * leaves the lock to one who looks at all marks.
 */
static inline void pssm_queue_give_back(pssm_queue_header *h, char *record, uint64_t position, uint32_t number) {
    uint32_t *type = pssm_record_type(record);
    __atomic_store_n(&h->claims[number].pid, 0, __ATOMIC_RELEASE);
    if (__atomic_load_n(&h->cursor, __ATOMIC_RELAXED) > position) {
        __atomic_store_n(&h->cursor, position, __ATOMIC_RELEASE);
    }
    __atomic_store_n(type, *type & PSSM_TYPE_MASK, __ATOMIC_RELEASE);
}

static inline int pssm_queue_is_claimed_by(char *record, uint32_t number) {
    return __atomic_load_n(pssm_record_type(record), __ATOMIC_RELAXED) >> 16 == number + 1;
}

/* Whether a record can be taken: not claimed, or by one that died before the claim was committed. -EPROTO: damaged. */
static inline int pssm_queue_is_free(const pssm_queue_header *h, uint32_t word, uint64_t position) {
    uint32_t number = word >> 16;
    if (number == 0 || (word & PSSM_DONE_BIT) != 0) {
        return number == 0;
    }
    if (number > PSSM_QUEUE_CLAIMS) {
        return -EPROTO;
    }
    return __atomic_load_n(&h->claims[number - 1].pid, __ATOMIC_RELAXED) == 0 ||
           h->claims[number - 1].position != position;
}

static inline void pssm_queue_look_at_claims(pssm_queue *q, uint64_t head, uint64_t tail, int at_once) {
    pssm_queue_header *h = q->header;
    uint64_t now = pssm_now_ms();
    uint32_t number;
    if (now < q->next_look && !at_once) {
        return;
    }
    q->next_look = now + 50;
    for (number = 0; number < PSSM_QUEUE_CLAIMS; number++) {
        pssm_queue_claim *claim = &h->claims[number];
        uint64_t position = claim->position, next, start;
        uint32_t length, pid = __atomic_load_n(&claim->pid, __ATOMIC_RELAXED);
        char *record = NULL;
        if (pid == 0) {
            continue;
        }
        if (claim->lease_end == 0 || now < claim->lease_end) {
            if (claim->pid_namespace != q->pid_namespace) {
                continue; /* not to be seen from here: it counts as alive */
            }
            start = pssm_process_start(pid);
            if (start == claim->start || start == UINT64_MAX) {
                continue;
            }
        }
        if (position - head < tail - head) {
            record = pssm_queue_record(q, &position, tail, &length, &next);
        }
        if (record != NULL && pssm_queue_is_claimed_by(record, number)) {
            pssm_queue_give_back(h, record, position, number);
        } else {
            __atomic_store_n(&claim->pid, 0, __ATOMIC_RELEASE);
        }
    }
}

/* Where the head can go: behind everything that is done. */
static inline uint64_t pssm_queue_behind_done(const pssm_queue *q, uint64_t position, uint64_t tail) {
    while (position < tail) {
        uint64_t at = position, next;
        uint32_t length;
        char *record = pssm_queue_record(q, &at, tail, &length, &next);
        if (record == NULL || !(__atomic_load_n(pssm_record_type(record), __ATOMIC_RELAXED) & PSSM_DONE_BIT)) {
            break;
        }
        position = next;
    }
    return position;
}

static inline int pssm_queue_claim_record(
    pssm_queue *q, char *record, uint64_t position, uint64_t next, int lease_ms, pssm_claim *claim) {
    pssm_queue_header *h = q->header;
    uint32_t number, *type = pssm_record_type(record);
    for (number = 0; number < PSSM_QUEUE_CLAIMS; number++) {
        pssm_queue_claim *place = &h->claims[number];
        if (__atomic_load_n(&place->pid, __ATOMIC_RELAXED) == 0) {
            place->pid_namespace = q->pid_namespace;
            place->start = q->start;
            place->position = position;
            place->lease_end = lease_ms < 0 ? 0 : pssm_now_ms() + (uint64_t)lease_ms;
            __atomic_store_n(type, (number + 1) << 16 | (*type & PSSM_TYPE_MASK), __ATOMIC_RELEASE);
            __atomic_store_n(&h->cursor, next, __ATOMIC_RELEASE);
            /* Here it is claimed. */
            __atomic_store_n(&place->pid, q->pid, __ATOMIC_RELEASE);
            claim->position = position;
            claim->number = number;
            return 0;
        }
    }
    return -EAGAIN;
}

/* For who gets the lock of a dead owner: it may have died between two stores of a claim. */
static inline void pssm_queue_look_again(pssm_queue_header *h) { __atomic_store_n(&h->cursor, 0, __ATOMIC_RELEASE); }

/* The tail as it was last seen, as long as something lies before it: each look costs a transfer between processors. */
static inline uint64_t pssm_queue_tail_behind(pssm_queue *q, uint64_t head, uint64_t position) {
    if (q->known_tail <= position || q->known_tail - head > q->capacity) {
        q->known_tail = __atomic_load_n(&q->header->tail, __ATOMIC_ACQUIRE);
    }
    return q->known_tail;
}

static inline long pssm_queue_take_locked(
    pssm_queue *q, void *buffer, size_t room, uint32_t *type, int lease_ms, pssm_claim *claim, int died) {
    pssm_queue_header *h = q->header;
    uint64_t head = __atomic_load_n(&h->head, __ATOMIC_RELAXED), tail, cursor, position;
    if (died) {
        pssm_queue_look_again(h);
    }
    cursor = __atomic_load_n(&h->cursor, __ATOMIC_RELAXED);
    tail = pssm_queue_tail_behind(q, head, cursor > head ? cursor : head);
    if (!pssm_queue_is_sound(q, head, tail)) {
        return -EPROTO;
    }
    if (died || cursor > head) {
        uint64_t behind = pssm_queue_behind_done(q, head, tail);
        if (behind != head) {
            /* Who did the work on it died before the head had followed. */
            head = behind;
            __atomic_store_n(&h->head, head, __ATOMIC_RELEASE);
        }
        pssm_queue_look_at_claims(q, head, tail, died);
        cursor = __atomic_load_n(&h->cursor, __ATOMIC_RELAXED);
    }
    position = cursor > head ? cursor : head;
    if (position > tail || (position & 7u) != 0) {
        return -EPROTO;
    }
    while (position < tail || position < (tail = pssm_queue_tail_behind(q, head, position))) {
        uint64_t at = position, next;
        uint32_t length, word;
        int is_free;
        char *record = pssm_queue_record(q, &at, tail, &length, &next);
        if (record == NULL) {
            return -EPROTO;
        }
        word = __atomic_load_n(pssm_record_type(record), __ATOMIC_RELAXED);
        is_free = pssm_queue_is_free(h, word, at);
        if (is_free < 0) {
            return is_free;
        }
        if (!is_free) {
            position = next; /* claimed, or done */
            continue;
        }
        word &= PSSM_TYPE_MASK;
        if (length > room) {
            return -EMSGSIZE;
        }
        if (length != 0) {
            memcpy(buffer, record + 8, length);
        }
        if (type != NULL) {
            *type = word;
        }
        if (claim != NULL) {
            int error = pssm_queue_claim_record(q, record, at, next, lease_ms, claim);
            return error != 0 ? error : (long)length;
        }
        if (position == head) {
            /* Here it is out. */
            __atomic_store_n(&h->head, pssm_queue_behind_done(q, next, tail), __ATOMIC_RELEASE);
        } else {
            __atomic_store_n(pssm_record_type(record), word | PSSM_DONE_BIT, __ATOMIC_RELEASE);
            __atomic_store_n(&h->cursor, next, __ATOMIC_RELEASE);
        }
        return (long)length;
    }
    if (position > head) {
        __atomic_store_n(&h->cursor, position, __ATOMIC_RELEASE);
    }
    return -EAGAIN;
}

/* Those who wait for room are woken for a quarter of the ring; for less they would sleep again behind one message. */
static inline void pssm_queue_tell_putters(pssm_queue *q, int died) {
    pssm_queue_header *h = q->header;
    uint64_t head = __atomic_load_n(&h->head, __ATOMIC_RELAXED), used = q->known_tail > head ? q->known_tail - head : 0;
    if (died || used <= q->capacity - q->capacity / 4) {
        pssm_raise(&h->get_seq, &h->putters_asleep, INT_MAX);
    }
}

static inline long pssm_queue_try_take(
    pssm_queue *q, void *buffer, size_t room, uint32_t *type, int timeout_ms, int lease_ms, pssm_claim *claim) {
    pssm_queue_header *h = q->header;
    uint64_t head = __atomic_load_n(&h->head, __ATOMIC_ACQUIRE);
    uint64_t cursor = __atomic_load_n(&h->cursor, __ATOMIC_ACQUIRE), start = cursor > head ? cursor : head;
    uint64_t tail = pssm_queue_tail_behind(q, head, start);
    long result;
    int died;
    if (start == tail && (head == tail || pssm_now_ms() < q->next_look)) {
        return -EAGAIN;
    }
    died = pssm_lock_enter(&h->get_lock, &h->get_since, timeout_ms);
    if (died < 0) {
        return died;
    }
    head = __atomic_load_n(&h->head, __ATOMIC_RELAXED);
    result = pssm_queue_take_locked(q, buffer, room, type, lease_ms, claim, died);
    head = __atomic_load_n(&h->head, __ATOMIC_RELAXED) - head;
    pssm_lock_exit(&h->get_lock);
    if (head != 0 || died) {
        pssm_queue_tell_putters(q, died);
    }
    return result;
}

static inline long pssm_queue_take(
    pssm_queue *q, void *buffer, size_t room, uint32_t *type, int timeout_ms, int lease_ms, pssm_claim *claim) {
    uint64_t end = pssm_end(timeout_ms);
    for (;;) {
        uint32_t seen = __atomic_load_n(&q->header->put_seq, __ATOMIC_ACQUIRE);
        long result = pssm_queue_try_take(q, buffer, room, type, timeout_ms, lease_ms, claim);
        if (result != -EAGAIN || timeout_ms == 0 || (end != 0 && pssm_now_ms() >= end)) {
            return result;
        }
        pssm_sleep(&q->header->put_seq, &q->header->getters_asleep, seen, end);
    }
}

/*
 * Takes the next message: its length. timeout_ms: how long it waits for one, -1 without end, 0 not at all. -EAGAIN:
 * nothing in time; -EMSGSIZE: the buffer is too small, and the message stays; -EPROTO: the queue is damaged.
 */
PSSM_API long pssm_queue_get(pssm_queue *q, void *buffer, size_t room, uint32_t *type, int timeout_ms) {
    return pssm_queue_take(q, buffer, room, type, timeout_ms, -1, NULL);
}

/*
 * The same, but the message stays in the queue until pssm_queue_done, and goes to another if this process dies, or
 * after lease_ms (-1: no lease). -EAGAIN also where all 112 claims are in use.
 */
PSSM_API long pssm_queue_claim_next(
    pssm_queue *q, void *buffer, size_t room, uint32_t *type, int timeout_ms, int lease_ms, pssm_claim *claim) {
    return pssm_queue_take(q, buffer, room, type, timeout_ms, lease_ms, claim);
}

static inline int pssm_queue_settle(pssm_queue *q, const pssm_claim *claim, int is_done) {
    pssm_queue_header *h = q->header;
    pssm_queue_claim *place;
    uint64_t head, tail, position = claim->position, next, moved = 0;
    uint32_t length;
    char *record = NULL;
    int died, error = -ESTALE;
    if (claim->number >= PSSM_QUEUE_CLAIMS) {
        return -EINVAL;
    }
    died = pssm_lock_enter(&h->get_lock, &h->get_since, -1);
    if (died < 0) {
        return died;
    }
    if (died) {
        pssm_queue_look_again(h);
    }
    place = &h->claims[claim->number];
    head = __atomic_load_n(&h->head, __ATOMIC_RELAXED);
    tail = __atomic_load_n(&h->tail, __ATOMIC_ACQUIRE);
    if (place->pid == q->pid && place->start == q->start && place->pid_namespace == q->pid_namespace &&
        place->position == position && pssm_queue_is_sound(q, head, tail) && position - head < tail - head) {
        record = pssm_queue_record(q, &position, tail, &length, &next);
    }
    if (record != NULL && pssm_queue_is_claimed_by(record, claim->number)) {
        error = 0;
        if (is_done) {
            /* Here it is gone; that the head follows is only room. */
            uint32_t *type = pssm_record_type(record);
            __atomic_store_n(type, (*type & PSSM_TYPE_MASK) | PSSM_DONE_BIT, __ATOMIC_RELEASE);
            __atomic_store_n(&place->pid, 0, __ATOMIC_RELEASE);
            next = pssm_queue_behind_done(q, head, tail);
            moved = next - head;
            __atomic_store_n(&h->head, next, __ATOMIC_RELEASE);
        } else {
            pssm_queue_give_back(h, record, position, claim->number);
        }
    }
    pssm_lock_exit(&h->get_lock);
    if (moved != 0 || died) {
        pssm_queue_tell_putters(q, died);
    }
    if (error == 0 && !is_done) {
        pssm_raise(&h->put_seq, &h->getters_asleep, 1);
    }
    return error;
}

/* The work is done: nobody gets the message again. -ESTALE: the lease was over, and others have had it. */
PSSM_API int pssm_queue_done(pssm_queue *q, const pssm_claim *claim) { return pssm_queue_settle(q, claim, 1); }

/* Gives the message back, to its old place in the order. */
PSSM_API int pssm_queue_release(pssm_queue *q, const pssm_claim *claim) { return pssm_queue_settle(q, claim, 0); }

/* How many messages are in the queue, claimed ones included. They are counted one by one, without a lock. */
PSSM_API uint64_t pssm_queue_count(pssm_queue *q) {
    uint64_t head = __atomic_load_n(&q->header->head, __ATOMIC_ACQUIRE);
    uint64_t tail = __atomic_load_n(&q->header->tail, __ATOMIC_ACQUIRE), position = head, count = 0;
    int restarts = 0;
    while (pssm_queue_is_sound(q, head, tail) && position < tail) {
        uint64_t at = position, next = 0, now;
        uint32_t length, word = 0;
        char *record = pssm_queue_record(q, &at, tail, &length, &next);
        if (record != NULL) {
            word = __atomic_load_n(pssm_record_type(record), __ATOMIC_RELAXED);
        }
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        now = __atomic_load_n(&q->header->head, __ATOMIC_ACQUIRE);
        if (now <= position) {
            if (record == NULL) {
                break;
            }
            count += word & PSSM_DONE_BIT ? 0 : 1;
            position = next;
        } else if (++restarts > 100) {
            break;
        } else {
            head = position = now;
            count = 0;
            tail = __atomic_load_n(&q->header->tail, __ATOMIC_ACQUIRE);
        }
    }
    return count;
}

/* ---- the dictionary ---- */

typedef struct pssm_dictionary_header {
    char magic[8];
    uint32_t version;
    uint32_t header;
    uint64_t capacity;
    uint32_t lock_abi;
    char reserved0[36];
    pssm_lock write_lock;
    uint64_t root; /* bit 0: the half in use; the rest counts compactions */
    uint32_t change_seq;
    uint32_t waiters_asleep;
    uint64_t write_since; /* milliseconds of CLOCK_MONOTONIC */
} pssm_dictionary_header;

/* Links count bytes from the start of the segment; 0 for none. */
typedef struct pssm_dictionary_entry {
    uint64_t next;
    uint64_t value; /* 0: removed */
    uint32_t hash;
    uint32_t key_length;
    uint32_t key_type;
    uint32_t zero;
} pssm_dictionary_entry;

typedef struct pssm_dictionary {
    pssm_dictionary_header *header;
    uint64_t capacity; /* bytes of a half, as it was when the dictionary was opened */
    uint64_t buckets;  /* of a half: a power of two */
    size_t length;
} pssm_dictionary;

/* A half while it is used: where it begins, where its log does, and where both end. */
typedef struct pssm_half {
    char *segment;
    uint64_t start, log, end;
} pssm_half;

/* Opens the dictionary that New-ShmDictionary made. -EPROTO, -ENOTSUP: as pssm_queue_open. */
PSSM_API int pssm_dictionary_open(pssm_dictionary *d, const char *name) {
    void *at = NULL;
    int error;
    memset(d, 0, sizeof *d);
    error = pssm_map(name, "PSHMD\0\0\1", 0, &at, &d->length);
    if (error != 0) {
        return error;
    }
    d->header = (pssm_dictionary_header *)at;
    d->capacity = (d->length - PSSM_HEADER_SIZE) / 2 & ~(uint64_t)7;
    d->buckets = 1;
    while (d->buckets < d->capacity / 256 && d->buckets < (uint64_t)1 << 30) {
        d->buckets *= 2;
    }
    if (d->header->capacity != d->capacity || d->capacity < 256) {
        (void)munmap(at, d->length);
        d->header = NULL;
        return -EPROTO;
    }
    return 0;
}

PSSM_API void pssm_dictionary_close(pssm_dictionary *d) {
    if (d->header != NULL) {
        (void)munmap(d->header, d->length);
        d->header = NULL;
    }
}

static inline pssm_half pssm_dictionary_half(const pssm_dictionary *d, uint64_t root) {
    pssm_half half;
    half.segment = (char *)d->header;
    half.start = PSSM_HEADER_SIZE + d->capacity * (root & 1u);
    half.log = half.start + 16 + d->buckets * 8;
    half.end = half.start + d->capacity;
    return half;
}

static inline uint64_t *pssm_word(const pssm_half *half, uint64_t place) {
    return (uint64_t *)(void *)(half->segment + place);
}

static inline uint64_t *pssm_bucket(const pssm_dictionary *d, const pssm_half *half, uint32_t hash) {
    return pssm_word(half, half->start + 16 + (hash & (d->buckets - 1)) * 8);
}

/* FNV-1a of the type and the key. */
static inline uint32_t pssm_hash(uint32_t type, const void *key, uint32_t length) {
    const unsigned char *bytes = (const unsigned char *)key;
    uint32_t hash = (2166136261u ^ (type & 0xFFu)) * 16777619u, i;
    for (i = 0; i < length; i++) {
        hash = (hash ^ bytes[i]) * 16777619u;
    }
    return hash;
}

static inline int pssm_is_in_log(const pssm_half *half, uint64_t place, uint64_t size) {
    return place >= half->log && place <= half->end - size && (place & 7u) == 0;
}

/* The entry at a place, with its key within the half; NULL: there is none. */
static inline pssm_dictionary_entry *pssm_entry(const pssm_half *half, uint64_t place) {
    pssm_dictionary_entry *entry = (pssm_dictionary_entry *)(void *)(half->segment + place);
    if (!pssm_is_in_log(half, place, sizeof *entry) || entry->key_length > half->end - place - sizeof *entry) {
        return NULL;
    }
    return entry;
}

static inline const char *pssm_entry_key(const pssm_dictionary_entry *entry) { return (const char *)(entry + 1); }

/* The bytes of a value, which lie within the half; NULL: there is none. */
static inline const char *pssm_value(const pssm_half *half, uint64_t place, uint32_t *length, uint32_t *type) {
    if (!pssm_is_in_log(half, place, 8)) {
        return NULL;
    }
    *length = __atomic_load_n((uint32_t *)(void *)(half->segment + place), __ATOMIC_RELAXED);
    *type = __atomic_load_n((uint32_t *)(void *)(half->segment + place + 4), __ATOMIC_RELAXED);
    return *length > half->end - place - 8 || *length > (uint32_t)INT_MAX ? NULL : half->segment + place + 8;
}

/* 0, with the entry of a key, removed or not, or NULL; -EPROTO: a link leads astray, or round in a circle. */
static inline int pssm_dictionary_locate(
    const pssm_dictionary *d, const pssm_half *half, uint32_t hash, const void *key, uint32_t key_length,
    uint32_t key_type, pssm_dictionary_entry **found) {
    uint64_t steps = d->capacity / sizeof(pssm_dictionary_entry);
    uint64_t place = __atomic_load_n(pssm_bucket(d, half, hash), __ATOMIC_ACQUIRE);
    *found = NULL;
    while (place != 0) {
        pssm_dictionary_entry *entry = pssm_entry(half, place);
        if (entry == NULL || steps-- == 0) {
            return -EPROTO;
        }
        if (entry->hash == hash && entry->key_type == key_type && entry->key_length == key_length &&
            key_length <= half->end - place - sizeof *entry &&
            (key_length == 0 || memcmp(pssm_entry_key(entry), key, key_length) == 0)) {
            *found = entry;
            return 0;
        }
        place = __atomic_load_n(&entry->next, __ATOMIC_ACQUIRE);
    }
    return 0;
}

/* One look: as pssm_dictionary_find, or -EAGAIN where another half came into use meanwhile. */
static inline long pssm_dictionary_try_find(
    const pssm_dictionary *d, const void *key, uint32_t key_length, uint32_t key_type, void *buffer, size_t room,
    uint32_t *type) {
    uint64_t root = __atomic_load_n(&d->header->root, __ATOMIC_ACQUIRE), place = 0;
    pssm_half half = pssm_dictionary_half(d, root);
    pssm_dictionary_entry *entry;
    uint32_t hash = pssm_hash(key_type, key, key_length);
    long result = pssm_dictionary_locate(d, &half, hash, key, key_length, key_type, &entry);
    if (result == 0 && entry != NULL) {
        place = __atomic_load_n(&entry->value, __ATOMIC_ACQUIRE);
    }
    if (result == 0 && place == 0) {
        result = -ENOENT;
    } else if (result == 0) {
        uint32_t length = 0, of = 0;
        const char *bytes = pssm_value(&half, place, &length, &of);
        result = bytes == NULL ? -EPROTO : length > room ? -EMSGSIZE : (long)length;
        if (result > 0) {
            memcpy(buffer, bytes, length);
        }
        if (type != NULL) {
            *type = of;
        }
    }
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return __atomic_load_n(&d->header->root, __ATOMIC_ACQUIRE) == root ? result : -EAGAIN;
}

/*
 * Copies the value of a key: its length. Takes no lock. Keys are PSSM_TEXT (without a NUL) or PSSM_INT64, by whose 8
 * bytes all whole numbers are keys. -ENOENT: the key has no value; -EMSGSIZE: the buffer is too small; -EPROTO: the
 * dictionary is damaged.
 */
PSSM_API long pssm_dictionary_find(
    pssm_dictionary *d, const void *key, uint32_t key_length, uint32_t key_type, void *buffer, size_t room,
    uint32_t *type) {
    long result = -EAGAIN;
    int tries;
    for (tries = 0; tries < 100 && result == -EAGAIN; tries++) {
        result = pssm_dictionary_try_find(d, key, key_length, key_type, buffer, room, type);
    }
    if (result == -EAGAIN) {
        /* The writers are faster than this: they have to wait for once. */
        int died = pssm_lock_enter(&d->header->write_lock, &d->header->write_since, -1);
        if (died < 0) {
            return died;
        }
        result = pssm_dictionary_try_find(d, key, key_length, key_type, buffer, room, type);
        pssm_lock_exit(&d->header->write_lock);
    }
    return result == -EAGAIN ? -EPROTO : result;
}

/* Bytes of the log, before anything leads to them; 0 where too few are left or the log ends where it cannot. */
static inline uint64_t pssm_allocate(const pssm_half *half, uint64_t size) {
    uint64_t used = __atomic_load_n(pssm_word(half, half->start), __ATOMIC_RELAXED);
    if (used == 0) {
        used = half->log;
    }
    if (used < half->log || used > half->end || (used & 7u) != 0 || size > half->end - used) {
        return 0;
    }
    __atomic_store_n(pssm_word(half, half->start), used + size, __ATOMIC_RELEASE);
    return used;
}

static inline uint64_t pssm_entry_size(uint32_t key_length) {
    return (sizeof(pssm_dictionary_entry) + key_length + 7u) & ~(uint64_t)7;
}

static inline void pssm_write_value(
    const pssm_half *half, uint64_t place, const void *data, uint32_t length, uint32_t type) {
    *(uint32_t *)(void *)(half->segment + place) = length;
    *(uint32_t *)(void *)(half->segment + place + 4) = type;
    if (length != 0) {
        memcpy(half->segment + place + 8, data, length);
    }
}

/* The entry of a new key, behind its value: the last store makes it part of the half. */
static inline void pssm_link(
    const pssm_dictionary *d, const pssm_half *half, uint64_t value, uint64_t value_size, uint32_t hash,
    const void *key, uint32_t key_length, uint32_t key_type) {
    uint64_t place = value + value_size;
    uint64_t *bucket = pssm_bucket(d, half, hash);
    pssm_dictionary_entry *entry = (pssm_dictionary_entry *)(void *)(half->segment + place);
    entry->next = *bucket;
    entry->value = value;
    entry->hash = hash;
    entry->key_length = key_length;
    entry->key_type = key_type;
    entry->zero = 0;
    if (key_length != 0) {
        memcpy(entry + 1, key, key_length);
    }
    __atomic_store_n(bucket, place, __ATOMIC_RELEASE);
}

/* Copies all but one key into the half that is not in use, to which nothing leads yet. 0 or -EPROTO. */
static inline int pssm_dictionary_compact(
    const pssm_dictionary *d, uint64_t root, uint32_t skip, const void *key, uint32_t key_length, uint32_t key_type) {
    pssm_half from = pssm_dictionary_half(d, root), to = pssm_dictionary_half(d, root + 1);
    uint64_t steps = d->capacity / sizeof(pssm_dictionary_entry), i;
    /* Who read the root before the last switch must see the new one before what is written here. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    __atomic_store_n(pssm_word(&to, to.start), to.log, __ATOMIC_RELEASE);
    memset(to.segment + to.start + 16, 0, d->buckets * 8);
    for (i = 0; i < d->buckets; i++) {
        uint64_t place = *pssm_word(&from, from.start + 16 + i * 8);
        while (place != 0) {
            pssm_dictionary_entry *entry = pssm_entry(&from, place);
            uint32_t length = 0, type = 0;
            const char *bytes;
            uint64_t size, copy;
            if (entry == NULL || steps-- == 0) {
                return -EPROTO;
            }
            place = entry->next;
            if (entry->value == 0 ||
                (entry->hash == skip && entry->key_type == key_type && entry->key_length == key_length &&
                 (key_length == 0 || memcmp(entry + 1, key, key_length) == 0))) {
                continue;
            }
            bytes = pssm_value(&from, entry->value, &length, &type);
            size = pssm_record_size(length);
            copy = bytes == NULL ? 0 : pssm_allocate(&to, size + pssm_entry_size(entry->key_length));
            if (copy == 0) {
                return -EPROTO;
            }
            pssm_write_value(&to, copy, bytes, length, type);
            pssm_link(d, &to, copy, size, entry->hash, entry + 1, entry->key_length, entry->key_type);
        }
    }
    return 0;
}

static inline int pssm_dictionary_set_locked(
    pssm_dictionary *d, const void *key, uint32_t key_length, uint32_t key_type, const void *data, uint32_t length,
    uint32_t type) {
    uint64_t root = __atomic_load_n(&d->header->root, __ATOMIC_RELAXED), place;
    uint64_t value_size = pssm_record_size(length), entry_size = pssm_entry_size(key_length);
    uint32_t hash = pssm_hash(key_type, key, key_length);
    pssm_half half = pssm_dictionary_half(d, root);
    pssm_dictionary_entry *entry;
    int error = pssm_dictionary_locate(d, &half, hash, key, key_length, key_type, &entry);
    if (error != 0) {
        return error;
    }
    place = pssm_allocate(&half, value_size + (entry == NULL ? entry_size : 0));
    if (place != 0) {
        pssm_write_value(&half, place, data, length, type);
        if (entry != NULL) {
            /* Here it is in. */
            __atomic_store_n(&entry->value, place, __ATOMIC_RELEASE);
        } else {
            pssm_link(d, &half, place, value_size, hash, key, key_length, key_type);
        }
        return 0;
    }
    error = pssm_dictionary_compact(d, root, hash, key, key_length, key_type);
    if (error != 0) {
        return error;
    }
    half = pssm_dictionary_half(d, root + 1);
    place = pssm_allocate(&half, value_size + entry_size);
    if (place == 0) {
        return -ENOSPC;
    }
    pssm_write_value(&half, place, data, length, type);
    pssm_link(d, &half, place, value_size, hash, key, key_length, key_type);
    /* Here it is in, and the other half is free. */
    __atomic_store_n(&d->header->root, root + 1, __ATOMIC_RELEASE);
    return 0;
}

/*
 * Sets the value of a key: bytes, text or whatever the type says. timeout_ms: how long it waits for a writer that does
 * not go on, -1 without end. -EAGAIN: not in time; -ENOSPC: no room beside what is there; -EPROTO: damaged. Wakes those
 * who wait for a change.
 */
PSSM_API int pssm_dictionary_set(
    pssm_dictionary *d, const void *key, uint32_t key_length, uint32_t key_type, const void *data, uint32_t length,
    uint32_t type, int timeout_ms) {
    pssm_dictionary_header *h = d->header;
    int result, died = pssm_lock_enter(&h->write_lock, &h->write_since, timeout_ms);
    if (died < 0) {
        return died;
    }
    result = length > (uint32_t)INT_MAX || pssm_record_size(length) + pssm_entry_size(key_length) > d->capacity
        ? -ENOSPC
        : pssm_dictionary_set_locked(d, key, key_length, key_type, data, length, type);
    pssm_lock_exit(&h->write_lock);
    if (died || result == 0) {
        pssm_raise(&h->change_seq, &h->waiters_asleep, INT_MAX);
    }
    return result;
}

/* Removes a key. -ENOENT: it has no value; and as pssm_dictionary_set. */
PSSM_API int pssm_dictionary_remove(
    pssm_dictionary *d, const void *key, uint32_t key_length, uint32_t key_type, int timeout_ms) {
    pssm_dictionary_header *h = d->header;
    pssm_dictionary_entry *entry = NULL;
    pssm_half half;
    int result, died = pssm_lock_enter(&h->write_lock, &h->write_since, timeout_ms);
    if (died < 0) {
        return died;
    }
    half = pssm_dictionary_half(d, __atomic_load_n(&h->root, __ATOMIC_RELAXED));
    result = pssm_dictionary_locate(d, &half, pssm_hash(key_type, key, key_length), key, key_length, key_type, &entry);
    if (result == 0 && (entry == NULL || entry->value == 0)) {
        result = -ENOENT;
    } else if (result == 0) {
        /* Here it is gone. */
        __atomic_store_n(&entry->value, 0, __ATOMIC_RELEASE);
    }
    pssm_lock_exit(&h->write_lock);
    if (died || result == 0) {
        pssm_raise(&h->change_seq, &h->waiters_asleep, INT_MAX);
    }
    return result;
}

/* The same for a key and a value that are text: without their NUL in the dictionary, and with one in the buffer. */
PSSM_API int pssm_dictionary_set_text(pssm_dictionary *d, const char *key, const char *text) {
    return pssm_dictionary_set(
        d, key, (uint32_t)strlen(key), PSSM_TEXT, text, (uint32_t)strlen(text), PSSM_TEXT, -1);
}

/* -EINVAL: the value is not text. */
PSSM_API long pssm_dictionary_find_text(pssm_dictionary *d, const char *key, char *buffer, size_t room) {
    uint32_t type = 0;
    long length = room == 0
        ? -EMSGSIZE
        : pssm_dictionary_find(d, key, (uint32_t)strlen(key), PSSM_TEXT, buffer, room - 1, &type);
    if (length < 0 || type != PSSM_TEXT) {
        return length < 0 ? length : -EINVAL;
    }
    buffer[length] = 0;
    return length;
}

#ifdef __cplusplus
}
#endif

#endif
