using System;
using System.Collections.Generic;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace PSSharedMemory.UnitTests;

/// <summary>strace's text as objects: what is printed by strace 6.1, word for word.</summary>
public class StraceTests
{
    private static List<ShmCall> Read(bool futex, params string[] lines)
    {
        var filter = new ShmCallFilter(futex);
        return [.. lines.Select(filter.Read).OfType<ShmCall>()];
    }

    [Fact]
    public void Calls_on_a_System_V_segment_are_tied_together()
    {
        var calls = Read(
            false,
            "28173 1795476423.897799 shmget(IPC_PRIVATE, 8192, IPC_CREAT|0600) = 65552",
            "28173 1795476423.897877 shmat(65552, NULL, 0) = 0x7f4c1921d000",
            "28173 1795476423.897941 mprotect(0x7f4c1921d000, 4096, PROT_READ) = 0",
            "28173 1795476423.897995 shmdt(0x7f4c1921d000) = 0",
            "28173 1795476423.898054 shmctl(65552, IPC_RMID, NULL) = 0",
            "28173 1795476423.898055 mprotect(0x7f4c1921d000, 4096, PROT_READ) = -1 ENOMEM (Cannot allocate memory)",
            "28173 1795476423.898056 +++ exited with 0 +++");
        Assert.Equal(["shmget", "shmat", "mprotect", "shmdt", "shmctl", "exit"], calls.Select(call => call.Call));
        Assert.Equal(
            ["private", "id 65552", "id 65552", "id 65552", "id 65552", null], calls.Select(call => call.Segment));
        Assert.Equal(8192, calls[1].Length);
        Assert.Equal(0x7f4c1921d000, calls[1].Address);
        Assert.Equal(DateTimeKind.Utc, calls[0].Time.Kind);
        Assert.Equal(897799, calls[0].Time.ToUniversalTime().Ticks % TimeSpan.TicksPerSecond / 10);
    }

    [Theory]
    [InlineData("""mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 3</dev/shm/q>, 0) = -1 EACCES (x)""", "O_RDWR")]
    [InlineData("""mmap(NULL, 4096, PROT_READ|PROT_EXEC, MAP_SHARED, 3</dev/shm/q>, 0) = -1 EPERM (x)""", "noexec")]
    [InlineData("""mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, 3</memfd:wl>(deleted), 0) = -1 EPERM (x)""", "seal")]
    [InlineData("""mmap(NULL, 0, PROT_READ, MAP_SHARED, 3</dev/shm/q>, 0) = -1 EINVAL (x)""", "length is 0")]
    [InlineData("""mmap(NULL, 4096, PROT_READ, MAP_SHARED, 3</dev/shm/q>, 0) = -1 ENOMEM (x)""", "RLIMIT_AS")]
    [InlineData("""ftruncate(3</memfd:wl>(deleted), 8192) = -1 EPERM (x)""", "seal")]
    [InlineData("""fallocate(3</dev/shm/q>, 0, 0, 1099511627776) = -1 ENOSPC (x)""", "room")]
    [InlineData("""openat(AT_FDCWD</>, "/dev/shm/q", O_RDWR) = -1 ENOENT (x)""", "that name")]
    [InlineData("""openat(AT_FDCWD</>, "/dev/shm/q", O_RDWR|O_CREAT, 0600) = -1 EACCES (x)""", "fs.protected_regular")]
    [InlineData("""openat(AT_FDCWD</>, "/dev/shm/q", O_RDWR) = -1 EACCES (x)""", "root, rw-------")]
    [InlineData("""openat(AT_FDCWD</>, "/dev/shm/q", O_RDWR) = -1 EMFILE (x)""", "RLIMIT_NOFILE")]
    [InlineData("""unlink("/dev/shm/q") = -1 EPERM (x)""", "root, rw-------")]
    [InlineData("""shmget(0x77, 4096, 0600) = -1 EACCES (x)""", "root, rw-------")]
    [InlineData("""shmget(IPC_PRIVATE, 4096, IPC_CREAT|SHM_HUGETLB|0600) = -1 ENOMEM (x)""", "vm.nr_hugepages")]
    [InlineData("""shmat(5, 0x1001, 0) = -1 EINVAL (x)""", "SHMLBA")]
    [InlineData("""shmat(5, NULL, 0) = -1 EIDRM (x)""", "removed")]
    [InlineData("""shmctl(5, IPC_RMID, NULL) = -1 EPERM (x)""", "root, rw-------")]
    public void A_failure_is_told_by_its_reason(string line, string reason)
    {
        var filter = new ShmCallFilter(includesFutex: false) { SizeOf = _ => 4096, OwnerOf = _ => "root, rw-------" };
        var call = filter.Read("9 1.1 " + line);
        Assert.Contains(reason, call!.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x100000, 0x1000, "SIGBUS at /torch_7 + 1 MB, beyond its end")]
    [InlineData(0x2234, 0x900000,
        "SIGBUS at /torch_7 + 0x2234, no memory is left for the page: /dev/shm is full, or a memory limit is reached")]
    public void A_fault_is_told_by_segment_and_offset(long offset, long length, string told)
    {
        var filter = new ShmCallFilter(includesFutex: false) { LengthOf = name => name == "/torch_7" ? length : null };
        Assert.NotNull(
            filter.Read(
                "9 1.1 mmap(NULL, 4194304, PROT_READ|PROT_WRITE, MAP_SHARED, 3</dev/shm/torch_7>, 0) = "
                    + "0x7f0000000000"));
        Assert.Null(filter.Read("9 1.2 --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=NULL} ---"));
        var fault = filter.Read(
            $"9 1.3 --- SIGBUS {{si_signo=SIGBUS, si_code=BUS_ADRERR, si_addr=0x{0x7f0000000000 + offset:x}}} ---");
        Assert.Equal(told, fault!.Detail);
        Assert.Equal("/torch_7", fault.Segment);
        var end = filter.Read("9 1.4 +++ killed by SIGBUS (core dumped) +++");
        Assert.Equal(("exit", "killed by SIGBUS (core dumped)", (long?)null), (end!.Call, end.Detail, end.Result));
    }

