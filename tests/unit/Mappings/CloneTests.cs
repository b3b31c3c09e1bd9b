using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Mappings;

/// <summary>
/// Forks this very process with mappings live. The child runs one function of the C library and nothing managed: its
/// argument is an address of this process, so what it does there proves that the mapping is at the same address in it.
/// </summary>
[Collection(nameof(Alone))]
public sealed unsafe partial class CloneTests : IDisposable
{
    private const int SIGCHLD = 17;
    private const int StackSize = 256 * 1024;
    private const int SemaphoreOffset = 64;

    private static readonly nint Library = NativeLibrary.Load("libc.so.6");

    private readonly CancellationTokenSource _stopping = new();
    private readonly Thread[] _load;
    private readonly nint _stack = (nint)NativeMemory.AlignedAlloc(StackSize, 16);

    public CloneTests()
    {
        // The garbage collector stops and starts threads all the while.
        _load = [.. Enumerable.Range(0, 2).Select(_ => new Thread(Allocate))];
        foreach (var thread in _load)
        {
            thread.Start();
        }
    }

    public static TheoryData<ShmKind> Kinds => new(ShmKind.SysV, ShmKind.Posix, ShmKind.MemFd);

    public void Dispose()
    {
        _stopping.Cancel();
        foreach (var thread in _load)
        {
            thread.Join();
        }

        _stopping.Dispose();
        NativeMemory.AlignedFree((void*)_stack);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_a_child_writes_at_the_same_address_is_seen_here(ShmKind kind)
    {
        var segment = Make(kind);
        try
        {
            using var mapping = ShmMapping.Mount(segment);
            var semaphore = mapping.Start + SemaphoreOffset;
            Assert.Equal(0, sem_init(semaphore, 1, 0));
            for (var i = 1; i <= 20; i++)
            {
                Assert.Equal(0, ExitCode(Fork("sem_post", semaphore)));
                Assert.Equal(i, mapping.Reader.ReadInt32(SemaphoreOffset));
            }

            mapping.Writer.WriteInt32(0, 1);
            Assert.Equal(1, mapping.Reader.ReadInt32(0));
        }
        finally
        {
            Remove(segment);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_child_has_the_mapping_where_its_parent_has_it(ShmKind kind)
    {
        var segment = Make(kind);
        try
        {
            using var mapping = ShmMapping.Mount(segment);
            var child = ForkWaiting(mapping);
            var ours = AreaAt(Environment.ProcessId, mapping.Start);
            Assert.NotNull(ours);
            Assert.Equal(ours, AreaAt(child, mapping.Start));

            Assert.Equal(0, sem_post(mapping.Start + SemaphoreOffset));
            Assert.Equal(0, ExitCode(child));
            Assert.Equal(ours, AreaAt(Environment.ProcessId, mapping.Start));
        }
        finally
        {
            Remove(segment);
        }
    }

    [Fact]
    public void The_attach_count_rises_and_falls_with_children()
    {
        var segment = Make(ShmKind.SysV);
        try
        {
            using var mapping = ShmMapping.Mount(segment);
            Assert.Equal(1, AttachCount(segment));
            var first = ForkWaiting(mapping);

            // At the same semaphore, which is not made anew under the one that waits there: it would not be woken.
            var second = Fork("sem_wait", mapping.Start + SemaphoreOffset);
            Assert.Equal(3, AttachCount(segment));

            Assert.Equal(0, sem_post(mapping.Start + SemaphoreOffset));
            Assert.Equal(0, sem_post(mapping.Start + SemaphoreOffset));
            Assert.Equal(0, ExitCode(first));
            Assert.Equal(0, ExitCode(second));
            Assert.Equal(1, AttachCount(segment));

            var killed = ForkWaiting(mapping);
            Assert.Equal(2, AttachCount(segment));
            Assert.Equal(0, Libc.kill(killed, Libc.SIGKILL));
            Assert.Equal(-Libc.SIGKILL, ExitCode(killed));
            Assert.Equal(1, AttachCount(segment));
        }
        finally
        {
            Remove(segment);
        }
    }

    [Fact]
    public void A_child_that_detaches_leaves_ours()
    {
        var segment = Make(ShmKind.SysV);
        try
        {
            using var mapping = ShmMapping.Mount(segment);
            mapping.Writer.WriteInt32(0, 42);
            Assert.Equal(0, ExitCode(Fork("shmdt", mapping.Start)));
            Assert.Equal(1, AttachCount(segment));
            Assert.Equal(42, mapping.Reader.ReadInt32(0));

            // Once more: the child's first detach was of its own copy, so there is one to detach again.
            Assert.Equal(0, ExitCode(Fork("shmdt", mapping.Start)));
            mapping.Dispose();
            Assert.Equal(0, AttachCount(segment));
            Assert.NotEqual(0, ExitCode(Fork("shmdt", mapping.Start)));
        }
        finally
        {
            Remove(segment);
        }
    }

    [Fact]
    public void A_removed_segment_lives_until_the_child_that_inherited_it_has_ended()
    {
        var segment = Make(ShmKind.SysV);
        var mapping = ShmMapping.Mount(segment);
        var child = ForkWaiting(mapping);
        Remove(segment);
        mapping.Dispose();
        Assert.True(ShmSegments.Refresh(segment).Status.HasFlag(ShmSegmentStatus.RemovalPending));
        Assert.Equal(1, AttachCount(segment));

        Assert.Equal(0, Libc.kill(child, Libc.SIGKILL));
        Assert.Equal(-Libc.SIGKILL, ExitCode(child));
        Assert.Equal(
            ShmErrorId.SegmentNotFound, Assert.Throws<ShmException>(() => ShmSegments.Refresh(segment)).ErrorId);
    }

    [Fact]
    public void What_is_advised_not_to_fork_is_not_in_the_child()
    {
        var segment = Make(ShmKind.Posix);
        try
        {
            using var kept = ShmMapping.Mount(segment);
            using var withheld = ShmMapping.Mount(segment);
            withheld.Advise(ShmAdvice.DontFork, cancellation: TestContext.Current.CancellationToken);
            var child = ForkWaiting(kept);
            Assert.NotNull(AreaAt(child, kept.Start));
            Assert.Null(AreaAt(child, withheld.Start));
            Assert.Equal(0, sem_post(kept.Start + SemaphoreOffset));
            Assert.Equal(0, ExitCode(child));
            Assert.Equal(0, withheld.Reader.ReadInt32(0));
        }
        finally
        {
            Remove(segment);
        }
    }

    private static ShmSegment Make(ShmKind kind)
    {
        var options = new ShmCreateOptions { Size = 8192 };
        return kind switch
        {
            ShmKind.SysV => SysVSegments.CreatePrivate(options),
            ShmKind.Posix => PosixSegments.Create("/pst-fork-" + Guid.NewGuid().ToString("N"), options),
            _ => MemFdSegments.Create("pst-fork", options),
        };
    }

    private static void Remove(ShmSegment segment)
    {
        if (segment.Kind != ShmKind.MemFd)
        {
            ShmSegments.Remove(segment);
        }
    }

    private static long? AttachCount(ShmSegment segment) => ShmSegments.Refresh(segment).AttachCount;

    /// <summary>A child that waits for the semaphore in the mapping, and is known to be there.</summary>
    private int ForkWaiting(ShmMapping mapping)
    {
        var semaphore = mapping.Start + SemaphoreOffset;
        Assert.Equal(0, sem_init(semaphore, 1, 0));
        return Fork("sem_wait", semaphore);
    }

    /// <summary>
    /// clone(2) as fork(2) does it, without the handlers that the C library would run: the child has a copy of this
    /// memory, and what is shared it shares.
    /// </summary>
    private int Fork(string function, nint argument)
    {
        // The child uses its own copy of this stack.
        var pid = clone(NativeLibrary.GetExport(Library, function), _stack + StackSize, SIGCHLD, argument);
        Assert.True(pid > 0);
        return pid;
    }

    /// <summary>What the function returned in the child, modulo 256; minus the signal that ended it.</summary>
    private static int ExitCode(int child)
    {
        Assert.Equal(0, Libc.waitid(child, Libc.WEXITED, out var info));
        return info.si_code == Libc.CLD_EXITED ? info.si_status : -info.si_status;
    }

    /// <summary>The line of /proc/PID/maps for an address: range, protection, offset and inode.</summary>
    private static string? AreaAt(int processId, nint address)
    {
        var start = address.ToString("x", CultureInfo.InvariantCulture) + "-";
        return File.ReadLines($"/proc/{processId}/maps")
            .FirstOrDefault(line => line.StartsWith(start, StringComparison.Ordinal));
    }

    private void Allocate()
    {
        var kept = new byte[64][];
        for (var i = 0; !_stopping.IsCancellationRequested; i++)
        {
            kept[i % kept.Length] = new byte[i % 3 == 0 ? 100_000 : 1000];
            if (i % 1000 == 0)
            {
                GC.Collect();
            }
        }
    }

    [LibraryImport("libc")]
    private static partial int clone(nint fn, nint stack, int flags, nint arg);

    [LibraryImport("libc")]
    private static partial int sem_init(nint sem, int pshared, uint value);

    [LibraryImport("libc")]
    private static partial int sem_post(nint sem);
}
