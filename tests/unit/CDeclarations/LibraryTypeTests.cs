using System.Linq;
using Xunit;
using Cpu = System.Runtime.InteropServices.Architecture;

namespace PSSharedMemory.UnitTests.CDeclarations;

/// <summary>Names and structs that are known without their declaration.</summary>
public sealed class LibraryTypeTests
{
    private const string Headers = """
        #include <sys/uio.h>
        #include <sys/un.h>
        #include <sys/ipc.h>
        #include <sys/msg.h>
        #include <sys/sem.h>
        #include <sys/stat.h>
        #include <sys/utsname.h>
        #include <sys/resource.h>
        #include <sys/ioctl.h>
        #include <sys/epoll.h>
        #include <netinet/in.h>
        #include <sched.h>
        #include <poll.h>
        #include <fcntl.h>
        #include <mqueue.h>
        #include <stdlib.h>

        """;

    [Theory]
    [InlineData(Cpu.X64)]
    [InlineData(Cpu.Arm64)]
    public void Structs_of_the_library_are_as_gcc_has_them(Cpu architecture)
    {
        string[] names =
        [
            "struct timespec", "struct timeval", "struct itimerspec", "struct itimerval", "struct timezone",
            "struct tm", "struct iovec",
            "struct msghdr", "struct cmsghdr", "struct sockaddr", "struct in_addr", "struct in6_addr",
            "struct sockaddr_in",
            "struct sockaddr_in6", "struct sockaddr_un", "struct sockaddr_storage", "struct ip_mreq",
            "struct ipv6_mreq", "struct linger",
            "struct ucred", "struct pollfd", "struct epoll_event", "epoll_data_t", "struct ipc_perm", "struct shmid_ds",
            "struct msqid_ds",
            "struct sembuf", "struct mq_attr", "cpu_set_t", "fd_set", "struct sched_param", "struct rlimit",
            "struct rusage", "struct flock",
            "struct winsize", "struct utsname", "union sigval", "stack_t", "div_t", "ldiv_t", "struct stat", "timer_t",
            "__uint32_t", "__off64_t",
        ];
        var text = string.Concat(names.Select(static (name, i) => $"struct s{i} {{ char c; {name} f; char d; }};\n"));
        CCompiler.AssertSameLayout(
            architecture, Headers + text, [.. Enumerable.Range(0, names.Length).Select(static i => $"struct s{i}")]);
    }

    [Theory]
    [InlineData("DWORD", 4, false)]
    [InlineData("LONG", 4, true)]
    [InlineData("ULONGLONG", 8, false)]
    [InlineData("WCHAR", 2, false)]
    [InlineData("BOOLEAN", 1, false)]
    [InlineData("float32", 4, true)]
    [InlineData("guint64", 8, false)]
    [InlineData("qint16", 2, true)]
    [InlineData("__be32", 4, false)]
    [InlineData("__kernel_pid_t", 4, true)]
    public void Names_have_their_size_and_sign(string name, int size, bool isSigned)
    {
        var field = ShmType.Parse($"struct s {{ char c; {name} f; }};").Fields[1];
        Assert.Equal((size, size, isSigned), ((int)field.Size, (int)field.Offset, field.Type.IsSigned));
    }

    [Fact]
    public void A_declaration_of_the_text_comes_first()
    {
        Assert.Equal(2, ShmType.Parse("typedef unsigned short DWORD; struct s { DWORD d; };").Size);
        Assert.Equal(1, ShmType.Parse("struct timespec { char c; }; struct s { struct timespec t; };").Size);
        Assert.Equal(2, ShmType.Parse("#define UNICODE\nstruct s { TCHAR c; };").Size);
        Assert.Equal(1, ShmType.Parse("struct s { TCHAR c; };").Size);
    }

    [Fact]
    public void A_typedef_of_the_kernel_keeps_the_order_in_the_name()
    {
        var type = ShmType.Parse("typedef unsigned int __u32; typedef __u32 __be32; struct s { __be32 a; __u32 b; };");
        Assert.Equal(0x01020304u, ((ShmRecord)new ShmTypeReader(type).Read([1, 2, 3, 4, 0, 0, 0, 0]))["a"]);
    }
}
