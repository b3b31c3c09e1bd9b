using System;
using System.Threading;
using Xunit;

namespace PSSharedMemory.UnitTests.Sync;

/// <summary>
/// What becomes of the bytes of a mutex while it is locked: its owner lives, and keeps its other locks.
/// </summary>
public sealed class OverwrittenMutexTests : SyncFixture
{
    private const long At = 4096;
    private const long Second = 8192;
    private const long Third = 12288;
    private const int LinksOffset = 24;

    private static readonly TimeSpan Short = TimeSpan.FromSeconds(2);

    public static TheoryData<bool, string> Writes
    {
        get
        {
            var all = new TheoryData<bool, string>();
            foreach (var isGuarded in new[] { true, false })
            {
                foreach (var what in new[]
                {
                    "zeros", "ones", "links out of memory", "links into other memory", "links to itself", "a new mutex"
                })
                {
                    all.Add(isGuarded, what);
                }
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Writes))]
    public void Whatever_is_written_over_it_ends_nothing(bool isGuarded, string what) => InThread(() =>
    {
        var m = MappingOf(isGuarded);
        var mutex = ShmMutex.Create(m, At);
        mutex.Lock();
        Overwrite(m, what);
        TryUnlock(mutex);

        var other = ShmMutex.Create(MappingOf(!isGuarded), At);
        other.Lock();
        other.Unlock();
        m.Dismount();
        other.Lock();
        other.Unlock();
    });

    [Theory]
    [MemberData(nameof(Writes))]
    public void The_locks_before_and_after_it_survive_their_owner_as_ever(bool isGuarded, string what)
    {
        var m = MappingOf(isGuarded);
        var mutexes = new[]
        {
            ShmMutex.Create(m, Second), ShmMutex.Create(m, At), ShmMutex.Create(m, Third, priorityInherit: true)
        };
        InThread(() =>
        {
            foreach (var mutex in mutexes)
            {
                mutex.Lock();
            }

            Overwrite(m, what);
            TryUnlock(mutexes[1]);
            mutexes[2].Unlock();
            mutexes[2].Lock();
        });
        Assert.Equal(ShmLockResult.OwnerDied, mutexes[0].Lock(TimeSpan.FromSeconds(20)));
        Assert.Equal(ShmLockResult.OwnerDied, mutexes[2].Lock(TimeSpan.FromSeconds(20)));
        mutexes[0].Unlock();
        mutexes[2].Unlock();
    }

    [Fact]
    public void Its_object_is_truncated_and_other_locks_work_on() => InThread(() =>
    {
        var mutex = ShmMutex.Create(Guarded, At);
        var before = ShmMutex.Create(Plain, At);
        var after = ShmMutex.Create(Plain, Second);
        before.Lock();
        mutex.Lock();
        Truncate(At);
        after.Lock();
        after.Unlock();
        Fails(ShmErrorId.SegmentTruncated, mutex.Unlock);
        before.Unlock();
        Guarded.Dismount();
        before.Lock();
        before.Unlock();
    });

