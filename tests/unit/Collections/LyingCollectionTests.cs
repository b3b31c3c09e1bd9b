using System;
using System.IO;
using Xunit;

namespace PSSharedMemory.UnitTests.Collections;

/// <summary>
/// Lengths, links and positions that lie: InvalidStructure or a wait that ends, never a crash, a hang, or memory for as
/// much as they say.
/// </summary>
public sealed class LyingCollectionTests : IDisposable
{
    private const int Capacity = 2048;

    private static readonly uint[] Lies =
    [
        1, 7, 8, 9, 63, Capacity - 8, Capacity - 7, Capacity, Capacity + 1, 4096, 0x7FFF_FFF0, 0x7FFF_FFFF,
        0x8000_0000, 0xFFFF_FFF0, 0xFFFF_FFF8, 0xFFFF_FFFE, 0xFFFF_FFFF,
    ];

    private readonly string _name = $"/pst-lying-{Guid.NewGuid():N}";

    public void Dispose() => File.Delete($"/dev/shm{_name}");

    [Fact]
    public void A_queue_believes_no_length_and_no_position()
    {
        using var queue = ShmQueue.Create(Segment(ShmQueue.SegmentSize(Capacity)));
        using var raw = ShmMapping.Mount(queue.Segment);
        for (var i = 0; i < 6; i++)
        {
            queue.Put(new byte[40]);
        }

        _ = queue.Claim();
        var sound = raw.Reader.ReadBytes(0, (int)raw.Length);

        // The length and the type of three records; tail, head and cursor; pid and position of a claim.
        int[] places = [4096, 4100, 4144, 4148, 4192, 128, 132, 256, 260, 272, 276, 512, 528, 532];
        Try(raw, sound, places, [
            () => _ = queue.Count,
            () => _ = queue.BytesUsed,
            () => queue.Put(new byte[40], timeout: TimeSpan.Zero),
            () => queue.Claim(TimeSpan.Zero).Release(),
            () => queue.TryGet(new byte[8], out _, out _),
            () => queue.Claim(TimeSpan.Zero).Complete(),
            () => { while (queue.TryGet(out _)) { } },
        ]);
    }

    [Fact]
    public void A_dictionary_believes_no_length_and_no_link()
    {
        using var dictionary = ShmDictionary.Create(Segment(ShmDictionary.SegmentSize(Capacity)));
        dictionary.WriteTimeout = TimeSpan.FromMilliseconds(100);
        using var raw = ShmMapping.Mount(dictionary.Segment);
        dictionary.Set("a"u8, 2, new byte[20], 1);
        dictionary.Set("b"u8, 2, new byte[30], 1);
        dictionary.Set("i"u8, 2, new byte[30], 1);
        var sound = raw.Reader.ReadBytes(0, (int)raw.Length);

        // Root; the half's used, its buckets, and all words of the log that are in use.
        int[] places = [128, 132, 4096, 4100, .. Words(4112, 8 * 2), .. Words(4176, 60)];
        Try(raw, sound, places, [
            () => _ = dictionary.Count,
            () => _ = dictionary.Find("a"u8, 2),
            () => _ = dictionary.Find("i"u8, 2),
            () => dictionary.TryAdd("c"u8, 2, new byte[8], 1),
            () => dictionary.Set("b"u8, 2, new byte[900], 1),
            () => dictionary.Set("b"u8, 2, new byte[900], 1),
            () => dictionary.Remove("a"u8, 2),
            () => dictionary.Clear(),
        ]);
    }

    [Fact]
    public void A_dictionary_whose_lock_is_any_bytes_keeps_nobody_for_longer_than_told()
    {
        using var dictionary = ShmDictionary.Create(Segment(ShmDictionary.SegmentSize(Capacity)));
        dictionary.WriteTimeout = TimeSpan.FromMilliseconds(100);
        using var raw = ShmMapping.Mount(dictionary.Segment);
        dictionary.Set("a"u8, 2, new byte[20], 1);
        var sound = raw.Reader.ReadBytes(0, (int)raw.Length);
        for (var at = 64; at < 104; at++)
        {
            raw.Writer.WriteBytes(at, [(byte)(sound[at] ^ 0xFF)]);
            Use(() => dictionary.Set("a"u8, 2, new byte[30], 1), $"lock byte {at}");
            Use(() => _ = dictionary.WriteLock, $"lock byte {at}");
            Assert.NotNull(dictionary.Find("a"u8, 2));
            raw.Writer.WriteBytes(0, sound);
        }
    }

    private static int[] Words(int start, int count)
    {
        var places = new int[count];
        for (var i = 0; i < count; i++)
        {
            places[i] = start + (i * sizeof(uint));
        }

        return places;
    }

    private static void Try(ShmMapping raw, byte[] sound, int[] places, Action[] uses)
    {
        foreach (var place in places)
        {
            foreach (var lie in Lies)
            {
                foreach (var use in uses)
                {
                    raw.Writer.WriteUInt32(place, lie);
                    Use(use, $"{lie} at {place}");
                    raw.Writer.WriteBytes(0, sound);
                }
            }
        }
    }

    private static void Use(Action use, string what)
    {
        var clock = FairClock.StartNew();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            use();
        }
        catch (ShmException error)
        {
            Assert.True(
                error.ErrorId is ShmErrorId.InvalidStructure or ShmErrorId.WaitTimeout or ShmErrorId.NotRecoverable
                    or ShmErrorId.NoSpace or ShmErrorId.OutOfRange,
                $"{what}: {error.ErrorId}: {error.Message}");
        }

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - allocated < 1 << 20, what);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(3), what);
    }

    private ShmSegment Segment(long size) => PosixSegments.Create(_name, new ShmCreateOptions { Size = size });
}
