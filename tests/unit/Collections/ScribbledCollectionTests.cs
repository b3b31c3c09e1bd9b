using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Threading;
using Xunit;

namespace PSSharedMemory.UnitTests.Collections;

/// <summary>
/// A peer writes over a queue, a dictionary or a list while it is used: headers, locks, positions, records and links,
/// with a fixed seed. Each use ends in its time, and with nothing but the errors that are documented. PSSHM_SCRIBBLE
/// says for how many milliseconds (300000 by hand).
/// </summary>
public sealed class ScribbledCollectionTests : IDisposable
{
    private const int Capacity = 16 * 1024;

    // Where the lock is written over, a use lasts a tenth of a second.
    private const int Fewest = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(5);

    private static readonly TimeSpan Duration = TimeSpan.FromMilliseconds(int.Parse(
        Environment.GetEnvironmentVariable("PSSHM_SCRIBBLE") ?? "300", CultureInfo.InvariantCulture));

    private static readonly ulong[] Words =
    [
        0, 1, 2, 7, 8, 63, 4096, 4104, 0x4000_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF,
        0x8000_0000_0000_0000, 0x0000_0001_0000_0000,
    ];

    private readonly string _name = $"/pst-scribbled-{Guid.NewGuid():N}";

    public void Dispose() => File.Delete($"/dev/shm{_name}");

    [Theory]
    [InlineData(1, 600)]
    [InlineData(2, 4096 + 256)]
    [InlineData(3, Capacity)]
    public void A_queue(int seed, int reach)
    {
        using var queue = ShmQueue.Create(Segment(ShmQueue.SegmentSize(Capacity)));
        var message = new byte[100];
        var buffer = new byte[Capacity];
        Endure(queue.Mapping, seed, reach, [
            () => queue.Put(message, timeout: Short),
            () => queue.Put(message, timeout: Short),
            () => queue.TryGet(buffer, out _, out _),
            () => queue.Get(buffer, out _, Short),
            () => queue.TryGet(out _),
            () => queue.Claim(Short).Complete(),
            () => queue.Claim(Short, TimeSpan.FromMilliseconds(1)).Release(),
            () => _ = queue.Count + queue.BytesUsed,
            () => _ = (queue.PutLock, queue.GetLock),
            () => ShmQueue.Open(queue.Segment).Dispose(),
        ]);
    }

    [Theory]
    [InlineData(4, 300)]
    [InlineData(5, 4096 + 512)]
    [InlineData(6, Capacity)]
    public void A_dictionary(int seed, int reach)
    {
        using var dictionary = ShmDictionary.Create(Segment(ShmDictionary.SegmentSize(Capacity)));
        dictionary.WriteTimeout = Short;
        Endure(dictionary.Mapping, seed, reach, [
            () => dictionary.Set("a"u8, 2, new byte[40], 1),
            () => dictionary.Set("b"u8, 2, new byte[900], 1),
            () => dictionary.TryAdd("c"u8, 2, new byte[8], 1),
            () => _ = dictionary.Find("a"u8, 2),
            () => _ = dictionary.Count,
            () => dictionary.Remove("c"u8, 2),
            () => dictionary.Clear(),
            () => _ = dictionary.WriteLock,
            () => ShmDictionary.Open(dictionary.Mapping.Segment).Dispose(),
        ]);
    }

    [Fact]
    public void A_list()
    {
        using var mapping = ShmMapping.Mount(Segment(Capacity));
        ShmList.Create(mapping);
        Endure(mapping, 7, 256, [
            () => ShmList.Open(mapping).Add(5),
            () =>
            {
                foreach (var item in ShmList.Open(mapping).Items())
                {
                    _ = item.Value;
                }
            },
            () => ShmArena.Open(mapping).Allocate(16),
            () => _ = ShmArena.Open(mapping).NextFreeOffset,
            () => ShmList.Create(mapping, force: true),
        ]);
    }

    private ShmSegment Segment(long size) => PosixSegments.Create(_name, new ShmCreateOptions { Size = size });

    private static void Endure(ShmMapping used, int seed, int reach, Action[] uses)
    {
        using var raw = ShmMapping.Mount(used.Segment);
        var sound = raw.Reader.ReadBytes(0, (int)raw.Length);
        using var stop = new CancellationTokenSource();
        var scribbler = new Thread(() => Scribble(raw, new Random(seed), reach, sound, stop.Token));
        scribbler.Start();
        var counts = 0;
        var failed = 0;
        var worst = TimeSpan.Zero;
        var most = 0L;
        Exception? wrong = null;
        var fair = FairClock.StartNew();
        var clock = Stopwatch.StartNew();
        // On a busy host the scribbler may not have had its turn yet.
        for (; wrong is null && (clock.Elapsed < Duration || counts < Fewest || IsUntouched()); counts++)
        {
            var begun = clock.Elapsed;
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                uses[counts % uses.Length]();
            }
            catch (ShmException error) when (error.ErrorId is ShmErrorId.InvalidStructure or ShmErrorId.WaitTimeout
                or ShmErrorId.NotRecoverable or ShmErrorId.NoSpace or ShmErrorId.OutOfRange or ShmErrorId.SegmentExists
                or ShmErrorId.AccessDenied or ShmErrorId.PlatformNotSupported or ShmErrorId.SizeMismatch)
            {
                failed++;
            }
            catch (Exception error)
            {
                wrong = error;
            }

            most = Math.Max(most, GC.GetAllocatedBytesForCurrentThread() - allocated);
            worst = clock.Elapsed - begun > worst ? clock.Elapsed - begun : worst;
        }

        worst -= fair.Waited;
        stop.Cancel();
        scribbler.Join();
        TestContext.Current.TestOutputHelper?.WriteLine($"{counts} uses, {failed} failed, the longest {worst}.");
        Assert.Null(wrong);
        Assert.True(failed > 0, $"{failed} of {counts} failed: the test proves little.");
        Assert.True(worst < TimeSpan.FromSeconds(3), $"One use lasted {worst}.");
        Assert.True(most < 4 << 20, $"One use allocated {most} bytes.");

        bool IsUntouched() => failed == 0 && clock.Elapsed < Patience;
    }

    private static void Scribble(ShmMapping raw, Random random, int reach, byte[] sound, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            for (var writes = random.Next(1, 4); writes > 0; writes--)
            {
                var word = random.Next(4) == 0 ? (ulong)random.NextInt64() : Words[random.Next(Words.Length)];
                var at = random.Next(reach / sizeof(uint)) * sizeof(uint);
                if (random.Next(2) == 0)
                {
                    raw.Writer.WriteUInt32(at, (uint)word);
                }
                else
                {
                    raw.Writer.WriteUInt64(at, word);
                }
            }

            Thread.SpinWait(random.Next(2000));

            // Whole again most of the time, or every use would end at the first look.
            if (random.Next(4) != 0)
            {
                raw.Writer.WriteBytes(0, sound);
            }
        }
    }
}
