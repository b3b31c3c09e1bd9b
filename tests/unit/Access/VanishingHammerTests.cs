using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Access;

/// <summary>
/// All ways to touch memory, in eight threads, beside a peer that truncates the object and makes it grow again, with
/// the garbage collector busy: this process lives, and what fails fails with an error that is documented.
/// PST_HAMMER_SECONDS makes it longer.
/// </summary>
public sealed unsafe class VanishingHammerTests
{
    private const int Size = 1 << 20;

    private static readonly ShmErrorId[] Documented =
    [
        ShmErrorId.SegmentTruncated, ShmErrorId.NoSpace, ShmErrorId.WaitTimeout, ShmErrorId.InvalidStructure,
        ShmErrorId.SegmentInUse, ShmErrorId.AccessDenied, ShmErrorId.NotRecoverable, ShmErrorId.NativeCallFailed,
    ];

    [Fact]
    public void Nothing_that_a_peer_takes_away_ends_the_process()
    {
        Assert.SkipUnless(FaultGuard.IsActive, $"The guard does not stand here: {FaultGuard.WhyNot}.");
        var seconds = double.Parse(
            Environment.GetEnvironmentVariable("PST_HAMMER_SECONDS") ?? "3", CultureInfo.InvariantCulture);
        var segment = PosixSegments.Create($"/pst-hammer-{Guid.NewGuid():N}", new ShmCreateOptions { Size = Size });
        var (absorbed, clock, operations) = (FaultGuard.Absorbed, Stopwatch.StartNew(), 0L);
        var unexpected = new ConcurrentBag<Exception>();
        var seen = new ConcurrentDictionary<ShmErrorId, int>();
        using (var mapping = ShmMapping.Mount(segment))
        using (var other = ShmMapping.Mount(segment))
        {
            using var peer = Process.Start("perl", [
                "-e",
                "while (getppid() == $ARGV[2]) { truncate $ARGV[0], 0; truncate $ARGV[0], 8192 * int rand 128; "
                    + "truncate $ARGV[0], $ARGV[1]; }",
                "/dev/shm" + segment.Name, $"{Size}", $"{Environment.ProcessId}",
            ]);
            var threads = Enumerable.Range(0, 8).Select(seed => new Thread(() =>
            {
                var random = new Random(seed);
                var buffer = new byte[65536];
                for (var turn = 0; clock.Elapsed.TotalSeconds < seconds; turn++)
                {
                    try
                    {
                        Operate(mapping, other, seed, random, buffer);
                    }
                    catch (ShmException error) when (Documented.Contains(error.ErrorId))
                    {
                        seen[error.ErrorId] = 1;
                    }
                    catch (Exception error)
                    {
                        unexpected.Add(error);
                    }

                    Interlocked.Increment(ref operations);
                    if (turn % 512 == 0)
                    {
                        GC.KeepAlive(new byte[100_000]);
                    }
                }
            })).ToArray();
            Array.ForEach(threads, static thread => thread.Start());
            Array.ForEach(threads, static thread => thread.Join());
            peer.Kill();
            peer.WaitForExit();

            // And afterwards all is as it was.
            using (var file = File.OpenWrite("/dev/shm" + segment.Name))
            {
                file.SetLength(Size);
            }

            mapping.Writer.WriteArray(0, Enumerable.Range(0, Size / 4).ToArray());
            Assert.Equal(Enumerable.Range(0, Size / 4), other.Reader.ReadArray<int>(0, Size / 4));
            Assert.Equal([ShmRegionState.Mapped], mapping.Regions.Select(static region => region.State));
        }

        ShmSegments.Remove(segment);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{operations} operations, {FaultGuard.Absorbed - absorbed} faults, {clock.Elapsed.TotalSeconds:0.0} s, "
                + $"{string.Join(' ', seen.Keys)}");
        Assert.Empty(unexpected);
        Assert.True(FaultGuard.Absorbed > absorbed);
        Assert.Contains(ShmErrorId.SegmentTruncated, seen.Keys);
        Assert.DoesNotContain(segment.Name!, File.ReadAllText("/proc/self/maps"));
    }

    private static void Operate(ShmMapping mapping, ShmMapping other, int what, Random random, byte[] buffer)
    {
        var offset = random.Next(0, (Size / 2) - buffer.Length) & ~7;
        switch (what)
        {
            case 0:
                mapping.AsSpan(offset, buffer.Length).CopyTo(buffer);
                mapping.AsSpan(offset, 4096).Fill((byte)offset);
                break;
            case 1:
                ShmAtomics.Add(mapping, offset, 1);
                ShmAtomics.CompareExchange(mapping, offset, 5L, 6L);
                _ = mapping.AsSpan(offset, 8192).IndexOf((byte)77);
                break;
            case 2:
                other.Reader.ReadBytes(offset, buffer);
                _ = other.Reader.ReadInt64(offset);
                break;
            case 3:
                other.Writer.WriteBytes(offset, buffer);
                break;
            case 4:
                using (var from = ShmRange.Of(mapping, offset, 100_000))
                using (var to = ShmRange.Of(other, Size / 2, 100_000))
                {
                    from.CopyTo(to);
                    _ = from.FindDifferences(to).Count();
                }

                break;
            case 5:
                using (var range = ShmRange.Of(mapping))
                {
                    _ = range.Find("nowhere to be found"u8.ToArray()).Count();
                }

                break;
            case 6:
                ShmWait.Wait(mapping, offset, ShmCondition.Equal, 1, TimeSpan.FromMilliseconds(1));
                break;
            default:
                var semaphore = ShmSemaphore.Create(mapping, offset, 1, force: true);
                semaphore.Enter(TimeSpan.Zero);
                semaphore.Exit();
                var mutex = ShmMutex.Create(other, offset);
                mutex.Lock(TimeSpan.FromMilliseconds(1));
                mutex.Unlock();
                break;
        }
    }
}
