using System;
using System.IO;
using System.Linq;
using System.Threading;
using Xunit;

namespace PSSharedMemory.UnitTests.Sync;

/// <summary>Thread.Interrupt at any moment ends a wait at most: no lock stays locked, and no mapping closed.</summary>
public sealed class InterruptedThreadTests : SyncFixture
{
    private const long At = 128;
    private const int Keys = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _queue = $"/pst-interrupted-queue-{Guid.NewGuid():N}";
    private readonly string _dictionary = $"/pst-interrupted-dictionary-{Guid.NewGuid():N}";

    [Fact]
    public void Whatever_is_interrupted_leaves_nothing_locked()
    {
        ShmMutex.Create(Plain, At);
        using var queue = ShmQueue.Create(_queue, 4096);
        using var dictionary = ShmDictionary.Create(_dictionary, 4096);
        try
        {
            Action<int>[] uses =
            [
                _ => Locked(Plain),
                i => queue.Put(new byte[100 * (i % 7)], timeout: TimeSpan.FromMilliseconds(2)),
                _ => queue.Get(TimeSpan.FromMilliseconds(2)),
                i => dictionary.Set([(byte)(i % Keys)], 1, new byte[100], 1),
                i => dictionary.Find([(byte)(i % Keys)], 1),
                i => queue.Mapping.Advise(i % 2 == 0 ? ShmAdvice.Sequential : ShmAdvice.Normal),
                i => dictionary.Mapping.Advise(i % 2 == 0 ? ShmAdvice.Sequential : ShmAdvice.Normal),
                _ => ShmMapping.Mount(Plain.Segment).Dispose(),
            ];
            var (isOver, interruptions, failure) = (false, 0, (Exception?)null);
            var threads = uses.Select(use => new Thread(() =>
            {
                for (var i = 0; !Volatile.Read(ref isOver); i++)
                {
                    try
                    {
                        use(i);
                    }
                    catch (ThreadInterruptedException)
                    {
                        Interlocked.Increment(ref interruptions);
                    }
                    catch (ShmException error) when (error.ErrorId == ShmErrorId.WaitTimeout)
                    {
                        // The queue was full, or empty.
                    }
                    catch (Exception error)
                    {
                        Volatile.Write(ref failure, error);
                    }
                }
            })).ToArray();
            Array.ForEach(threads, static thread => thread.Start());
            var end = Environment.TickCount64 + 700;
            for (var i = 0; Environment.TickCount64 < end; i++)
            {
                threads[i % threads.Length].Interrupt();
                Thread.Yield();
            }

            Volatile.Write(ref isOver, true);
            Assert.All(threads, static thread => Assert.True(thread.Join(Patience), "A thread waits forever."));
            Assert.Null(failure);
            Assert.True(interruptions > 0, "Nothing was interrupted.");

            Assert.Null(new ShmMutex(Plain, At).OwnerThreadId);
            Assert.Equal((null, null, null), (queue.PutLock, queue.GetLock, dictionary.WriteLock));
            Locked(Plain);
            dictionary.Set([0], 1, [42], 1);
            Assert.Equal([42], dictionary.Find([0], 1)!.Bytes);
        }
        finally
        {
            File.Delete($"/dev/shm{_queue}");
            File.Delete($"/dev/shm{_dictionary}");
        }
    }

    private static void Locked(ShmMapping mapping)
    {
        var mutex = new ShmMutex(mapping, At);
        mutex.Lock(Patience);
        mutex.Unlock();
    }
}
