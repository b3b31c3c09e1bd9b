using System;
using System.Runtime.CompilerServices;

namespace PSSharedMemory;

/// <summary>
/// The right to use a few bytes of a mapping with instructions that nothing can guard. Where the memory could vanish,
/// it is looked at first by a copy that reports what is gone; a peer that truncates the object in the microsecond
/// between that look and the instruction ends this process with SIGBUS. Memory that cannot shrink (System V, a memfd
/// sealed against it) has no such window.
/// </summary>
internal static class SyncAccess
{
    /// <exception cref="ShmException">
    /// MappingDismounted, OutOfRange, PageNotMapped, PageProtected, InvalidOffset, SegmentTruncated, NoSpace.
    /// </exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static MappingLease Begin(ShmMapping mapping, long offset, int size, int alignment, ShmProtection need) =>
        Checked(mapping, mapping.Lease(offset, size, need), offset, size, alignment, need);

    /// <summary>The same for a place that this thread holds: it is there even after a dismount.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static MappingLease BeginHeld(ShmMapping mapping, nint address, long offset, int size, ShmProtection need) =>
        Checked(mapping, mapping.LeaseOfHeld(address), offset, size, alignment: 1, need);

    /// <summary>Throws where an instruction of that many bytes would not be one access.</summary>
    /// <exception cref="ShmException">InvalidOffset.</exception>
    public static void CheckAligned(ShmMapping mapping, MappingLease lease, long offset, int alignment)
    {
        if ((lease.Address & (alignment - 1)) != 0)
        {
            throw new ShmException(
                ShmErrorId.InvalidOffset, $"Offset {offset} of {mapping} is not aligned: it must be a multiple of {alignment} bytes.", mapping);
        }
    }

    /// <summary>Whether the bytes are there, for memory that could have vanished during a lease.</summary>
    public static bool IsThere(ShmMapping mapping, nint address, long offset, int size) =>
        !mapping.IsGuarded || (mapping.BackedLength() >= offset + size && Readable(address, size) == size);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static MappingLease Checked(
        ShmMapping mapping, MappingLease lease, long offset, int size, int alignment, ShmProtection need)
    {
        if (mapping.IsGuarded || (lease.Address & (alignment - 1)) != 0)
        {
            Check(mapping, lease, offset, size, alignment, need);
        }

        return lease;
    }

    private static void Check(ShmMapping mapping, MappingLease lease, long offset, int size, int alignment, ShmProtection need)
    {
        try
        {
            CheckAligned(mapping, lease, offset, alignment);

            // A mapping that was dismounted has nobody any more to ask for the size of the object.
            if (!mapping.IsMounted || !mapping.IsGuarded)
            {
                return;
            }

            // What can be read need not be writable: a page may still have to be copied, or was closed by other code.
            var backed = mapping.BackedLength() - offset;
            var writes = need.HasFlag(ShmProtection.Write);
            var isWritable = !writes || PagePopulation.IsWritable(lease.Address, size);
            if (writes && isWritable && backed >= size && PagePopulation.TellsProtection)
            {
                return;
            }

            var readable = Math.Min(backed, Readable(lease.Address, size));
            if (readable < size || !isWritable)
            {
                throw mapping.ExplainFault(offset + (readable < size ? Math.Max(0, readable) : 0), 0, need);
            }
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>How many of the bytes can be read; the look brings the page in, so that it has memory afterwards.</summary>
    private static long Readable(nint address, int size)
    {
        Span<byte> bytes = stackalloc byte[64];
        return GuardedCopy.Read(address, bytes[..size]);
    }
}
