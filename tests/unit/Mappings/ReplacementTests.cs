using System;
using System.Threading;
using System.Threading.Tasks;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Mappings;

/// <summary>Making way for a mapping at an address, without one that is not ours ever giving way.</summary>
public sealed class ReplacementTests : IDisposable
{
    private const int Size = 4 * 4096;
    private static readonly nint Place = unchecked((nint)0x3000_0000_0000L);

    private readonly ShmSegment _segment = MemFdSegments.Create("replacement", new ShmCreateOptions { Size = Size });

    public void Dispose() => Assert.True(IsFree(Place, 4 * Size));

    [Fact]
    public void What_was_not_committed_is_as_it_was()
    {
        using var mapping = Mount(Place + Size);
        mapping.Writer.WriteInt32(0, 5);
        using (Replacement.Begin(Place, 3 * Size))
        {
            Assert.False(IsFree(Place, Size));
            Assert.False(IsFree(Place + (2 * Size), Size));
        }

        Assert.True(IsFree(Place, Size));
        Assert.True(IsFree(Place + (2 * Size), Size));
        Assert.Equal(5, mapping.Reader.ReadInt32(0));
    }

    [Fact]
    public void What_is_not_ours_is_AddressInUse_and_nothing_stays_reserved()
    {
        const int Flags = Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_FIXED_NOREPLACE;
        Assert.Equal(Place + Size, Libc.mmap(Place + Size, Size, Libc.PROT_NONE, Flags, -1, 0));
        using var mapping = Mount(Place);

        var error = Assert.Throws<ShmException>(() => Replacement.Begin(Place, 3 * Size).Dispose());
        Assert.Equal(ShmErrorId.AddressInUse, error.ErrorId);
        Assert.True(IsFree(Place + (2 * Size), Size));
        Assert.True(mapping.IsMounted);
        Assert.Equal(0, mapping.Reader.ReadInt32(0));
        Assert.Equal(0, Libc.munmap(Place + Size, Size));
    }

    [Fact]
    public void The_replaced_one_neither_reads_nor_detaches_what_came_after_it()
    {
        var old = Mount(Place);
        using var other = Mount(Place, replace: true);
        Assert.False(old.IsMounted);
        Assert.Equal(ShmErrorId.MappingDismounted, Assert.Throws<ShmException>(() => old.Reader.ReadByte(0)).ErrorId);
        old.Dispose();
        Assert.False(IsFree(Place, Size));
        other.Writer.WriteInt32(0, 1);
    }

    [Fact]
    public async Task Does_not_wait_for_accesses_to_mappings_elsewhere()
    {
        using var busy = Mount(Place + (2 * Size));
        using var old = Mount(Place);
        using var isHeld = new ManualResetEventSlim();
        using var isDone = new ManualResetEventSlim();
        var reader = new Thread(() =>
        {
            using var access = busy.Lease(0, 1, ShmProtection.Read);
            isHeld.Set();
            isDone.Wait();
        });
        reader.Start();
        isHeld.Wait(TestContext.Current.CancellationToken);
        try
        {
            await Task.Run(() => Replacement.Begin(Place, Size).Dispose(), TestContext.Current.CancellationToken)
                .WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
            Assert.Equal(0, old.Reader.ReadInt32(0));
        }
        finally
        {
            isDone.Set();
            reader.Join();
        }
    }

    private ShmMapping Mount(nint address, bool replace = false) =>
        ShmMapping.Mount(_segment, new ShmMountOptions { Address = address, Replace = replace });

    private static bool IsFree(nint address, nint length)
    {
        const int Flags = Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE | Libc.MAP_FIXED_NOREPLACE;
        var probe = Libc.mmap(address, (nuint)length, Libc.PROT_NONE, Flags, -1, 0);
        return !Libc.IsError(probe) && Libc.munmap(probe, (nuint)length) == 0;
    }
}
