using System;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Threading;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Sync;

public sealed class MutexTests : SyncFixture
{
    private const long At = 128;

    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(120);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    public static TheoryData<bool, bool> Kinds =>
        new() { { false, false }, { false, true }, { true, false }, { true, true } };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_C_program_and_this_one_lock_the_same_lock(bool isGuarded, bool inherits)
    {
        var m = MappingOf(isGuarded);
        var mutex = ShmMutex.Create(m, At, inherits);
        using var peer = new SyncPeer(m.Segment);
        Assert.Equal(ShmLockResult.Locked, mutex.Lock());
        Assert.Equal(Libc.gettid(), mutex.OwnerThreadId);
        Assert.Equal("EBUSY", peer.Ask($"trylock {At}"));
        mutex.Unlock();
        Assert.Equal("0", peer.Ask($"lock {At}"));
        var clock = Stopwatch.StartNew();
        Fails(ShmErrorId.WaitTimeout, () => mutex.Lock(Short));
        Assert.InRange(clock.ElapsedMilliseconds, 115, 10_000);
        Fails(ShmErrorId.WaitTimeout, () => mutex.Lock(TimeSpan.Zero));
        peer.Ask($"unlock {At}");
        Assert.Null(mutex.OwnerThreadId);
        mutex.Lock(Long);
        peer.Tell($"lock {At}");
        mutex.Unlock();
        Assert.Equal("0", peer.Answer());
    }

    [Theory]
    [InlineData("mutex-init")]
    [InlineData("mutex-init-inherit")]
    [InlineData("mutex-init-normal")]
    [InlineData("mutex-init-adaptive")]
    [InlineData("mutex-init-stalled")]
    public void One_that_a_C_program_made_is_one(string init)
    {
        using var peer = new SyncPeer(Plain.Segment);
        Assert.Equal("0", peer.Ask($"{init} {At}"));
        var mutex = new ShmMutex(Plain, At);
        mutex.Lock();
        Fails(ShmErrorId.NativeCallFailed, () => mutex.Lock(Long));
        Assert.Equal("EBUSY", peer.Ask($"trylock {At}"));
        mutex.Unlock();
        Assert.Equal("0", peer.Ask($"trylock {At}"));
    }

    [Fact]
    public void A_recursive_one_nests()
    {
        using var peer = new SyncPeer(Plain.Segment);
        Assert.Equal("0", peer.Ask($"mutex-init-recursive {At}"));
        var mutex = new ShmMutex(Plain, At);
        mutex.Lock();
        mutex.Lock();
        mutex.Unlock();
        Assert.Equal("EBUSY", peer.Ask($"trylock {At}"));
        Fails(ShmErrorId.SegmentInUse, Plain.Dismount);
        mutex.Unlock();
        Assert.Equal("0", peer.Ask($"trylock {At}"));
        Fails(ShmErrorId.AccessDenied, mutex.Unlock);
        Plain.Dismount();
    }

    /// <summary>Why a robust one is taken without asking whether it was meant for several processes.</summary>
    [Fact]
    public void A_robust_one_of_one_process_is_the_same_bytes_and_serves_several()
    {
        using var peer = new SyncPeer(Plain.Segment);
        Assert.Equal("0", peer.Ask($"mutex-init {At}"));
        var shared = Plain.Reader.ReadBytes(At, ShmMutex.Size);
        Assert.Equal("0", peer.Ask($"mutex-init-robust-private {At}"));
        Assert.Equal(shared, Plain.Reader.ReadBytes(At, ShmMutex.Size));

        // Asleep in the C library, and woken from another process, where a private wake would not come.
        var mutex = new ShmMutex(Plain, At);
        mutex.Lock();
        peer.Tell($"lock {At}");
        Assert.True(SpinWait.SpinUntil(() => Plain.Reader.ReadUInt32(At) >> 31 == 1, Long));
        mutex.Unlock();
        Assert.Equal("0", peer.Answer());
    }

