using System;
using System.Numerics;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Waits for a value in a mapping to meet a condition.</summary>
public static unsafe class ShmWait
{
    // A partner that wakes us is heard at once. For one that only stores, we poll: quickly at first, finally at this
    // pace, which costs next to nothing and lets a dismount and Ctrl+C through. Not faster than the kernel's tick: a
    // finer timer has to be programmed in hardware, which doubles the cost of a sleep.
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(16);

    // Polls before the first sleep, some 10 µs in all: about what it costs to put a thread to sleep and wake it, and
    // longer than a running partner takes to answer. With a single processor, no partner is running.
    private static readonly int FirstLooks = Environment.ProcessorCount > 1 ? 30 : 1;
    private const int TurnsBetweenLooks = 8;

    /// <summary>
    /// Waits until the condition holds, asleep in futex(2) after the first 10 µs. Safe with any number of waiters and
    /// wakers.
    /// </summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="offset">Bytes from its start; aligned to the size of the value, which is 4 or 8.</param>
    /// <param name="condition">The condition to wait for.</param>
    /// <param name="operand">The value to compare with.</param>
    /// <param name="timeout">Null waits forever; 0 checks once.</param>
    /// <param name="cancellation">Ends the wait within some 16 ms.</param>
    /// <returns>The value for which the condition held.</returns>
    /// <exception cref="ShmException">
    /// WaitTimeout, MappingDismounted (also while it waits), OutOfRange, InvalidOffset, PageNotMapped, PageProtected,
    /// SegmentTruncated (also while it waits), NoSpace.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static T Wait<T>(
        ShmMapping mapping, long offset, ShmCondition condition, T operand, TimeSpan? timeout = null,
        CancellationToken cancellation = default)
        where T : unmanaged, IBinaryInteger<T>
    {
        ShmAtomics.CheckSize<T>();
        var deadline = new Deadline(timeout);
        var looks = deadline.HasPassed ? 1 : FirstLooks;
        for (var pause = FirstPause; ; pause = pause < LongestPause ? pause * 2 : LongestPause)
        {
            using var lease = mapping.Lease(offset, sizeof(T), ShmProtection.Read);
            var value = Look<T>(mapping, lease, offset);
            for (; looks > 1 && !Holds(condition, value, operand); looks--)
            {
                Thread.SpinWait(TurnsBetweenLooks);
                value = Look<T>(mapping, lease, offset);
            }

            // The kernel's copy may not be a single access: it must find the same value twice.
            if (Holds(condition, value, operand)
                && (!mapping.IsCopiedByKernel || Look<T>(mapping, lease, offset) == value))
            {
                return value;
            }

            cancellation.ThrowIfCancellationRequested();
            if (deadline.HasPassed)
            {
                throw new ShmException(
                    ShmErrorId.WaitTimeout,
                    $"Timed out after {Deadline.Seconds(timeout!.Value)} waiting for the value at offset {offset} "
                        + $"of {mapping.Segment} {Words(condition)} {operand}; it is {value}.",
                    mapping);
            }

            Sleep(mapping, lease.Address, value, deadline.Slice(pause));
        }
    }

    private static T Look<T>(ShmMapping mapping, MappingLease lease, long offset)
        where T : unmanaged, IBinaryInteger<T>
    {
        SyncAccess.CheckAligned(mapping, offset, sizeof(T));
        T value;
        if (!mapping.IsCopiedByKernel)
        {
            value = ShmAtomics.LoadAt<T>(lease.Address);
            SyncAccess.End(mapping, offset, sizeof(T), ShmProtection.Read);
            return value;
        }

        var backed = (int)Math.Clamp(mapping.BackedLength() - offset, 0, sizeof(T));
        var copied = GuardedCopy.Read(lease.Address, new Span<byte>(&value, backed));
        return copied == sizeof(T)
            ? value
            : throw MappingFaults.Explain(mapping, offset + copied, 0, ShmProtection.Read);
    }

    private static bool Holds<T>(ShmCondition condition, T value, T operand)
        where T : IBinaryInteger<T> => condition switch
        {
            ShmCondition.Equal => value == operand,
            ShmCondition.NotEqual => value != operand,
            ShmCondition.GreaterThan => value > operand,
            ShmCondition.LessThan => value < operand,
            ShmCondition.AnyBit => (value & operand) != T.Zero,
            _ => throw new ArgumentOutOfRangeException(nameof(condition)),
        };

    /// <summary>
    /// Sleeps on the 32 bits that a futex has; for a longer value the low half, which comes first on every platform
    /// supported here. However the sleep ends, we look again, and that reports what happened to the memory.
    /// </summary>
    private static void Sleep<T>(ShmMapping mapping, nint address, T value, TimeSpan time)
        where T : IBinaryInteger<T>
    {
        var result = Libc.futex_wait(address, int.CreateTruncating(value), time);
        if (result < 0 && (Errno)(-result) is not (Errno.EAGAIN or Errno.EINTR or Errno.ETIMEDOUT or Errno.EFAULT))
        {
            throw NativeError.From(nameof(Libc.futex_wait), -result, $"wait for a value of {mapping}", mapping);
        }
    }

    private static string Words(ShmCondition condition) => condition switch
    {
        ShmCondition.Equal => "to equal",
        ShmCondition.NotEqual => "to differ from",
        ShmCondition.GreaterThan => "to be greater than",
        ShmCondition.LessThan => "to be less than",
        _ => "to have a bit of",
    };
}
