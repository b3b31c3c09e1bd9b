// A foreign peer, told what to do line by line; README.md has the language.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_SLOTS = 1024, MAX_CHILDREN = 64, MAX_WORDS = 8, MAX_LINE = 4096 };

struct slot {
    char *address;
    size_t length;
    int is_sysv;
};

struct child {
    pid_t pid;
    FILE *to;
    FILE *from;
};

static struct slot slots[MAX_SLOTS];
static int slot_count;
static struct child children[MAX_CHILDREN];
static int child_count;
static FILE *in;
static FILE *out;
static char **arguments;

static void ok(const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    fputs("ok", out);
    if (*format) fputc(' ', out);
    vfprintf(out, format, rest);
    fputc('\n', out);
    fflush(out);
    va_end(rest);
}

static void fail(const char *function) {
    fprintf(out, "error %s %d\n", function, errno);
    fflush(out);
}

static void refuse(const char *what) {
    errno = EINVAL;
    fail(what);
}

static int64_t number(const char *text) { return text ? strtoll(text, NULL, 0) : 0; }

static int can_write(const char *mode) { return !mode || strchr(mode, 'w') != NULL; }

static int protection(const char *text) {
    return (strchr(text, 'r') ? PROT_READ : 0) | (strchr(text, 'w') ? PROT_WRITE : 0)
        | (strchr(text, 'x') ? PROT_EXEC : 0);
}

static int add_slot(char *address, size_t length, int is_sysv) {
    slots[slot_count] = (struct slot){ address, length, is_sysv };
    return slot_count++;
}

// The address of an offset in a slot, or NULL once the refusal is answered.
static char *at(const char *slot, const char *offset, int64_t length) {
    int64_t index = number(slot), from = number(offset);
    if (index < 0 || index >= slot_count || !slots[index].address || from < 0 || length < 0
        || from + length > (int64_t)slots[index].length) {
        refuse("slot");
        return NULL;
    }
    return slots[index].address + from;
}

static void map(int fd, int writes, int closes, int tells_fd) {
    struct stat data;
    if (fstat(fd, &data) < 0) { fail("fstat"); return; }
    char *address = mmap(NULL, data.st_size, PROT_READ | (writes ? PROT_WRITE : 0), MAP_SHARED, fd, 0);
    int error = errno;
    if (closes) close(fd);
    errno = error;
    if (address == MAP_FAILED) { fail("mmap"); return; }
    int slot = add_slot(address, data.st_size, 0);
    if (tells_fd) ok("%d %p %zu %d", slot, (void *)address, (size_t)data.st_size, fd);
    else ok("%d %p %zu", slot, (void *)address, (size_t)data.st_size);
}

static void do_shmat(char **w) {
    struct shmid_ds data;
    char *address = shmat(number(w[1]), (void *)number(w[2] ? w[3] : NULL), can_write(w[2]) ? 0 : SHM_RDONLY);
    if (address == (char *)-1) { fail("shmat"); return; }
    if (shmctl(number(w[1]), IPC_STAT, &data) < 0) { fail("shmctl"); return; }
    ok("%d %p %zu", add_slot(address, data.shm_segsz, 1), (void *)address, (size_t)data.shm_segsz);
}

static void do_create(char **w) {
    int fd = shm_open(w[1], O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd < 0) { fail("shm_open"); return; }
    if (ftruncate(fd, number(w[2])) < 0) { fail("ftruncate"); return; }
    map(fd, 1, 1, 0);
}

static void do_open(char **w) {
    int fd = shm_open(w[1], can_write(w[2]) ? O_RDWR : O_RDONLY, 0);
    if (fd < 0) { fail("shm_open"); return; }
    map(fd, can_write(w[2]), 1, 0);
}

static void do_memfd(char **w) {
    int fd = memfd_create(w[1], MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) { fail("memfd_create"); return; }
    if (ftruncate(fd, number(w[2])) < 0) { fail("ftruncate"); return; }
    map(fd, 1, 0, 1);
}

