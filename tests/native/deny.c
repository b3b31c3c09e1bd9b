/* Runs a program under a filter of system calls (seccomp(2)), as container runtimes do: the calls named are refused.
 *
 *   deny ERRNO CALL,CALL,… PROGRAM [ARGUMENT …]      ERRNO is a number: 1 is EPERM, 38 ENOSYS
 *
 * "tmpfile" stands for openat with O_TMPFILE.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KNOWN(name) { #name, SYS_##name }
static const struct { const char *name; int number; } calls[] = {
    KNOWN(statx), KNOWN(openat2), KNOWN(memfd_create), KNOWN(process_vm_readv), KNOWN(process_vm_writev),
    KNOWN(fallocate),
    KNOWN(linkat), KNOWN(renameat2), KNOWN(getdents64), KNOWN(membarrier), KNOWN(get_robust_list),
    KNOWN(set_robust_list),
    KNOWN(mlock), KNOWN(mlock2), KNOWN(madvise), KNOWN(mincore), KNOWN(mremap), KNOWN(shmget), KNOWN(shmat),
    KNOWN(shmctl), KNOWN(shmdt), KNOWN(lseek), KNOWN(pipe2),
    KNOWN(fsync), KNOWN(fchmod), KNOWN(fchmodat), KNOWN(unlinkat), KNOWN(mkdirat), KNOWN(ptrace), KNOWN(prlimit64),
    KNOWN(kcmp),
    KNOWN(fstatfs), KNOWN(pidfd_open), KNOWN(setns), KNOWN(unshare), KNOWN(rt_tgsigqueueinfo), KNOWN(tgkill),
    KNOWN(sched_getaffinity),
#ifdef SYS_futex_waitv
    KNOWN(futex_waitv),
#endif
};

static struct sock_filter filter[256];
static unsigned short length;

static void add(struct sock_filter instruction)
{
    if (length == sizeof filter / sizeof *filter)
    {
        fputs("too many calls\n", stderr);
        exit(2);
    }

    filter[length++] = instruction;
}

int main(int argc, char **argv)
{
    if (argc < 4)
    {
        fputs("deny ERRNO CALL,CALL,... PROGRAM [ARGUMENT ...]\n", stderr);
        return 2;
    }

    unsigned refusal = SECCOMP_RET_ERRNO | (atoi(argv[1]) & SECCOMP_RET_DATA);
    add((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
    for (char *name = strtok(argv[2], ","); name; name = strtok(NULL, ","))
    {
        if (!strcmp(name, "tmpfile"))
        {
            /* The flags are the third argument; O_TMPFILE contains O_DIRECTORY, so the other bit decides. */
            add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 4));
            add((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])));
            add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_TMPFILE & ~O_DIRECTORY, 0, 1));
            add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, refusal));
            add((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
            continue;
        }

        size_t i = 0;
        while (i < sizeof calls / sizeof *calls && strcmp(calls[i].name, name))
        {
            i++;
        }

        if (i == sizeof calls / sizeof *calls)
        {
            fprintf(stderr, "unknown call: %s\n", name);
            return 2;
        }

        add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].number, 0, 1));
        add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, refusal));
    }

    add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    struct sock_fprog program = { length, filter };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
    {
        perror("seccomp");
        return 2;
    }

    execvp(argv[3], argv + 3);
    perror(argv[3]);
    return 127;
}