    [Fact]
    public void A_recursive_one_is_not_locked_more_often_than_can_be_counted()
    {
        using var peer = new SyncPeer(Plain.Segment);
        Assert.Equal("0", peer.Ask($"mutex-init-recursive {At}"));
        var mutex = new ShmMutex(Plain, At);
        mutex.Lock();
        var held = HeldLocks.Mine.Find(Plain, At)!;
        held.Depth = int.MaxValue;
        Fails(ShmErrorId.LimitReached, () => mutex.Lock());
        held.Depth = 1;
        mutex.Unlock();
    }

    [Fact]
    public void One_in_copy_on_write_memory_is_another_than_that_in_the_segment()
    {
        using var copy = ShmMapping.Mount(Guarded.Segment, new ShmMountOptions { CopyOnWrite = true });
        var ours = ShmMutex.Create(Guarded, At);
        var private_ = new ShmMutex(copy, At);
        private_.Lock();
        Assert.False(ours.IsHeld());
        Assert.Equal(ShmLockResult.Locked, ours.Lock(TimeSpan.Zero));
        Assert.True(private_.IsHeld());
        ours.Unlock();
        private_.Unlock();
    }

    [Fact]
    public void A_mapping_with_a_held_one_stays_where_it_is_when_its_object_grows()
    {
        ShmMutex.Create(Guarded, At).Lock();
        var address = Guarded.Address;

        // Something lies behind it, so that it cannot grow there.
        var behind = Libc.mmap(
            Guarded.Start + (nint)Guarded.Length, 4096, Libc.PROT_NONE,
            Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_FIXED_NOREPLACE, -1, 0);
        try
        {
            var result = SegmentResize.Resize(Guarded.Segment, Guarded.Length + (1 << 20));
            Assert.Contains(Guarded, result.Left.Keys);
            Assert.Equal(address, Guarded.Address);
        }
        finally
        {
            if (!Libc.IsError(behind))
            {
                _ = Libc.munmap(behind, 4096);
            }
        }

        new ShmMutex(Guarded, At).Unlock();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_killed_owner_hands_it_on(bool isGuarded, bool inherits)
    {
        var m = MappingOf(isGuarded);
        var mutex = ShmMutex.Create(m, At, inherits);
        using (var peer = new SyncPeer(m.Segment))
        {
            peer.Ask($"lock {At}");
            peer.Kill();
        }

        Assert.Equal(ShmLockResult.OwnerDied, mutex.Lock(Long));
        mutex.Unlock();
        Assert.Equal(ShmLockResult.Locked, mutex.Lock(Long));
        mutex.Unlock();

        // The library refuses to destroy one that has users.
        Assert.Equal(0, m.Reader.ReadInt32(At + 12));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void It_is_killed_while_somebody_waits(bool isGuarded)
    {
        var m = MappingOf(isGuarded);
        var mutex = ShmMutex.Create(m, At);
        using var peer = new SyncPeer(m.Segment);
        peer.Ask($"lock {At}");
        var killer = new Thread(() =>
        {
            Thread.Sleep(80);
            peer.Kill();
        });
        killer.Start();
        Assert.Equal(ShmLockResult.OwnerDied, mutex.Lock(Long));
        killer.Join();
        mutex.Unlock();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Abandoned_it_is_lost_for_all(bool isGuarded, bool afterDeath)
    {
        var m = MappingOf(isGuarded);
        var mutex = ShmMutex.Create(m, At);
        using var peer = new SyncPeer(m.Segment);
        if (afterDeath)
        {
            using var victim = new SyncPeer(m.Segment);
            victim.Ask($"lock {At}");
        }

        mutex.Lock();
        mutex.Abandon();
        Fails(ShmErrorId.NotRecoverable, () => mutex.Lock(Long));
        Assert.Equal("ENOTRECOVERABLE", peer.Ask($"lock {At}"));
        m.Dismount();
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Given_back_the_next_hears_of_the_death_as_well(bool isGuarded)
    {
        var m = MappingOf(isGuarded);
        var mutex = ShmMutex.Create(m, At);
        var other = ShmMutex.Create(m, At + 64);
        using var peer = new SyncPeer(m.Segment);
        using (var victim = new SyncPeer(m.Segment))
        {
            victim.Ask($"lock {At}");
        }

        // Neighbours in the thread's list of locks stay as they were.
        other.Lock();
        Assert.Equal(ShmLockResult.OwnerDied, mutex.Lock(Long));
        var third = ShmMutex.Create(m, At + 128);
        third.Lock();
        peer.Tell($"lock {At}");
        peer.AwaitSleep();
        mutex.GiveBack();
        Assert.Equal("EOWNERDEAD", peer.Answer());
        other.Unlock();
        third.Unlock();
        peer.Ask($"consistent {At}");
        peer.Ask($"unlock {At}");
        Assert.Equal(ShmLockResult.Locked, mutex.Lock(Long));
        mutex.Unlock();
        m.Dismount();
    }

    [Fact]
    public void Only_the_thread_that_locked_it_unlocks_it()
    {
        var mutex = ShmMutex.Create(Plain, At);
        Fails(ShmErrorId.AccessDenied, mutex.Unlock);
        mutex.Lock();
        ShmException? error = null;
        var thread = new Thread(() => error = Assert.Throws<ShmException>(mutex.Unlock));
        thread.Start();
        thread.Join();
        Assert.Equal(ShmErrorId.AccessDenied, error!.ErrorId);
        Assert.True(mutex.IsHeld());
        mutex.Unlock();
    }

    [Fact]
    public void What_is_no_mutex_or_another_kind_is_an_error()
    {
        var mutex = new ShmMutex(Plain, At);
        Fails(ShmErrorId.InvalidStructure, () => mutex.Lock());
        using var peer = new SyncPeer(Plain.Segment);
        peer.Ask($"mutex-init-private {At}");
        Fails(ShmErrorId.InvalidStructure, () => mutex.Lock());
        Assert.Equal("0", peer.Ask($"mutex-init-ceiling {At}"));
        Fails(ShmErrorId.InvalidStructure, () => mutex.Lock());
        var random = new Random(5);
        var bytes = new byte[ShmMutex.Size];
        for (var i = 0; i < 1000; i++)
        {
            random.NextBytes(bytes);
            Plain.Writer.WriteBytes(At, bytes);
            Fails(ShmErrorId.InvalidStructure, () => mutex.Lock(TimeSpan.Zero));
        }

        Fails(ShmErrorId.InvalidOffset, () => new ShmMutex(Plain, 4).Lock());
        Fails(ShmErrorId.OutOfRange, () => new ShmMutex(Plain, Plain.Length - 8).Lock());
    }

    [Fact]
    public void One_that_is_held_is_not_made_anew()
    {
        var mutex = ShmMutex.Create(Plain, At);
        mutex.Lock();
        Fails(ShmErrorId.SegmentInUse, () => ShmMutex.Create(Plain, At));
        mutex.Unlock();
        ShmMutex.Create(Plain, At).Lock();
        mutex.Unlock();
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void A_mapping_is_not_dismounted_while_one_in_it_is_held(bool isGuarded)
    {
        var m = MappingOf(isGuarded);
        var mutex = ShmMutex.Create(m, At);
        mutex.Lock();
        Fails(ShmErrorId.SegmentInUse, m.Dismount);
        Fails(ShmErrorId.SegmentInUse, () => m.Protect(ShmProtection.Read));
        m.Protect(ShmProtection.Read, 4096, 4096);
        if (isGuarded)
        {
            Fails(ShmErrorId.SegmentInUse, () => m.Unmap(0, 4096));
        }

        // Disposed of all the same: the memory stays until it is unlocked, and other locks of this thread work on.
        var (address, segment) = (m.Start, m.Segment);
        m.Dispose();
        Fails(ShmErrorId.MappingDismounted, () => m.Reader.ReadInt32(0));
        Assert.True(IsMapped(address, segment));
        var other = ShmMutex.Create(MappingOf(!isGuarded), At);
        other.Lock();
        other.Unlock();
        mutex.Unlock();
        Assert.False(IsMapped(address, segment));
        Fails(ShmErrorId.MappingDismounted, () => mutex.Lock());
    }

    [Fact]
    public void A_thread_that_ends_leaves_no_hold_behind()
    {
        var mutex = ShmMutex.Create(Plain, At);
        var thread = new Thread(() => mutex.Lock());
        thread.Start();
        thread.Join();
        Assert.Equal(ShmLockResult.OwnerDied, mutex.Lock(Long));
        mutex.GiveBack();
        var (address, segment) = (Plain.Start, Plain.Segment);
        Plain.Dismount();
        Assert.False(IsMapped(address, segment));
    }

    [Fact]
    public void The_first_lock_of_a_thread_costs_the_same_beside_many_that_have_locked()
    {
        const int Count = 150;
        var mutex = ShmMutex.Create(Plain, At);
        using var end = new ManualResetEventSlim();
        var reads = new long[Count];
        var threads = new Thread[Count];
        for (var i = 0; i < Count; i++)
        {
            using var isDone = new ManualResetEventSlim();
            var index = i;
            threads[i] = new Thread(() =>
            {
                var before = ReadCalls();
                mutex.Lock(Long);
                mutex.Unlock();
                reads[index] = ReadCalls() - before;
                isDone.Set();
                end.Wait();
            });
            threads[i].Start();
            isDone.Wait();
        }

        end.Set();
        Array.ForEach(threads, static thread => thread.Join());

        // Of other tests, a few may be ending at this moment.
        Assert.InRange(reads[^1], 0, Count / 3);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_wait_is_cancelled_and_a_dismount_gets_through(bool isGuarded, bool inherits)
    {
        var m = MappingOf(isGuarded);
        var mutex = ShmMutex.Create(m, At, inherits);
        using var peer = new SyncPeer(m.Segment);
        peer.Ask($"lock {At}");
        Assert.True(EndsInTime(token => mutex.Lock(null, token)));

        ShmException? error = null;
        var waiter = new Thread(() => error = Assert.Throws<ShmException>(() => mutex.Lock()));
        waiter.Start();
        Thread.Sleep(30);
        m.Dismount();
        Assert.True(waiter.Join(Long));
        Assert.Equal(ShmErrorId.MappingDismounted, error!.ErrorId);
    }

    [Fact]
    public void An_object_that_vanishes_under_a_waiter_is_an_error()
    {
        var mutex = ShmMutex.Create(Guarded, 4096);
        using var peer = new SyncPeer(Guarded.Segment);
        peer.Ask("lock 4096");
        var truncater = new Thread(() =>
        {
            Thread.Sleep(80);
            Truncate(4096);
        });
        truncater.Start();
        Fails(ShmErrorId.SegmentTruncated, () => mutex.Lock(Long));
        truncater.Join();
    }

    /// <summary>The calls of read(2) that the calling thread has made.</summary>
    private static long ReadCalls() => long.Parse(
        System.IO.File.ReadLines("/proc/thread-self/io")
            .Single(static line => line.StartsWith("syscr:", StringComparison.Ordinal))[6..],
        CultureInfo.InvariantCulture);

    // By its inode as well (a System V segment's is its id): another thread's tests may take the address at once.
    private static bool IsMapped(nint address, ShmSegment segment) => System.IO.File.ReadLines("/proc/self/maps")
        .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Any(fields => fields[0].StartsWith($"{address:x}-", StringComparison.Ordinal)
            && ulong.Parse(fields[4], CultureInfo.InvariantCulture) == (segment.Inode ?? (ulong)segment.Id!.Value));
}
