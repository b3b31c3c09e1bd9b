using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Threading;
using PSSharedMemory.Walk;
using Xunit;

namespace PSSharedMemory.UnitTests.Collections;

/// <summary>
/// A process that puts, takes, claims or sets is killed at a random instant, most often while it holds a lock: what it
/// had committed is there, whole and once, and the others go on. PSSHM_KILLS says how many are killed of each kind.
/// </summary>
public sealed class KilledWorkerTests : IDisposable
{
    private const int OwnerDied = 0x4000_0000;
    private const int FirstLock = 64;
    private const int SecondLock = 192;

    // So many rounds, and it is done with compiling what it does.
    private const int Warm = 40;
    private const int Capacity = 1 << 20;

    private readonly string _name = $"/pst-killed-{Guid.NewGuid():N}";
    private readonly ShmMapping _notes;
    private readonly byte[][] _buffers = CollectionWorker.Buffers();
    private readonly Random _random = new(5);
    private int _diedWithLock;

    public KilledWorkerTests() =>
        _notes = ShmMapping.Mount(PosixSegments.Create(_name + "-notes", new ShmCreateOptions { Size = 4096 }));

    private static int Kills => int.Parse(
        Environment.GetEnvironmentVariable("PSSHM_KILLS") ?? "8", CultureInfo.InvariantCulture);

    public void Dispose()
    {
        _notes.Dispose();
        File.Delete($"/dev/shm{_name}");
        File.Delete($"/dev/shm{_name}-notes");
    }

    [Theory]
    [InlineData("put")]
    [InlineData("claim")]
    public void What_was_put_is_there_until_it_was_taken(string work)
    {
        using var queue = ShmQueue.Create(Segment(ShmQueue.SegmentSize(Capacity)));
        long next = 1;
        for (var kill = 0; IsToKill(kill); kill++)
        {
            KillOne(work, next);
            CountLocks(queue.Mapping, FirstLock, SecondLock);
            var (begun, put) = (Note(CollectionWorker.PutBegun), Note(CollectionWorker.PutDone));
            var (takeBegun, taken) = (Note(CollectionWorker.TakeBegun), Note(CollectionWorker.TakeDone));
            var clock = FairClock.StartNew();
            queue.Put(CollectionWorker.Message(_buffers, begun + 1));
            var isFirst = true;
            long last = 0;
            while (last <= begun)
            {
                var number = CollectionWorker.NumberOf(queue.Get(TimeSpan.FromSeconds(10)).Bytes);
                Assert.True(number is not null, "A message is torn.");
                if (isFirst)
                {
                    // A message is put before the next is taken: one at most is there, or gone with who was taking it.
                    var most = begun > put ? begun + 1 : takeBegun == put ? put + 1 : put;
                    Assert.InRange(number!.Value, Math.Max(taken + 1, next), most);
                }
                else
                {
                    Assert.Equal(last + 1, number);
                }

                (isFirst, last) = (false, number!.Value);
            }

            // Waiting for a claim whose owner has died takes up to 50 ms.
            var took = clock.Elapsed;
            Assert.True(took < TimeSpan.FromSeconds(2), $"The rest took {took}.");
            Assert.Equal(0, queue.BytesUsed);
            next = begun + 2;
        }

        Report(work);
    }

    [Fact]
    public void A_value_is_the_old_one_or_the_new_one()
    {
        using var dictionary = ShmDictionary.Create(Segment(ShmDictionary.SegmentSize(Capacity)));
        long next = 1;
        for (var kill = 0; IsToKill(kill); kill++)
        {
            dictionary.Set("other"u8, 2, CollectionWorker.Message(_buffers, next), 1);
            KillOne("dictionary", next);
            CountLocks(dictionary.Mapping, FirstLock);
            var (begun, done) = (Note(CollectionWorker.PutBegun), Note(CollectionWorker.PutDone));
            var found = dictionary.Find("value"u8, 2);
            Assert.InRange(CollectionWorker.NumberOf(found!.Bytes) ?? -1, done, begun);
            Assert.Equal(next, CollectionWorker.NumberOf(dictionary.Find("other"u8, 2)!.Bytes));
            var clock = FairClock.StartNew();
            dictionary.Set("value"u8, 2, CollectionWorker.Message(_buffers, begun + 1), 1);
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1));
            Assert.Equal(2, dictionary.Count);
            next = begun + 2;
        }

        Report("dictionary");
    }

    private ShmSegment Segment(long size) => PosixSegments.Create(_name, new ShmCreateOptions { Size = size });

    private long Note(int place) => ShmAtomics.Load<long>(_notes, place);

    /// <summary>Whether so many are too few, also since by chance none of them had a lock.</summary>
    private bool IsToKill(int killed) => killed < Kills || (_diedWithLock == 0 && killed < 10 * Kills);

    /// <summary>Starts a worker, lets it work, and kills it.</summary>
    private void KillOne(string work, long first)
    {
        var start = new ProcessStartInfo(
            Environment.ProcessPath is { } host && Path.GetFileName(host) == "dotnet" ? host : "dotnet")
        {
            ArgumentList =
            {
                Path.Combine(AppContext.BaseDirectory, "PSSharedMemory.Walk.dll"),
                "worker", work, _name, _name + "-notes", $"{first}",
            },
        };
        using var worker = Process.Start(start)!;
        var clock = Stopwatch.StartNew();
        while (Note(CollectionWorker.PutDone) < first + Warm)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30) && !worker.HasExited, "The worker does not work.");
            Thread.Sleep(1);
        }

        Thread.SpinWait(_random.Next(20_000));
        worker.Kill();
        worker.WaitForExit();
    }

    private void CountLocks(ShmMapping mapping, params int[] places)
    {
        foreach (var place in places)
        {
            _diedWithLock += (mapping.Reader.ReadInt32(place) & OwnerDied) != 0 ? 1 : 0;
        }
    }

    private void Report(string work)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"{work}: {Kills} killed, {_diedWithLock} with a lock held.");
        Assert.True(_diedWithLock > 0, "None was killed with a lock held: this proves nothing.");
    }
}
