// Many processes that hold many objects: holders PROCESSES OBJECTS PREFIX. Each process maps its share of the objects in
// /dev/shm, whose names begin with PREFIX, and nothing else. Says "ready", and ends all of them when its input ends.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void hold(const char *prefix, int first, int count, int told)
{
    char name[300];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = first; i < first + count; i++) {
        snprintf(name, sizeof name, "%s%d", prefix, i);
        int object = shm_open(name, O_RDWR, 0);
        if (object < 0 || mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, object, 0) == MAP_FAILED)
            _exit(1);
        close(object);
    }
    if (write(told, "x", 1) != 1)
        _exit(1);
    close(told);
    for (;;)
        pause();
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    int processes = atoi(argv[1]), objects = atoi(argv[2]), share = objects / processes;
    const char *prefix = argv[3];
    char name[300], byte;
    int told[2];
    if (pipe(told))
        return 1;
    for (int i = 0; i < objects; i++) {
        snprintf(name, sizeof name, "%s%d", prefix, i);
        int object = shm_open(name, O_RDWR | O_CREAT, 0600);
        if (object < 0 || ftruncate(object, 4096))
            return 1;
        close(object);
    }
    pid_t *children = calloc((size_t)processes, sizeof *children);
    for (int i = 0; i < processes; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            close(told[0]);
            hold(prefix, i * share, share, told[1]);
        }
        if (children[i] < 0 || read(told[0], &byte, 1) != 1)
            break;
    }
    puts("ready");
    fflush(stdout);
    while (read(0, &byte, 1) > 0)
        ;
    for (int i = 0; i < processes; i++)
        if (children[i] > 0) {
            kill(children[i], SIGKILL);
            waitpid(children[i], NULL, 0);
        }
    for (int i = 0; i < objects; i++) {
        snprintf(name, sizeof name, "%s%d", prefix, i);
        shm_unlink(name);
    }
    return 0;
}
