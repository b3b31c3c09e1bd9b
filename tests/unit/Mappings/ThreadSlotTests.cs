using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Mappings;

/// <summary>A thread finds its own slot by its stack, and never that of another thread, living or dead.</summary>
public class ThreadSlotTests
{
    [Fact]
    public void A_thread_has_one_slot_however_deep_its_stack_is()
    {
        var slots = InThread(static () =>
        {
            var found = new List<ThreadSlot> { ThreadSlot.MineOrNew() };
            Descend(found, 40);
            found.Add(ThreadSlot.Mine);
            return found;
        });

        Assert.Equal(42, slots.Count);
        Assert.Single(slots.Distinct());
    }

    [Fact]
    public void Threads_that_live_together_have_different_slots()
    {
        const int Count = 100;
        var slots = new ThreadSlot[Count];
        using var all = new Barrier(Count);
        var threads = Enumerable.Range(0, Count).Select(index => new Thread(() =>
        {
            slots[index] = ThreadSlot.MineOrNew();
            all.SignalAndWait();
            if (ThreadSlot.Mine != slots[index])
            {
                slots[index] = slots[0];
            }

            all.SignalAndWait();
        })).ToList();
        threads.ForEach(static thread => thread.Start());
        threads.ForEach(static thread => thread.Join());

        Assert.Equal(Count, slots.Distinct().Count());
    }

    [Fact]
    public void A_thread_on_the_stack_of_one_that_has_ended_does_not_find_its_slot()
    {
        // The C library gives a stack to the next thread of that size, as the second part shows.
        var seen = new List<(nint Stack, ThreadSlot Before, ThreadSlot Slot)>();
        for (var i = 0; i < 50; i++)
        {
            seen.Add(InThread(static () =>
            {
                Assert.Equal(0, Libc.pthread_attr_getstack(out var low, out _));
                return (low, ThreadSlot.Mine, ThreadSlot.MineOrNew());
            }));
        }

        Assert.All(seen, static thread => Assert.True(thread.Before.IsNobody));
        Assert.Equal(50, seen.Select(static thread => thread.Slot).Distinct().Count());
        Assert.NotEqual(50, seen.Select(static thread => thread.Stack).Distinct().Count());
    }

    [Fact]
    public void A_thread_that_holds_a_lock_is_not_taken_for_the_one_before_it()
    {
        var segment = SysVSegments.CreatePrivate(new ShmCreateOptions { Size = 4096 });
        using var mapping = ShmMapping.Mount(segment);
        ShmSegments.Remove(segment);
        var mutex = ShmMutex.Create(mapping, 0);
        for (var i = 0; i < 20; i++)
        {
            // Each ends with it, and the next one gets its stack.
            var result = InThread(() => mutex.Lock());

            Assert.Equal(i == 0 ? ShmLockResult.Locked : ShmLockResult.OwnerDied, result);
        }
    }

    private static void Descend(List<ThreadSlot> found, int depth)
    {
        Span<byte> room = stackalloc byte[20_000];
        room.Fill((byte)depth);
        if (depth > 0)
        {
            found.Add(ThreadSlot.Mine);
            Descend(found, depth - 1);
        }

        Assert.Equal(depth, room[^1]);
    }

    private static T InThread<T>(Func<T> work)
    {
        T? result = default;
        Exception? failure = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    result = work();
                }
                catch (Exception error)
                {
                    failure = error;
                }
            },
            4 << 20);
        thread.Start();
        thread.Join();
        return failure is null ? result! : throw new InvalidOperationException("The thread failed.", failure);
    }
}
