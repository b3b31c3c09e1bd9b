using System;
using System.Runtime.CompilerServices;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// How one side of a queue, or the writers of a dictionary, wake those who wait: a word that counts changes, on which
/// they sleep in futex(2), and a word with how many do.
/// </summary>
internal sealed unsafe class CollectionSignal
{
    // Polls before a sleep, a few microseconds in all: a partner on another processor answers faster than a sleep
    // takes.
    private static readonly int Looks = Environment.ProcessorCount > 1 ? 30 : 1;
    private const int TurnsBetweenLooks = 8;

    // Half a microsecond in which the other side has its memory to itself. A side that looks at once gets one message
    // at a time, and both pass the same few bytes back and forth, which costs two thirds of the throughput.
    private const int TurnsBeforeLooks = 60;

    // A killed waiter stays counted. After this many wakes that woke nobody, the count is corrected.
    private const int IdleWakesBeforeReset = 16;

    private readonly ShmMapping _mapping;
    private readonly int _sequence;
    private readonly int _asleep;
    private int _idleWakes;

    public CollectionSignal(ShmMapping mapping, int sequence, int asleep)
    {
        _mapping = mapping;
        _sequence = sequence;
        _asleep = asleep;
    }

    /// <summary>Read it before checking what you wait for.</summary>
    public int Sequence
    {
        get
        {
            using var lease = _mapping.Lease(_sequence, sizeof(int), ShmProtection.Read);
            return Volatile.Read(ref *(int*)lease.Address);
        }
    }

    /// <summary>How many sleep on it now; the kernel is asked and wakes nobody.</summary>
    public int Sleepers
    {
        get
        {
            using var lease = _mapping.Lease(_sequence, sizeof(int), ShmProtection.Read);
            return Math.Max(0, Libc.futex_waiters(lease.Address));
        }
    }

    /// <summary>Counts a change and wakes sleepers. Within a lease of the header.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Raise(nint header, int wake)
    {
        Interlocked.Increment(ref *(int*)(header + _sequence));
        if (Volatile.Read(ref *(int*)(header + _asleep)) is var count and not 0)
        {
            Wake(header, wake, count);
        }
    }

    private void Wake(nint header, int wake, int count)
    {
        ref var asleep = ref *(int*)(header + _asleep);
        var woken = Libc.futex_wake(header + _sequence, wake);
        if (woken > 0)
        {
            // The waker decrements: otherwise every change until the sleeper runs would wake it again.
            _idleWakes = 0;
            Leave(ref asleep, woken);
        }
        else if (++_idleWakes >= IdleWakesBeforeReset)
        {
            _idleWakes = 0;
            Interlocked.CompareExchange(ref asleep, 0, count);
        }
    }

    /// <summary>
    /// Looks for a change, and then sleeps until there is one or the time is over; whether there may be one.
    /// </summary>
    public bool Wait(int seen, TimeSpan longest)
    {
        using var lease = _mapping.Lease(0, CollectionLayout.HeaderSize, ShmProtection.Read | ShmProtection.Write);
        ref var sequence = ref *(int*)(lease.Address + _sequence);
        Thread.SpinWait(TurnsBeforeLooks);
        for (var i = 0; i < Looks; i++)
        {
            if (Volatile.Read(ref sequence) != seen)
            {
                return true;
            }

            Thread.SpinWait(TurnsBetweenLooks);
        }

        ref var asleep = ref *(int*)(lease.Address + _asleep);
        Interlocked.Increment(ref asleep);
        var result = Libc.futex_wait(lease.Address + _sequence, seen, longest);
        if (result < 0)
        {
            Leave(ref asleep, 1);
        }

        if (result < 0 && (Errno)(-result) is not (Errno.EAGAIN or Errno.EINTR or Errno.ETIMEDOUT or Errno.EFAULT))
        {
            throw NativeError.From("futex", -result, $"wait for {_mapping.Segment}", _mapping.Segment);
        }

        return result >= 0 || (Errno)(-result) == Errno.EAGAIN;
    }

    /// <summary>The same for a wait that can be cancelled: that wakes it at once.</summary>
    public bool Wait(int seen, TimeSpan longest, CancellationToken cancellation)
    {
        using var waking = cancellation.UnsafeRegister(
            static signal => ((CollectionSignal)signal!).WakeForNothing(), this);
        return cancellation.IsCancellationRequested || Wait(seen, longest);
    }

    private void WakeForNothing()
    {
        try
        {
            using var lease = _mapping.Lease(0, CollectionLayout.HeaderSize, ShmProtection.Read | ShmProtection.Write);
            Leave(ref *(int*)(lease.Address + _asleep), Libc.futex_wake(lease.Address + _sequence, int.MaxValue));
        }
        catch (ShmException)
        {
            // Dismounted: nobody sleeps there.
        }
    }

    /// <summary>Not below zero: the count may have been corrected meanwhile.</summary>
    private static void Leave(ref int asleep, int count)
    {
        if (count <= 0)
        {
            return;
        }

        int old;
        do
        {
            old = Volatile.Read(ref asleep);
        }
        while (old != 0 && Interlocked.CompareExchange(ref asleep, Math.Max(0, old - count), old) != old);
    }
}
