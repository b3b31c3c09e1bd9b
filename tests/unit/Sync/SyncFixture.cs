using System;
using System.Diagnostics;
using System.Threading;
using Xunit;

namespace PSSharedMemory.UnitTests.Sync;

/// <summary>A segment of each family, mounted: memory that cannot shrink, and memory that can and is guarded.</summary>
public abstract class SyncFixture : IDisposable
{
    private const int Size = 64 * 1024;

    private readonly ShmSegment _posix = PosixSegments.Create(
        $"/pst-sync-{Guid.NewGuid():N}", new ShmCreateOptions { Size = Size });
    private readonly ShmSegment _sysV = SysVSegments.CreatePrivate(new ShmCreateOptions { Size = Size });

    protected SyncFixture()
    {
        Guarded = ShmMapping.Mount(_posix);
        Plain = ShmMapping.Mount(_sysV);
        Assert.True(Guarded.IsGuarded);
        Assert.False(Plain.IsGuarded);
    }

    public static TheoryData<bool> Both => [true, false];

    protected ShmMapping Guarded { get; }

    protected ShmMapping Plain { get; }

    public void Dispose()
    {
        Dispose(isDisposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool isDisposing)
    {
        Guarded.Dispose();
        Plain.Dispose();
        ShmSegments.Remove(_posix);
        ShmSegments.Remove(_sysV);
    }

    protected ShmMapping MappingOf(bool isGuarded) => isGuarded ? Guarded : Plain;

    /// <summary>What a peer does that makes the object smaller.</summary>
    protected void Truncate(long size)
    {
        using var file = System.IO.File.OpenWrite($"/dev/shm{_posix.Name}");
        file.SetLength(size);
    }

    /// <summary>
    /// Whether a wait ends within 100 ms of its cancelling. On a busy host the test itself may not get the processor
    /// for longer: one of several times is enough, for a wait that looks too rarely is never in time.
    /// </summary>
    protected static bool EndsInTime(Action<CancellationToken> wait)
    {
        for (var attempt = 0; attempt < 10; attempt++)
        {
            using var source = new CancellationTokenSource();
            var cancelled = 0L;
            var canceller = new Thread(() =>
            {
                Thread.Sleep(60);
                Volatile.Write(ref cancelled, Stopwatch.GetTimestamp());
                source.Cancel();
            });
            canceller.Start();
            Assert.ThrowsAny<OperationCanceledException>(() => wait(source.Token));
            var late = Stopwatch.GetElapsedTime(Volatile.Read(ref cancelled));
            canceller.Join();
            if (late < TimeSpan.FromMilliseconds(100))
            {
                return true;
            }
        }

        return false;
    }

    protected static ShmException Fails(ShmErrorId id, Action action)
    {
        var error = Assert.Throws<ShmException>(action);
        Assert.Equal(id, error.ErrorId);
        return error;
    }
}