static void do_truncate(char **w) {
    int fd = shm_open(w[1], O_RDWR, 0);
    if (fd < 0) { fail("shm_open"); return; }
    int result = ftruncate(fd, number(w[2]));
    int error = errno;
    close(fd);
    errno = error;
    if (result < 0) fail("ftruncate"); else ok("");
}

static void do_detach(char **w) {
    char *address = at(w[1], "0", 0);
    if (!address) return;
    struct slot *slot = &slots[number(w[1])];
    if ((slot->is_sysv ? shmdt(address) : munmap(address, slot->length)) < 0) {
        fail(slot->is_sysv ? "shmdt" : "munmap");
        return;
    }
    slot->address = NULL;
    ok("");
}

static void do_fds(void) {
    DIR *directory = opendir("/proc/self/fd");
    if (!directory) { fail("opendir"); return; }
    fputs("ok", out);
    for (struct dirent *entry; (entry = readdir(directory));)
        if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(directory)) fprintf(out, " %s", entry->d_name);
    fputc('\n', out);
    fflush(out);
    closedir(directory);
}

static void do_link(char **w) {
    char path[64], target[MAX_LINE];
    snprintf(path, sizeof path, "/proc/self/fd/%d", (int)number(w[1]));
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0) { fail("readlink"); return; }
    target[length] = 0;
    ok("%s", target);
}

static void do_args(void) {
    fputs("ok", out);
    for (char **argument = arguments + 1; *argument; argument++)
        fprintf(out, "%c%s", argument == arguments + 1 ? ' ' : '\t', *argument);
    fputc('\n', out);
    fflush(out);
}

static void do_signals(void) {
    char line[256], blocked[64] = "", ignored[64] = "";
    FILE *status = fopen("/proc/self/status", "re");
    if (!status) { fail("fopen"); return; }
    while (fgets(line, sizeof line, status)) {
        sscanf(line, "SigBlk: %63s", blocked);
        sscanf(line, "SigIgn: %63s", ignored);
    }
    fclose(status);
    ok("%s %s", blocked, ignored);
}

static void do_fork(void) {
    int down[2], up[2];
    if (child_count == MAX_CHILDREN) { refuse("fork"); return; }
    if (pipe2(down, O_CLOEXEC) < 0 || pipe2(up, O_CLOEXEC) < 0) { fail("pipe2"); return; }
    pid_t pid = fork();
    if (pid < 0) { fail("fork"); return; }
    if (pid == 0) {
        // The child's own ends only, so that the end of a parent is the end of its children's input.
        for (int i = 0; i < child_count; i++) {
            close(fileno(children[i].to));
            close(fileno(children[i].from));
        }
        child_count = 0;
        close(down[1]);
        close(up[0]);
        in = fdopen(down[0], "r");
        out = fdopen(up[1], "w");
        return;
    }
    close(down[0]);
    close(up[1]);
    children[child_count++] = (struct child){ pid, fdopen(down[1], "w"), fdopen(up[0], "r") };
    ok("%d", (int)pid);
}

static struct child *find_child(const char *pid) {
    for (int i = 0; i < child_count; i++)
        if (children[i].pid == number(pid)) return &children[i];
    refuse("child");
    return NULL;
}

static void do_to(char *rest) {
    char *line = strchr(rest, ' ');
    char answer[MAX_LINE];
    struct child *child = line ? find_child(rest) : NULL;
    if (!child) { if (!line) refuse("to"); return; }
    fprintf(child->to, "%s\n", line + 1);
    fflush(child->to);
    if (!fgets(answer, sizeof answer, child->from)) { errno = ECHILD; fail("to"); return; }
    fputs(answer, out);
    fflush(out);
}

static void do_wait(char **w) {
    struct child *child = find_child(w[1]);
    int status;
    if (!child) return;
    fclose(child->to);
    pid_t pid = waitpid(child->pid, &status, 0);
    fclose(child->from);
    *child = children[--child_count];
    if (pid < 0) fail("waitpid");
    else if (WIFEXITED(status)) ok("exit %d", WEXITSTATUS(status));
    else ok("signal %d", WTERMSIG(status));
}

static void answer(int result, const char *function) {
    if (result < 0) fail(function); else ok("");
}

