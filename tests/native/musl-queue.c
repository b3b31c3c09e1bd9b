/*
 * Makes what would be a queue or a dictionary if its locks were glibc's: musl-queue NAME MAGIC TAG SIZE. It says where
 * a robust mutex of this C library keeps its word: the first byte that changes when it is locked.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void make_lock(void *place) {
    pthread_mutexattr_t attribute;
    pthread_mutexattr_init(&attribute);
    pthread_mutexattr_setpshared(&attribute, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attribute, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(place, &attribute);
}

int main(int count, char **arguments) {
    unsigned char before[sizeof(pthread_mutex_t)];
    size_t size, i = 0;
    char *at;
    int file;
    if (count != 5) {
        return 2;
    }
    size = (size_t)atol(arguments[4]);
    file = shm_open(arguments[1], O_RDWR | O_CREAT | O_EXCL, 0600);
    if (file < 0 || ftruncate(file, (off_t)size) != 0) {
        return 1;
    }
    at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    memcpy(at, arguments[2], 5);
    at[7] = 1;
    *(uint32_t *)(void *)(at + 8) = 1;
    *(uint32_t *)(void *)(at + 12) = 4096;
    *(uint64_t *)(void *)(at + 16) = (size - 4096) / (arguments[2][4] == 'D' ? 2 : 1);
    *(uint32_t *)(void *)(at + 24) = (uint32_t)atol(arguments[3]);
    make_lock(at + 64);
    make_lock(at + 192);
    memcpy(before, at + 64, sizeof before);
    pthread_mutex_lock((pthread_mutex_t *)(void *)(at + 64));
    while (i < sizeof before && (unsigned char)at[64 + i] == before[i]) {
        i++;
    }
    pthread_mutex_unlock((pthread_mutex_t *)(void *)(at + 64));
    printf("%zu\n", i);
    return 0;
}