    [Theory]
    [MemberData(nameof(Both))]
    public void A_link_written_over_is_put_right_by_the_next_lock(bool isGuarded)
    {
        var m = MappingOf(isGuarded);
        var mutexes = new[] { ShmMutex.Create(m, At), ShmMutex.Create(m, Second), ShmMutex.Create(m, Third) };
        InThread(() =>
        {
            mutexes[0].Lock();
            mutexes[1].Lock();

            // By it the kernel gets from the second to the first.
            m.Writer.WriteInt64(Second + LinksOffset + sizeof(long), 0);
            var back = m.Reader.ReadInt64(At + LinksOffset);
            m.Writer.WriteInt64(At + LinksOffset, 8);
            mutexes[2].Lock();
            Assert.Equal(back, m.Reader.ReadInt64(At + LinksOffset));
        });
        Assert.All(mutexes, static mutex => Assert.Equal(ShmLockResult.OwnerDied, mutex.Lock(Short)));
        Array.ForEach(mutexes, static mutex => mutex.Unlock());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void The_others_are_handed_on_when_one_of_them_was_unlocked(int unlocked)
    {
        var mutexes = new[]
        {
            ShmMutex.Create(Plain, At), ShmMutex.Create(Guarded, Second), ShmMutex.Create(Plain, Third)
        };
        InThread(() =>
        {
            Array.ForEach(mutexes, static mutex => mutex.Lock());
            mutexes[unlocked].Unlock();
        });
        for (var i = 0; i < mutexes.Length; i++)
        {
            Assert.Equal(i == unlocked ? ShmLockResult.Locked : ShmLockResult.OwnerDied, mutexes[i].Lock(Short));
            mutexes[i].Unlock();
        }
    }

    [Fact]
    public void Bytes_that_claim_this_thread_are_not_unlocked()
    {
        var mutex = ShmMutex.Create(Plain, At);
        mutex.Lock();
        var held = Plain.Reader.ReadBytes(At, ShmMutex.Size);
        mutex.Unlock();
        Plain.Writer.WriteBytes(Second, held);
        Fails(ShmErrorId.InvalidStructure, new ShmMutex(Plain, Second).Unlock);
        mutex.Lock();
        mutex.Unlock();
    }

    [Fact]
    public void It_is_unlocked_through_another_mapping_also_among_others()
    {
        using var again = ShmMapping.Mount(Plain.Segment);
        var before = ShmMutex.Create(Plain, Second);
        var mutex = ShmMutex.Create(Plain, At);
        foreach (var isAlone in new[] { true, false })
        {
            if (!isAlone)
            {
                before.Lock();
            }

            mutex.Lock();
            new ShmMutex(again, At).Unlock();
            Assert.Null(mutex.OwnerThreadId);
        }

        before.Unlock();
        Plain.Dismount();
    }

    [Fact]
    public void Many_are_unlocked_in_any_order()
    {
        var mutexes = new ShmMutex[100];
        for (var i = 0; i < mutexes.Length; i++)
        {
            mutexes[i] = ShmMutex.Create(MappingOf(i % 2 == 0), i * 64, priorityInherit: i % 3 == 0);
            mutexes[i].Lock();
        }

        new Random(5).Shuffle(mutexes);
        foreach (var mutex in mutexes)
        {
            mutex.Unlock();
            Fails(ShmErrorId.AccessDenied, mutex.Unlock);
        }

        Guarded.Dismount();
        Plain.Dismount();
    }

    /// <summary>
    /// In a thread of its own, which takes what is left of its locks with it; an error is the caller's.
    /// </summary>
    private static void InThread(Action action)
    {
        Exception? error = null;
        var thread = new Thread(() => error = Record.Exception(action));
        thread.Start();
        thread.Join();
        Assert.Null(error);
    }

    private static void TryUnlock(ShmMutex mutex)
    {
        try
        {
            mutex.Unlock();
        }
        catch (ShmException error) when (error.ErrorId is ShmErrorId.InvalidStructure or ShmErrorId.AccessDenied)
        {
        }
    }

    private static unsafe void Overwrite(ShmMapping m, string what)
    {
        var address = m.Address + (nint)At;
        var links = new long[2];
        switch (what)
        {
            case "zeros":
            case "ones":
                var bytes = new byte[ShmMutex.Size];
                Array.Fill(bytes, what == "ones" ? byte.MaxValue : (byte)0);
                m.Writer.WriteBytes(At, bytes);
                return;
            case "a new mutex":
                m.Writer.WriteInt32(At, 0);
                ShmMutex.Create(m, At);
                return;
            case "links out of memory":
                links = [0x4141414141414140, 0x10];
                break;
            case "links into other memory":
                links = [m.Address + 1024, m.Address + 2048];
                break;
            case "links to itself":
                links = [address + 32, address + 32];
                break;
        }

        m.Writer.WriteArray(At + LinksOffset, links);
    }
}