    [Theory]
    [InlineData("shmdt(0x7f0000000000) = 0", 0x7f0000001008, "SIGSEGV at id 7 + 0x1008, which shmdt unmapped before")]
    [InlineData(
        "munmap(0x7f0000000000, 8192) = 0", 0x7f0000000000, "SIGSEGV at id 7 + 0, which munmap unmapped before")]
    [InlineData("mprotect(0x7f0000001000, 4096, PROT_NONE) = 0", 0x7f0000001004,
        "SIGSEGV at id 7 + 0x1004, which allows no access")]
    [InlineData("mprotect(0x7f0000001000, 4096, PROT_READ) = 0", 0x7f0000001004,
        "SIGSEGV at id 7 + 0x1004, which may only be read")]
    [InlineData("mprotect(0x7f0000001000, 4096, PROT_READ) = -1 EACCES (Permission denied)", 0x7f0000001004,
        "SIGSEGV at id 7 + 0x1004, which the page does not allow")]
    [InlineData("getpid() = 9", 0x7f0000004ffc, "SIGSEGV at id 7 + 0x4ffc, beyond the 16 KB that are mapped")]
    public void A_fault_says_what_the_program_did_before(string before, long address, string told)
    {
        var calls = Read(
            false,
            "9 1.0 shmget(IPC_PRIVATE, 16384, IPC_CREAT|0600) = 7",
            "9 1.1 shmat(7, NULL, 0) = 0x7f0000000000",
            "9 1.2 " + before,
            $"9 1.3 --- SIGSEGV {{si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x{address:x}}} ---",
            "9 1.4 +++ killed by SIGSEGV +++");
        Assert.Equal(("id 7", told), (calls[^2].Segment, calls[^2].Detail));
        Assert.Equal("killed by SIGSEGV", calls[^1].Detail);
    }

    [Fact]
    public void What_is_mapped_since_is_what_a_fault_is_about()
    {
        var calls = Read(
            false,
            "9 1.0 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_SHARED, 3</dev/shm/a>, 0) = 0x7f0000000000",
            "9 1.1 munmap(0x7f0000000000, 8192) = 0",
            "9 1.2 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000",
            "9 1.3 --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_ACCERR, si_addr=0x7f0000000010} ---",
            "9 1.4 +++ killed by SIGSEGV +++");
        Assert.Equal(["mmap", "munmap", "exit"], calls.Select(call => call.Call));
        Assert.Equal("killed by SIGSEGV at 0x7f0000000010, where no shared memory is mapped", calls[^1].Detail);
    }

