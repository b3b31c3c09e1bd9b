/* A program with one bug in shared memory, of those that people report: failing BUG NAME. It leaves nothing. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>


static const char *name;
static int object;
static char *memory;

static void make(size_t size, size_t mapped)
{
    object = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
    if (object < 0 || (size > 0 && ftruncate(object, (off_t)size) < 0)) { perror("make"); exit(99); }
    memory = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_SHARED, object, 0);
    if (memory == MAP_FAILED) { perror("map"); exit(98); }
}

/* Sealed against writing, before or after it is mapped. */
static int seals(unsigned flags, int first)
{
    int sealed = memfd_create("failing", flags);
    if (ftruncate(sealed, 4096) < 0) return 97;
    if (first && fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE) < 0) return 96;
    char *mapped = mmap(NULL, 4096, first ? PROT_READ : PROT_READ | PROT_WRITE, MAP_SHARED, sealed, 0);
    if (!first && fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE) < 0) { perror("seal"); return 5; }
    if (madvise(mapped, 4096, MADV_REMOVE) < 0) { perror("punch"); return 6; }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 3) return 2;
    const char *bug = argv[1];
    name = argv[2];
#define IS(text) (strcmp(bug, text) == 0)
    if (argc > 3)
    {
        /* What execve left: an address of the program before. */
        *(volatile char *)strtoul(argv[3], NULL, 16) = 1;
    }
    else if (IS("no-size")) { make(0, 4096); shm_unlink(name); memory[0] = 1; }
    else if (IS("too-far")) { make(4096, 16384); shm_unlink(name); memory[8192] = 1; }
    else if (IS("read-only"))
    {
        make(8192, 8192);
        shm_unlink(name);
        mprotect(memory, 8192, PROT_READ);
        memory[4096] = 1;
    }
    else if (IS("covered"))
    {
        make(16384, 16384);
        shm_unlink(name);
        (void)!mmap(memory + 4096, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        memory[4096] = 7;
        char found;
        (void)!pread(object, &found, 1, 4096);
        assert(found == 7);
    }
    else if (IS("removed-early"))
    {
        int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
        shmctl(id, IPC_RMID, NULL);
        *(volatile char *)shmat(id, NULL, 0) = 1;
    }
    else if (IS("larger"))
    {
        int key = (int)strtol(strrchr(name, '-') + 1, NULL, 10) | 0x30000000;
        int id = shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0600);
        int other = shmget(key, 8192, 0600);
        fprintf(stderr, "larger: %s\n", strerror(errno));
        shmctl(id, IPC_RMID, NULL);
        return other < 0 ? 4 : 0;
    }
    else if (IS("wrong-detach"))
    {
        int id = shmget(IPC_PRIVATE, 8192, IPC_CREAT | 0600);
        char *at = shmat(id, NULL, 0);
        shmctl(id, IPC_RMID, NULL);
        if (shmdt(at + 4096) < 0) { perror("shmdt"); return 3; }
    }
    else if (IS("huge"))
    {
        int huge = memfd_create("failing-huge", MFD_HUGETLB);
        if (huge < 0 || ftruncate(huge, 1L << 40) < 0) return 0;
        if (mmap(NULL, 1L << 40, PROT_READ, MAP_SHARED, huge, 0) == MAP_FAILED) { perror("huge"); return 9; }
    }
    else if (IS("huge-empty"))
    {
        int huge = memfd_create("failing-huge", MFD_HUGETLB);
        size_t size = 1UL << 40;
        char *at = huge < 0 || ftruncate(huge, (off_t)size) < 0 ? MAP_FAILED
            : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, huge, 0);
        if (at == MAP_FAILED) return 0;
        for (size_t page = 0; page < size; page += 2 << 20) at[page] = 1;
    }
    else if (IS("not-sealable")) return seals(0, 0);
    else if (IS("seal-busy")) return seals(MFD_ALLOW_SEALING, 0);
    else if (IS("seal-punch")) return seals(MFD_ALLOW_SEALING, 1);
    else if (IS("read-descriptor"))
    {
        make(4096, 4096);
        int reader = shm_open(name, O_RDONLY, 0);
        shm_unlink(name);
        char *at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, reader, 0);
        if (mprotect(at, 4096, PROT_READ | PROT_WRITE) < 0) { perror("protect"); return 1; }
    }
    else if (IS("grow"))
    {
        make(4096, 4096);
        shm_unlink(name);
        (void)!mmap(memory + 4096, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        if (mremap(memory, 4096, 1 << 20, 0) == MAP_FAILED) { perror("grow"); return 8; }
    }
    else if (IS("lock"))
    {
        make(4096, 4096);
        int other = shm_open(name, O_RDWR, 0);
        shm_unlink(name);
        flock(object, LOCK_EX);
        if (flock(other, LOCK_EX | LOCK_NB) < 0) { perror("lock"); return 4; }
    }
    else if (IS("file-limit"))
    {
        struct rlimit limit = { 1 << 20, 1 << 20 };
        setrlimit(RLIMIT_FSIZE, &limit);
        make(4096, 4096);
        shm_unlink(name);
        return ftruncate(object, 2 << 20);
    }
    else if (IS("no-semaphore"))
    {
        make(4096, 4096);
        shm_unlink(name);
        sem_wait(sem_open(name, 0));
    }
    else if (IS("overwritten"))
    {
        make(4096, 4096);
        shm_unlink(name);
        *(volatile char *)((uintptr_t)memory | 0x4141000000000000UL) = 1;
    }
    else if (IS("execute"))
    {
        make(4096, 4096);
        shm_unlink(name);
        char address[32];
        snprintf(address, sizeof address, "%lx", (unsigned long)memory);
        execl(argv[0], argv[0], "execute", name, address, NULL);
    }
    else if (IS("killed") || IS("terminated"))
    {
        make(4096, 4096);
        shm_unlink(name);
        pid_t parent = getpid();
        if (fork() == 0) { kill(parent, IS("killed") ? SIGKILL : SIGTERM); _exit(0); }
        pause();
    }
    else if (IS("divided")) { make(4096, 4096); shm_unlink(name); return 100 / *(volatile int *)memory; }
    else return 2;
    return 0;
}
