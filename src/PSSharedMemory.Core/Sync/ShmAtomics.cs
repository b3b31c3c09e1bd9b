using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Atomic operations on aligned values of 32 and 64 bits (int, uint, long, ulong) in a mapping: those of C's
/// stdatomic.h with memory_order_seq_cst, which other processes may use at the same time. Arithmetic wraps around. Each
/// may throw <see cref="ShmException"/>: MappingDismounted, OutOfRange, InvalidOffset (not aligned), PageNotMapped,
/// PageProtected, SegmentTruncated, NoSpace.
/// </summary>
/// <remarks>
/// If a peer takes the memory away, the instruction hits a private zero page and the call throws: nobody sees what it
/// stored.
/// </remarks>
public static unsafe class ShmAtomics
{
    private const ShmProtection Change = ShmProtection.Read | ShmProtection.Write;

    /// <summary>Reads the value in one piece.</summary>
    public static T Load<T>(ShmMapping mapping, long offset)
        where T : unmanaged, IBinaryInteger<T>
    {
        var lease = Begin<T>(mapping, offset, ShmProtection.Read);
        var value = LoadAt<T>(lease.Address);
        SyncAccess.End(mapping, lease, offset, sizeof(T), ShmProtection.Read);
        return value;
    }

    /// <summary>Adds; returns the old value.</summary>
    public static T Add<T>(ShmMapping mapping, long offset, T value)
        where T : unmanaged, IBinaryInteger<T>
    {
        var lease = Begin<T>(mapping, offset, Change);
        var before = sizeof(T) == sizeof(int)
            ? From<T>(Interlocked.Add(ref Int32At(lease), To32(value)) - To32(value))
            : From<T>(Interlocked.Add(ref Int64At(lease), To64(value)) - To64(value));
        SyncAccess.End(mapping, lease, offset, sizeof(T), Change);
        return before;
    }

    /// <summary>Stores a value; returns the old one.</summary>
    public static T Exchange<T>(ShmMapping mapping, long offset, T value)
        where T : unmanaged, IBinaryInteger<T>
    {
        var lease = Begin<T>(mapping, offset, Change);
        var before = sizeof(T) == sizeof(int)
            ? From<T>(Interlocked.Exchange(ref Int32At(lease), To32(value)))
            : From<T>(Interlocked.Exchange(ref Int64At(lease), To64(value)));
        SyncAccess.End(mapping, lease, offset, sizeof(T), Change);
        return before;
    }

    /// <summary>
    /// Stores a value if the present one equals the comparand; returns the old one, which tells whether it did.
    /// </summary>
    public static T CompareExchange<T>(ShmMapping mapping, long offset, T value, T comparand)
        where T : unmanaged, IBinaryInteger<T>
    {
        var lease = Begin<T>(mapping, offset, Change);
        var before = sizeof(T) == sizeof(int)
            ? From<T>(Interlocked.CompareExchange(ref Int32At(lease), To32(value), To32(comparand)))
            : From<T>(Interlocked.CompareExchange(ref Int64At(lease), To64(value), To64(comparand)));
        SyncAccess.End(mapping, lease, offset, sizeof(T), Change);
        return before;
    }

    /// <summary>Keeps only the mask's bits; returns the old value.</summary>
    public static T And<T>(ShmMapping mapping, long offset, T mask)
        where T : unmanaged, IBinaryInteger<T>
    {
        var lease = Begin<T>(mapping, offset, Change);
        var before = sizeof(T) == sizeof(int)
            ? From<T>(Interlocked.And(ref Int32At(lease), To32(mask)))
            : From<T>(Interlocked.And(ref Int64At(lease), To64(mask)));
        SyncAccess.End(mapping, lease, offset, sizeof(T), Change);
        return before;
    }

    /// <summary>Sets the mask's bits; returns the old value.</summary>
    public static T Or<T>(ShmMapping mapping, long offset, T mask)
        where T : unmanaged, IBinaryInteger<T>
    {
        var lease = Begin<T>(mapping, offset, Change);
        var before = sizeof(T) == sizeof(int)
            ? From<T>(Interlocked.Or(ref Int32At(lease), To32(mask)))
            : From<T>(Interlocked.Or(ref Int64At(lease), To64(mask)));
        SyncAccess.End(mapping, lease, offset, sizeof(T), Change);
        return before;
    }

    /// <summary>Flips the mask's bits; returns the old value.</summary>
    public static T Xor<T>(ShmMapping mapping, long offset, T mask)
        where T : unmanaged, IBinaryInteger<T>
    {
        var lease = Begin<T>(mapping, offset, Change);
        while (true)
        {
            var old = LoadAt<T>(lease.Address);
            var seen = sizeof(T) == sizeof(int)
                ? From<T>(Interlocked.CompareExchange(ref Int32At(lease), To32(old ^ mask), To32(old)))
                : From<T>(Interlocked.CompareExchange(ref Int64At(lease), To64(old ^ mask), To64(old)));
            if (seen == old)
            {
                SyncAccess.End(mapping, lease, offset, sizeof(T), Change);
                return old;
            }
        }
    }

    /// <summary>Wakes threads that sleep on the value in futex(2); returns how many.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="offset">Bytes from its start; for a 64-bit value, its low half.</param>
    /// <param name="count">At most this many; all by default.</param>
    public static int Wake(ShmMapping mapping, long offset, int count = int.MaxValue)
    {
        // No check beforehand, unlike for an instruction: the kernel reports missing memory itself.
        using var lease = mapping.Lease(offset, sizeof(int), ShmProtection.Read);
        SyncAccess.CheckAligned(mapping, offset, sizeof(int));
        var result = Libc.futex_wake(lease.Address, count);
        return result >= 0 ? result
            : result == -(int)Errno.EFAULT ? throw MappingFaults.Explain(mapping, offset, 0, ShmProtection.Read)
            : throw NativeError.From(
                nameof(Libc.futex_wake), -result, $"wake who waits at offset {offset} of {mapping}", mapping);
    }

    /// <summary>Reads the value in one piece at a leased address.</summary>
    internal static T LoadAt<T>(nint address)
        where T : unmanaged, IBinaryInteger<T> => sizeof(T) == sizeof(int)
            ? From<T>(Volatile.Read(ref *(int*)address))
            : From<T>(Volatile.Read(ref *(long*)address));

    /// <summary>Throws for a type that is neither of 32 nor of 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void CheckSize<T>()
        where T : unmanaged
    {
        if (sizeof(T) != sizeof(int) && sizeof(T) != sizeof(long))
        {
            throw WrongSize<T>();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static MappingLease Begin<T>(ShmMapping mapping, long offset, ShmProtection need)
        where T : unmanaged
    {
        CheckSize<T>();
        return SyncAccess.Begin(mapping, offset, sizeof(T), sizeof(T), need);
    }

    private static NotSupportedException WrongSize<T>()
        where T : unmanaged => new(
            $"Values of 32 and 64 bits can be used atomically, and {typeof(T).Name} has {sizeof(T) * 8}.");

    private static ref int Int32At(MappingLease lease) => ref *(int*)lease.Address;

    private static ref long Int64At(MappingLease lease) => ref *(long*)lease.Address;

    private static int To32<T>(T value)
        where T : unmanaged => Unsafe.BitCast<T, int>(value);

    private static long To64<T>(T value)
        where T : unmanaged => Unsafe.BitCast<T, long>(value);

    private static T From<T>(int value)
        where T : unmanaged => Unsafe.BitCast<int, T>(value);

    private static T From<T>(long value)
        where T : unmanaged => Unsafe.BitCast<long, T>(value);
}