    [Fact]
    public void The_end_of_a_program_that_did_not_look_at_what_it_got_says_so()
    {
        var calls = Read(
            false,
            "9 1.0 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_SHARED, -1, 0) = -1 EBADF (Bad file descriptor)",
            "9 1.1 --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0xffffffffffffffff} ---",
            "9 1.2 +++ killed by SIGSEGV +++");
        Assert.Equal("the descriptor is -1: nothing was opened before", calls[0].Detail);
        Assert.Equal(
            "killed by SIGSEGV at 0xffffffffffffffff, the address that a failed mmap or shmat returns",
            calls[1].Detail);
    }

    [Fact]
    public void A_child_that_is_killed_with_shared_memory_in_hand_is_told_and_others_not()
    {
        var calls = Read(
            false,
            "1 1.0 mmap(NULL, 8192, PROT_READ, MAP_SHARED|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000",
            "1 1.1 fork() = 2",
            "1 1.2 fork() = 3",
            "2 1.3 +++ killed by SIGKILL +++",
            "3 1.4 +++ exited with 0 +++");
        Assert.Equal([(1, "mmap"), (2, "exit")], calls.Select(call => (call.ProcessId, call.Call)));
        Assert.Equal("killed by SIGKILL; who sent it isn't told", calls[1].Detail);
    }

    [Theory]
    [InlineData("1 1.2 kill(2, SIGKILL) = 0", "killed by SIGKILL, which process 1 sent")]
    [InlineData("1 1.2 kill(2, SIGKILL <unfinished ...>", "killed by SIGKILL, which process 1 sent")]
    [InlineData("2 1.2 kill(2, SIGKILL <unfinished ...>", "killed by SIGKILL, which it sent itself")]
    [InlineData("1 1.2 kill(3, SIGKILL) = 0", "killed by SIGKILL; who sent it isn't told")]
    [InlineData("1 1.2 kill(2, SIGTERM) = 0", "killed by SIGKILL; who sent it isn't told")]
    [InlineData(
        "1 1.2 kill(2, SIGKILL) = -1 EPERM (Operation not permitted)", "killed by SIGKILL; who sent it isn't told")]
    public void Whoever_sent_a_signal_is_told(string kill, string expected) => Assert.Equal(
        expected,
        Read(
            false,
            "1 1.0 mmap(NULL, 8192, PROT_READ, MAP_SHARED|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000",
            "1 1.1 fork() = 2",
            kill,
            "2 1.3 +++ killed by SIGKILL +++")[^1].Detail);

    [Theory]
    [InlineData("2", "kill(2, SIGKILL) = 0", "killed by SIGKILL, which it sent itself")]
    [InlineData("3", "kill(2, SIGKILL) = 0", "killed by SIGKILL, which it sent itself")]
    [InlineData("3", "tgkill(2, 2, SIGKILL <unfinished ...>", "killed by SIGKILL, which it sent itself")]
    [InlineData("4", "kill(2, SIGKILL) = 0", "killed by SIGKILL, which process 4 sent")]
    public void A_signal_of_any_thread_of_the_process_is_its_own(string thread, string kill, string expected) =>
        Assert.Equal(
            expected,
            Read(
                false,
                "2 1.0 mmap(NULL, 8192, PROT_READ, MAP_SHARED|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000",
                "2 1.1 clone(child_stack=0x7f, flags=CLONE_VM|CLONE_THREAD) = 3",
                $"{thread} 1.2 {kill}",
                "2 1.3 +++ killed by SIGKILL +++")[^1].Detail);

