using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Collections;

/// <summary>
/// Queues and dictionaries whose object a peer makes smaller, and whose lock another thread does not give back.
/// </summary>
public sealed class LostCollectionTests : IDisposable
{
    private const int Capacity = 64 * 1024;
    private const int LockOffset = 64;
    private const int GetLockOffset = 192;

    private readonly string _name = $"/pst-lost-{Guid.NewGuid():N}";

    public void Dispose() => File.Delete($"/dev/shm{_name}");

    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    [InlineData(5000)]
    [InlineData(4096 + (Capacity / 2))]
    public void A_queue_that_was_truncated_says_so(int size)
    {
        Assert.SkipUnless(FaultGuard.IsActive, $"The guard does not stand here: {FaultGuard.WhyNot}.");
        using var queue = Queue();
        var message = new byte[8000];
        for (var i = 0; i < 7; i++)
        {
            queue.Put(message);
        }

        var claim = queue.Claim(TimeSpan.Zero);
        Truncate(size);
        Fails(ShmErrorId.SegmentTruncated, () =>
        {
            for (var i = 0; i < 7; i++)
            {
                queue.Get(TimeSpan.Zero);
            }
        });
        Fails(ShmErrorId.SegmentTruncated, () => queue.Put(message, timeout: TimeSpan.Zero));
        Fails(ShmErrorId.SegmentTruncated, () => queue.Claim(TimeSpan.Zero));
        Fails(ShmErrorId.SegmentTruncated, () => claim.Complete());
        Fails(ShmErrorId.SegmentTruncated, () => _ = queue.Count);
    }

    [Fact]
    public void Who_waits_for_a_message_hears_that_the_queue_was_truncated()
    {
        using var queue = Queue();
        var get = Task.Run(() => queue.Get());
        Assert.True(SpinWait.SpinUntil(() => queue.WaitingReceivers == 1, 5000));
        Truncate(4096);
        Assert.True(((IAsyncResult)get).AsyncWaitHandle.WaitOne(5000));
        Fails(ShmErrorId.SegmentTruncated, () => get.GetAwaiter().GetResult());
    }

