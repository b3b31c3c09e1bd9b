using System.Runtime.CompilerServices;
using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// The right to use all bytes of a collection, with checks that they are still there: a peer that shrinks the object
/// leaves zeros, which would pass for an empty queue.
/// </summary>
internal static unsafe class CollectionAccess
{
    private const ShmProtection Change = ShmProtection.Read | ShmProtection.Write;

    /// <exception cref="ShmException">
    /// InvalidStructure: its first bytes are others by now; SegmentTruncated; and as <see cref="ShmReader"/>.
    /// </exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static MappingLease Begin(ShmMapping mapping, long size, ulong magic)
    {
        var lease = mapping.Lease(0, size, Change);
        if (mapping.IsCopiedByKernel || Volatile.Read(ref *(ulong*)lease.Address) != magic)
        {
            Check(mapping, lease, size, magic);
        }

        return lease;
    }

    /// <summary>
    /// Called within a lease before a change is committed and after a read: whether what was written or read counts.
    /// </summary>
    /// <exception cref="ShmException">SegmentTruncated, NoSpace.</exception>
    public static void ThrowIfLost(ShmMapping mapping, long size) => mapping.ThrowIfLost(0, size, Change);

    /// <summary>For waiters, which touch no page: whether the object still has its bytes. One system call.</summary>
    /// <exception cref="ShmException">SegmentTruncated.</exception>
    public static void ThrowIfTruncated(ShmMapping mapping, long size)
    {
        var backed = mapping.BackedLength();
        if (backed < size)
        {
            throw MappingFaults.Explain(mapping, backed, 0, ShmProtection.Read);
        }
    }

    private static void Check(ShmMapping mapping, MappingLease lease, long size, ulong magic)
    {
        try
        {
            ThrowIfLost(mapping, size);
            ThrowIfTruncated(mapping, size);
            var found = *(ulong*)lease.Address;
            if (found != magic)
            {
                throw new ShmException(
                    ShmErrorId.InvalidStructure,
                    $"What was in {mapping.Segment} has been overwritten: its magic is 0x{found:x16}, not "
                        + $"0x{magic:x16}.",
                    mapping.Segment);
            }
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }
}