    [Theory]
    [InlineData(2, "killed by SIGABRT")]
    [InlineData(77, "killed by SIGABRT, which process 77 sent")]
    public void Who_aborts_another_is_told(int sender, string expected) => Assert.Equal(
        expected,
        Read(
            false,
            "2 1.0 mmap(NULL, 8192, PROT_READ, MAP_SHARED|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000",
            $"2 1.1 --- SIGABRT {{si_signo=SIGABRT, si_code=SI_USER, si_pid={sender}, si_uid=0}} ---",
            "2 1.2 +++ killed by SIGABRT +++")[^1].Detail);

    [Theory]
    [InlineData(0, "killed by SIGKILL; who sent it isn't told")]
    [InlineData(1, "killed by SIGKILL, apparently because memory was short*")]
    public void Want_of_memory_is_told_where_the_kernel_has_killed(long killed, string expected)
    {
        var filter = new ShmCallFilter(includesFutex: false) { KilledForMemory = () => killed };
        filter.Read("1 1.0 mmap(NULL, 8192, PROT_READ, MAP_SHARED|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000");
        Assert.StartsWith(
            expected.TrimEnd('*'), filter.Read("1 1.1 +++ killed by SIGKILL +++")!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_program_in_the_same_process_begins_without_areas()
    {
        var calls = Read(
            false,
            "1 1.0 mmap(NULL, 8192, PROT_READ, MAP_SHARED, 3</dev/shm/a>, 0) = 0x7f0000000000",
            "1 1.1 execve(\"/bin/true\", [\"true\"], 0x7ffc /* 3 vars */) = 0",
            "1 1.2 munmap(0x7f0000000000, 8192) = 0",
            "1 1.3 execve(\"/bin/true\", [\"true\"], 0x7ffc /* 3 vars */) = 0");
        Assert.Equal(["mmap", "execve"], calls.Select(call => call.Call));
        Assert.Equal("unmaps /a", calls[1].Detail);
    }

    [Fact]
    public void Relative_names_are_found_from_the_folder_they_are_relative_to()
    {
        var filter = new ShmCallFilter(false) { FolderOf = _ => "/dev" };
        var calls = new[]
        {
            """5 1.0 openat(7</dev/shm/relay>, "log.0", O_RDWR|O_CREAT, 0600) = 8</dev/shm/relay/log.0>""",
            """5 1.1 unlink("shm/first") = 0""",
            """5 1.2 chdir("shm/relay") = 0""",
            """5 1.3 unlink("second") = 0""",
            """5 1.4 fork() = 6""",
            """6 1.5 unlink("../third") = 0""",
            """5 1.6 fchdir(7</tmp>) = 0""",
            """5 1.7 unlink("fourth") = 0""",
            """5 1.8 open("/tmp/link", O_RDWR) = 9</dev/shm/behind-a-link>""",
            """5 1.9 truncate("/dev/shm//x", 4096) = 0""",
            """5 2.0 symlink("/dev/shm/x", "/dev/shm/y") = 0""",
        }.Select(filter.Read).OfType<ShmCall>().ToList();
        Assert.Equal(
            ["/relay/log.0", "/first", "/relay/second", "/third", "/behind-a-link", "/x", "/y"],
            calls.Select(call => call.Segment));
    }

    [Fact]
    public void Programs_of_32_bits_are_read()
    {
        var calls = Read(
            false,
            "9 1.0 mmap2(NULL, 4194304, PROT_READ|PROT_WRITE, MAP_SHARED, 3</dev/shm/t>, 0) = 0xf7c00000",
            "9 1.1 fcntl64(3</dev/shm/t>, F_SETLK, {l_type=F_WRLCK}) = 0",
            "9 1.2 mlock(0xf7c00000, 4096) = -1 ENOMEM (Cannot allocate memory)",
            "9 1.3 --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_ACCERR, si_addr=0xf7c00004} ---");
        Assert.Equal(["mmap2", "fcntl64", "mlock", "SIGSEGV"], calls.Select(call => call.Call));
        Assert.All(calls, call => Assert.Equal("/t", call.Segment));
    }

    [Fact]
    public void Areas_from_before_the_trace_belong_to_their_process_and_all_its_threads()
    {
        var filter = new ShmCallFilter(false);
        filter.AddArea(1, 0x10000, 8192, "/a", access: ShmProtection.Read);
        filter.AddArea(2, 0x10000, 8192, "/b");
        filter.AddThread(1, 11);
        var calls = new[]
        {
            "11 1.0 --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_ACCERR, si_addr=0x10004} ---",
            "11 1.1 munmap(0x10000, 8192) = 0",
            "1 1.2 munmap(0x10000, 8192) = 0",
            "2 1.3 munmap(0x10000, 8192) = 0",
            "11 1.4 +++ exited with 0 +++",
        }.Select(filter.Read).OfType<ShmCall>().ToList();
        Assert.Equal(["SIGSEGV /a", "munmap /a", "munmap /b"], calls.Select(call => $"{call.Call} {call.Segment}"));
        Assert.Equal("SIGSEGV at /a + 0x4, which may only be read", calls[0].Detail);
    }

    [Fact]
    public void An_offset_counts_from_the_start_of_the_object()
    {
        var filter = new ShmCallFilter(includesFutex: false) { LengthOf = _ => 0x1000 };
        filter.Read("9 1.1 mmap(NULL, 65536, PROT_READ, MAP_SHARED, 3</dev/shm/x>, 0x10000) = 0x7f0000000000");
        filter.Read("9 1.2 munmap(0x7f0000000000, 4096) = 0");
        Assert.StartsWith(
            "SIGBUS at /x + 72 KB,",
            filter.Read("9 1.3 --- SIGBUS {si_signo=SIGBUS, si_code=BUS_ADRERR, si_addr=0x7f0000002000} ---")!.Detail);
    }

    [Fact]
    public void Names_seals_locks_modes_and_punches_are_calls()
    {
        var calls = Read(
            false,
            """5 1.0 link("/dev/shm/sem.afQ1r6", "/dev/shm/sem.job-queue") = 0""",
            """5 1.1 fcntl(4</memfd:f>(deleted), F_ADD_SEALS, F_SEAL_SHRINK) = 0""",
            """5 1.2 fcntl(4</memfd:f>(deleted), F_GETFD) = 0""",
            """5 1.3 flock(5</dev/shm/jobs>, LOCK_EX) = 0""",
            """5 1.4 fchmod(5</dev/shm/jobs>, 0600) = 0""",
            """5 1.5 mkdir("/dev/shm/courier", 0700) = 0""",
            """5 1.6 rename("/dev/shm/a", "/tmp/b") = 0""",
            """5 1.7 chmod("/etc/passwd", 0600) = -1 EPERM (Operation not permitted)""",
            """5 1.8 mmap(NULL, 65536, PROT_READ, MAP_SHARED, 5</dev/shm/jobs>, 0) = 0x7f0000000000""",
            """5 1.9 madvise(0x7f0000000000, 4096, MADV_REMOVE) = 0""",
            """5 2.0 madvise(0x7f0000000000, 4096, MADV_WILLNEED) = 0""");
        Assert.Equal(
            [
                "link /sem.job-queue", "fcntl memfd:f", "flock /jobs", "fchmod /jobs", "mkdir /courier", "rename /a",
                "mmap /jobs", "madvise /jobs"
            ],
            calls.Select(call => $"{call.Call} {call.Segment}"));
    }

    [Fact]
    public void A_call_that_was_interrupted_is_put_together()
    {
        var calls = Read(
            false,
            "10 1.5 shmat(5, NULL, 0 <unfinished ...>",
            "11 1.6 shmget(0x1234, 100, 0600) = -1 ENOENT (No such file or directory)",
            "10 1.7 <... shmat resumed>) = 0x7f0000000000");
        Assert.Equal(2, calls.Count);
        Assert.Equal("ENOENT", calls[0].Error);
        Assert.Equal("key 0x00001234", calls[0].Segment);
        Assert.Equal(("shmat", 0x7f0000000000L, 10), (calls[1].Call, calls[1].Address!.Value, calls[1].ProcessId));
        Assert.Equal("5, NULL, 0", calls[1].Arguments);
    }

    [Fact]
    public void Names_with_everything_in_them_are_read()
    {
        var calls = Read(
            false,
            """7 1.0 openat(AT_FDCWD</x,(y>, "/dev/shm/a \"b\", (c)\n\303\244", O_RDWR|O_CREAT, 0600) = 3</dev/shm/a "b", (c)\n>""",
            """7 1.1 ftruncate(3</dev/shm/pst procs\n>, 4096) = 0""",
            """7 1.2 memfd_create("lab el", 0)       = 4</memfd:lab el>(deleted)""",
            """7 1.3 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_SHARED, 4</memfd:lab el>(deleted), 0) = 0x7f4c1921c000""",
            """7 1.4 openat(AT_FDCWD</>, "/etc/passwd", O_RDONLY) = 5</etc/passwd>""",
            """7 1.5 mmap(NULL, 4096, PROT_READ, MAP_SHARED, 5</etc/passwd>, 0) = 0x7f4c1921a000""",
            """7 1.6 unlink("/dev/shm/x")            = 0""");
        Assert.Equal(
            ["/a \"b\", (c)\nä", "/pst procs\n", "memfd:lab el", "memfd:lab el", "/x"],
            calls.Select(call => call.Segment));
    }

    [Fact]
    public void A_fork_has_its_own_books_and_a_thread_its_process()
    {
        string[] map = ["1 1.0 mmap(NULL, 8192, PROT_READ, MAP_SHARED|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000"];
        string[] use = ["2 1.2 munmap(0x7f0000000000, 8192) = 0", "1 1.3 munmap(0x7f0000000000, 8192) = 0"];
        Assert.Equal(
            3, Read(false, [
                .. map, "1 1.1 clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7f) = 2", .. use
            ]).Count);
        Assert.Equal(
            2, Read(false, [.. map, "1 1.1 clone3({flags=CLONE_VM|CLONE_THREAD, stack=0x7f}, 88) = 2", .. use]).Count);
        // The child is heard of before the parent's call has returned.
        Assert.Equal(
            2,
            Read(false, [
                .. map, "1 1.1 clone3({flags=CLONE_VM|CLONE_THREAD, stack=0x7f} <unfinished ...>", .. use
            ]).Count);
        // The execve is one of them: it unmaps the child's copy.
        Assert.Equal(
            3,
            Read(false, [
                .. map, "1 1.1 fork() = 2", "2 1.15 execve(\"/x\", [\"x\"], 0x7f /* 2 vars */) = 0", .. use
            ]).Count);
    }

    [Fact]
    public void A_private_mapping_in_its_place_ends_a_shared_one()
    {
        var calls = Read(
            false,
            "1 1.0 mmap(NULL, 12288, PROT_READ, MAP_SHARED|MAP_ANONYMOUS, -1, 0) = 0x10000",
            "1 1.1 mmap(0x11000, 4096, PROT_READ, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) = 0x11000",
            "1 1.2 munmap(0x11000, 4096) = 0",
            "1 1.3 munmap(0x12000, 4096) = 0",
            "1 1.4 munmap(0x10000, 4096) = 0",
            "1 1.5 munmap(0x10000, 4096) = 0");
        Assert.Equal([0x10000L, 0x11000L, 0x12000L, 0x10000L], calls.Select(call => call.Address!.Value));
        Assert.Equal(["mmap", "mmap", "munmap", "munmap"], calls.Select(call => call.Call));
        Assert.Equal("private memory takes the place of anonymous + 4 KB", calls[1].Detail);
    }

    [Fact]
    public void Only_a_shared_futex_is_shown_and_only_on_request()
    {
        string[] lines = [
            "1 1.0 futex(0x7f0000000000, FUTEX_WAKE, 1) = 0",
            "1 1.1 futex(0x7f0000000000, FUTEX_WAIT_PRIVATE, 1, NULL) = 0"
        ];
        Assert.Empty(Read(false, lines));
        Assert.Single(Read(true, lines));
    }

    [Fact]
    public void No_text_whatever_makes_the_parser_throw()
    {
        var filter = new ShmCallFilter(true);
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), text =>
        {
            _ = filter.Read(text.Get);
            _ = filter.Read("1 1.0 " + text.Get);
            _ = filter.Read("1 1.0 mmap(" + text.Get + ") = " + text.Get);
            _ = filter.Read("1 1.0 openat(\"" + text.Get);
            _ = filter.Read("1 1.0 <... " + text.Get + " resumed>" + text.Get);
        }).QuickCheckThrowOnFailure();
    }
}