    [Fact]
    public void A_queue_that_was_emptied_and_made_as_large_again_is_none()
    {
        using var queue = Queue();
        queue.Put([1]);
        Truncate(0);
        Truncate((int)ShmQueue.SegmentSize(Capacity));
        Fails(ShmErrorId.InvalidStructure, () => queue.Get(TimeSpan.FromSeconds(5)));
        Fails(ShmErrorId.InvalidStructure, () => queue.Put([2], timeout: TimeSpan.FromSeconds(5)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    [InlineData(9000)]
    public void A_dictionary_that_was_truncated_says_so(int size)
    {
        Assert.SkipUnless(FaultGuard.IsActive, $"The guard does not stand here: {FaultGuard.WhyNot}.");
        using var dictionary = Dictionary();
        dictionary.Set("a"u8, 2, new byte[40_000], 1);
        Truncate(size);
        Fails(ShmErrorId.SegmentTruncated, () => dictionary.Find("a"u8, 2));
        Fails(ShmErrorId.SegmentTruncated, () => dictionary.Set("a"u8, 2, new byte[40_000], 1));
        Fails(ShmErrorId.SegmentTruncated, () => dictionary.TryAdd("b"u8, 2, new byte[40_000], 1));
        Fails(ShmErrorId.SegmentTruncated, () => dictionary.Remove("a"u8, 2));
        Fails(ShmErrorId.SegmentTruncated, () => _ = dictionary.Count);
    }

    [Fact]
    public void A_new_key_whose_page_was_lost_does_not_take_others_along()
    {
        Assert.SkipUnless(FaultGuard.IsActive, $"The guard does not stand here: {FaultGuard.WhyNot}.");
        using var dictionary = Dictionary();
        dictionary.Set("a"u8, 2, [1], 1);
        var end = EndOfLog(dictionary.Mapping);

        // The value ends with its page, and the entry begins the next, which other code closes.
        var border = Alignment.RoundUp(end + CollectionLayout.RecordHeaderSize, 4096);
        var value = new byte[border - end - CollectionLayout.RecordHeaderSize];
        Assert.Equal(0, Libc.mprotect(dictionary.Mapping.Start + (nint)border, 4096, Libc.PROT_NONE));
        Fails(ShmErrorId.PageProtected, () => dictionary.Set(KeyInBucketOfA(), 2, value, 1));

        using var other = ShmDictionary.Open(_name);
        Assert.Equal([1], other.Find("a"u8, 2)?.Bytes);
        Assert.Equal(1, other.Count);
        other.Set(KeyInBucketOfA(), 2, [2], 1);
        Assert.Equal([1], other.Find("a"u8, 2)?.Bytes);
        Assert.Equal([2], other.Find(KeyInBucketOfA(), 2)?.Bytes);
    }

    [Fact]
    public void A_change_waits_as_long_as_it_is_told_to_and_until_it_is_cancelled()
    {
        using var dictionary = Dictionary();
        dictionary.Set("a"u8, 2, [1], 1);
        WhileHeld(LockOffset, () =>
        {
            Assert.Equal(Environment.ProcessId, dictionary.WriteLock!.ProcessId);
            Assert.Equal([1], dictionary.Find("a"u8, 2)!.Bytes);
            using var source = new CancellationTokenSource(100);
            Assert.ThrowsAny<OperationCanceledException>(() => dictionary.Set("a"u8, 2, [2], 1, source.Token));
            Assert.ThrowsAny<OperationCanceledException>(() => dictionary.Remove("a"u8, 2, source.Token));
            dictionary.WriteTimeout = TimeSpan.FromMilliseconds(150);
            Fails(ShmErrorId.WaitTimeout, () => dictionary.Set("a"u8, 2, [2], 1));
            Fails(ShmErrorId.WaitTimeout, () => dictionary.TryAdd("b"u8, 2, [2], 1));
            Fails(ShmErrorId.WaitTimeout, () => dictionary.Remove("a"u8, 2));
            Fails(ShmErrorId.WaitTimeout, () => dictionary.Clear());
        });
        Assert.Equal([1], dictionary.Find("a"u8, 2)!.Bytes);
        dictionary.Set("a"u8, 2, [2], 1);
        Assert.Equal([2], dictionary.Find("a"u8, 2)!.Bytes);
    }

    [Fact]
    public void A_queue_whose_lock_is_not_given_back_keeps_nobody_for_longer_than_told()
    {
        using var queue = Queue();
        queue.Put([1]);
        var claim = queue.Claim();
        queue.Put([2]);
        using var cancelled = new CancellationTokenSource(100);
        WhileHeld(LockOffset, () =>
        {
            Fails(ShmErrorId.WaitTimeout, () => queue.Put([3], timeout: TimeSpan.Zero));
            Assert.ThrowsAny<OperationCanceledException>(() => queue.Put([3], cancellation: cancelled.Token));
            Assert.Equal(2, queue.Get(TimeSpan.Zero).Bytes[0]);
        });
        queue.Put([4]);
        WhileHeld(GetLockOffset, () =>
        {
            Fails(ShmErrorId.WaitTimeout, () => queue.Get(TimeSpan.Zero));
            Assert.ThrowsAny<OperationCanceledException>(() => queue.Get(null, cancelled.Token));
            Assert.ThrowsAny<OperationCanceledException>(() => claim.Complete(cancelled.Token));
            queue.Put([5]);
        });
        Assert.True(claim.Complete());
        Assert.Equal([4, 5], [queue.Get().Bytes[0], queue.Get().Bytes[0]]);
    }

    [Fact]
    public void A_lock_that_cannot_say_since_when_it_is_held_is_given_back()
    {
        using var dictionary = Dictionary();
        dictionary.Mapping.Protect(ShmProtection.Read, 4096, 4096);
        var theLock = new CollectionLock(dictionary.Mapping, LockOffset, since: 4096);
        Fails(ShmErrorId.PageProtected, () => theLock.Enter(null, null, default));
        Assert.Null(dictionary.WriteLock);
    }

    private static unsafe long EndOfLog(ShmMapping mapping) => *(long*)(mapping.Start + CollectionLayout.HeaderSize);

    private static byte[] KeyInBucketOfA()
    {
        var mask = DictionaryLayout.BucketCount(Capacity) - 1;
        for (var number = 0; ; number++)
        {
            var key = BitConverter.GetBytes(number);
            if (((DictionaryLayout.Hash(2, key) ^ DictionaryLayout.Hash(2, "a"u8)) & mask) == 0)
            {
                return key;
            }
        }
    }

    /// <summary>Another thread holds a lock, as one that was stopped would.</summary>
    private void WhileHeld(int offset, Action action)
    {
        using var mapping = ShmMapping.Mount(PosixSegments.FromName(_name));
        using var held = new ManualResetEventSlim();
        using var done = new ManualResetEventSlim();
        var holder = new Thread(() =>
        {
            var mutex = new ShmMutex(mapping, offset);
            mutex.Lock();
            held.Set();
            done.Wait();
            mutex.Unlock();
        });
        holder.Start();
        try
        {
            Assert.True(held.Wait(5000));
            action();
        }
        finally
        {
            done.Set();
            holder.Join();
        }
    }

    private static void Fails(ShmErrorId id, Action action) =>
        Assert.Equal(id, Assert.Throws<ShmException>(action).ErrorId);

    private void Truncate(int size)
    {
        using var file = new FileStream($"/dev/shm{_name}", FileMode.Open, FileAccess.Write);
        file.SetLength(size);
    }

    private ShmQueue Queue() =>
        ShmQueue.Create(PosixSegments.Create(_name, new ShmCreateOptions { Size = ShmQueue.SegmentSize(Capacity) }));

    private ShmDictionary Dictionary() =>
        ShmDictionary.Create(
            PosixSegments.Create(_name, new ShmCreateOptions { Size = ShmDictionary.SegmentSize(Capacity) }));
}