static void serve(char *line) {
    char copy[MAX_LINE], *w[MAX_WORDS] = { 0 }, *rest = NULL, *address;
    strcpy(copy, line);
    int count = 0;
    for (char *word = strtok_r(copy, " ", &rest); word && count < MAX_WORDS - 1; word = strtok_r(NULL, " ", &rest))
        w[count++] = word;
    const char *verb = count ? w[0] : "";
#define IS(name, words) (!strcmp(verb, name) && count > (words))
    if (IS("pid", 0)) ok("%d", (int)getpid());
    else if (IS("shmget", 2)) {
        int id = shmget((key_t)number(w[1]), number(w[2]), IPC_CREAT | IPC_EXCL | 0600);
        if (id < 0) fail("shmget"); else ok("%d", id);
    } else if (IS("shmat", 1)) do_shmat(w);
    else if (IS("rmid", 1)) answer(shmctl(number(w[1]), IPC_RMID, NULL), "shmctl");
    else if (IS("nattch", 1)) {
        struct shmid_ds data;
        if (shmctl(number(w[1]), IPC_STAT, &data) < 0) fail("shmctl"); else ok("%lu", (unsigned long)data.shm_nattch);
    } else if (IS("create", 2)) do_create(w);
    else if (IS("open", 1)) do_open(w);
    else if (IS("memfd", 2)) do_memfd(w);
    else if (IS("map", 1)) map(number(w[1]), can_write(w[2]), 0, 0);
    else if (IS("truncate", 2)) do_truncate(w);
    else if (IS("unlink", 1)) answer(shm_unlink(w[1]), "shm_unlink");
    else if (IS("detach", 1)) do_detach(w);
    else if (IS("unmap", 3)) {
        if ((address = at(w[1], w[2], number(w[3])))) answer(munmap(address, number(w[3])), "munmap");
    } else if (IS("protect", 4)) {
        address = at(w[1], w[2], number(w[3]));
        if (address) answer(mprotect(address, number(w[3]), protection(w[4])), "mprotect");
    }
    else if (IS("peek", 2)) {
        int32_t value;
        if ((address = at(w[1], w[2], 4))) { memcpy(&value, address, 4); ok("%d", value); }
    } else if (IS("poke", 3)) {
        int32_t value = (int32_t)number(w[3]);
        if ((address = at(w[1], w[2], 4))) { memcpy(address, &value, 4); ok(""); }
    } else if (IS("bytes", 3)) {
        char hex[2001] = "";
        if (number(w[3]) > 1000) refuse("bytes");
        else if ((address = at(w[1], w[2], number(w[3])))) {
            for (int i = 0; i < number(w[3]); i++) sprintf(hex + 2 * i, "%02x", (unsigned char)address[i]);
            ok("%s", hex);
        }
    } else if (IS("fill", 4)) {
        if ((address = at(w[1], w[2], number(w[3])))) { memset(address, number(w[4]), number(w[3])); ok(""); }
    }
    else if (IS("fds", 0)) do_fds();
    else if (IS("link", 1)) do_link(w);
    else if (IS("env", 1)) { if (getenv(w[1])) ok("%s", getenv(w[1])); else { errno = ENOENT; fail("getenv"); } }
    else if (IS("args", 0)) do_args();
    else if (IS("cwd", 0)) { char path[MAX_LINE]; if (getcwd(path, sizeof path)) ok("%s", path); else fail("getcwd"); }
    else if (IS("signals", 0)) do_signals();
    else if (IS("fork", 0)) do_fork();
    else if (IS("to", 2)) do_to(line + 3);
    else if (IS("wait", 1)) do_wait(w);
    else if (IS("kill", 2)) answer(kill(number(w[1]), number(w[2])), "kill");
    else if (IS("exit", 1)) _exit(number(w[1]));
    else refuse("command");
}

int main(int argc, char **argv) {
    char line[MAX_LINE];
    (void)argc;
    arguments = argv;
    in = stdin;
    out = stdout;
    while (fgets(line, sizeof line, in)) {
        line[strcspn(line, "\n")] = 0;
        serve(line);
    }
    return 0;
}
