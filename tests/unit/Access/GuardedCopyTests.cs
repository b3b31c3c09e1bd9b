using System;
using System.Linq;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Access;

/// <summary>
/// Copies at the edge of memory that is not there: were one of them a load or store, the process would end.
/// </summary>
public class GuardedCopyTests
{
    private static readonly int Page = Environment.SystemPageSize;

    public static TheoryData<string> Copiers => new("process_vm", "scratch");

    [Theory]
    [MemberData(nameof(Copiers))]
    public void Reading_stops_where_memory_ends(string copier) => WithOnePageBeforeAHole(page =>
    {
        var buffer = new byte[2 * Page];

        Assert.Equal(Page, Copy(copier, page, buffer));
        Assert.Equal(100, Copy(copier, page + Page - 100, buffer));
        Assert.Equal(0, Copy(copier, page + Page, buffer));
    });

    [Theory]
    [MemberData(nameof(Copiers))]
    public void Writing_stops_where_memory_ends(string copier) => WithOnePageBeforeAHole(page =>
    {
        var source = Enumerable.Repeat((byte)0x5A, 2 * Page).ToArray();

        Assert.Equal(10, Copy(copier, source, page + Page - 10));

        var seen = new byte[20];
        Assert.Equal(20, Copy(copier, page + Page - 20, seen));
        Assert.Equal(Enumerable.Repeat((byte)0, 10).Concat(Enumerable.Repeat((byte)0x5A, 10)), seen);
    });

    [Fact]
    public void An_empty_copy_touches_nothing() => Assert.Equal(0, GuardedCopy.Read(1, []));

    private static unsafe long Copy(string copier, nint source, byte[] destination)
    {
        fixed (byte* pointer = destination)
        {
            return copier == "scratch"
                ? ScratchCopy.Copy(source, (nint)pointer, destination.Length)
                : GuardedCopy.Read(source, destination);
        }
    }

    private static unsafe long Copy(string copier, byte[] source, nint destination)
    {
        fixed (byte* pointer = source)
        {
            return copier == "scratch"
                ? ScratchCopy.Copy((nint)pointer, destination, source.Length)
                : GuardedCopy.Write(destination, source);
        }
    }

    private static void WithOnePageBeforeAHole(Action<nint> test)
    {
        const int Flags = Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS;
        var pages = Libc.mmap(0, (nuint)(2 * Page), Libc.PROT_READ | Libc.PROT_WRITE, Flags, -1, 0);
        Assert.Equal(0, Libc.mprotect(pages + Page, (nuint)Page, Libc.PROT_NONE));
        try
        {
            test(pages);
        }
        finally
        {
            Assert.Equal(0, Libc.munmap(pages, (nuint)(2 * Page)));
        }
    }
}
