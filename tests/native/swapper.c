/* A peer that changes its mind: what was looked at is something else a moment later. Prints "ready", then goes on until
 * the end of its input.
 *
 *   swapper descriptor NUMBER FILE   its descriptor NUMBER is a memfd, and the file (open for reading), by turns
 *   swapper names A B                two names of /dev/shm exchange their objects
 *   swapper key KEY SIZE             the System V segment of a key comes and goes
 *   swapper lease NAME               holds a write lease on an object of /dev/shm, and gives it back, by turns
 *   swapper open NAME                opens an object of /dev/shm without blocking, and counts refusals (EAGAIN)
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

static int ended(void)
{
    struct pollfd input = { .fd = 0, .events = POLLIN };
    return poll(&input, 1, 0) > 0;
}

static char *path(const char *name)
{
    char *path;
    return asprintf(&path, "/dev/shm%s", name) < 0 ? NULL : path;
}

int main(int argc, char **argv)
{
    if (argc < 3)
    {
        return 2;
    }

    const char *what = argv[1];
    int number = 0, memory = -1, file = -1;
    char *first = NULL, *second = NULL;
    if (!strcmp(what, "descriptor"))
    {
        number = atoi(argv[2]);
        memory = memfd_create("innocent", MFD_CLOEXEC);
        file = open(argv[3], O_RDONLY | O_CLOEXEC);
        if (memory < 0 || ftruncate(memory, 4096) || file < 0 || dup2(memory, number) < 0)
        {
            perror(what);
            return 1;
        }
    }
    else if (strcmp(what, "key"))
    {
        first = path(argv[2]);
        second = argc > 3 ? path(argv[3]) : NULL;
    }

    signal(SIGIO, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("ready");
    unsigned long rounds = 0, refused = 0;
    for (; rounds % 64 || !ended(); rounds++)
    {
        if (number)
        {
            dup2(rounds % 2 ? memory : file, number);
        }
        else if (!strcmp(what, "names"))
        {
            renameat2(AT_FDCWD, first, AT_FDCWD, second, RENAME_EXCHANGE);
        }
        else if (!strcmp(what, "key"))
        {
            int id = shmget((key_t)strtoul(argv[2], NULL, 0), strtoul(argv[3], NULL, 0), IPC_CREAT | 0600);
            if (id >= 0)
            {
                shmctl(id, IPC_RMID, NULL);
            }
        }
        else if (!strcmp(what, "lease"))
        {
            int held = open(first, O_RDONLY | O_CLOEXEC);
            if (held >= 0)
            {
                fcntl(held, F_SETLEASE, F_WRLCK);
                close(held);
            }
        }
        else
        {
            int opened = open(first, O_RDWR | O_NONBLOCK | O_CLOEXEC);
            refused += opened < 0 && errno == EAGAIN;
            if (opened >= 0)
            {
                close(opened);
            }
        }
    }

    printf("%lu %lu\n", rounds, refused);
    return 0;
}
