/*
 * A program that shares memory: it counts the lines that it reads.
 *
 *     gcc -std=gnu17 -Wall -o tally tally.c
 *     ./tally /tally
 *
 * /tally holds a struct tally. "fail" on a line of its own sets the state; at the end of the input the object goes,
 * unless the program is told to keep it: ./tally /tally keep
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct tally { uint32_t magic; uint32_t version; atomic_int lines; char state[20]; };

int main(int argc, char **argv)
{
    if (argc < 2) return fputs("usage: tally /name [keep]\n", stderr), 2;
    int fd = shm_open(argv[1], O_RDWR | O_CREAT | O_EXCL, 0640);
    if (fd < 0) return perror(argv[1]), 1;
    if (ftruncate(fd, sizeof(struct tally)) < 0) return perror("ftruncate"), 1;
    struct tally *t = mmap(NULL, sizeof *t, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (t == MAP_FAILED) return perror("mmap"), 1;
    close(fd);

    t->version = 1;
    strcpy(t->state, "ready");
    atomic_thread_fence(memory_order_release);
    t->magic = 0x594C4154; /* "TALY", last: who sees it sees all */

    char line[256];
    while (fgets(line, sizeof line, stdin)) {
        if (strcmp(line, "fail\n") == 0) strcpy(t->state, "failed");
        atomic_fetch_add(&t->lines, 1);
    }

    if (argc < 3) shm_unlink(argv[1]);
    return 0;
}
