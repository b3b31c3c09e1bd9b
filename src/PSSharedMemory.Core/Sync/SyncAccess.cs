using System;
using System.Runtime.CompilerServices;

namespace PSSharedMemory;

/// <summary>
/// The right to use a few bytes of a mapping with atomic instructions, and the check afterwards: Begin, the
/// instructions, End. On a host without the guard the memory is checked first, and a peer that truncates the object
/// within the next microsecond ends this process.
/// </summary>
internal static class SyncAccess
{
    /// <exception cref="ShmException">
    /// MappingDismounted, OutOfRange, PageNotMapped, PageProtected, InvalidOffset, SegmentTruncated, NoSpace.
    /// </exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static MappingLease Begin(ShmMapping mapping, long offset, int size, int alignment, ShmProtection need) =>
        Begin(mapping, ThreadSlot.Mine, offset, size, alignment, need);

    /// <summary>The same for callers that know the thread's slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static MappingLease Begin(
        ShmMapping mapping, ThreadSlot mine, long offset, int size, int alignment, ShmProtection need)
    {
        var slot = mapping.Gate.Enter(mine);
        return mapping.IsPlain(offset, size, need) && (offset & (alignment - 1)) == 0
            ? new MappingLease(mapping.Gate, slot, mapping.Start + (nint)offset)
            : BeginSlowly(mapping, offset, size, alignment, need, slot);
    }

    /// <summary>The same for a place this thread holds: it exists even after a dismount.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static MappingLease BeginHeld(ShmMapping mapping, nint address, long offset, int size, ShmProtection need)
    {
        var lease = mapping.LeaseOfHeld(address);
        if (mapping.HasLost || mapping.IsCopiedByKernel)
        {
            Check(mapping, lease, offset, size, alignment: 1, need);
        }

        return lease;
    }

    /// <summary>Ends the lease after instructions that cannot have thrown, with the same check.</summary>
    /// <exception cref="ShmException">SegmentTruncated, NoSpace, PageNotMapped, PageProtected.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void End(ShmMapping mapping, MappingLease lease, long offset, int size, ShmProtection need) =>
        mapping.EndLease(lease, offset, size, need);

    /// <summary>
    /// The check after the instructions, within the lease: throws if the bytes were taken away, in which case zeros
    /// were read and nobody sees what was stored.
    /// </summary>
    /// <exception cref="ShmException">SegmentTruncated, NoSpace, PageNotMapped, PageProtected.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void End(ShmMapping mapping, long offset, int size, ShmProtection need) =>
        mapping.ThrowIfLost(offset, size, need);

    /// <summary>The same, returned instead of thrown.</summary>
    public static bool IsLost(ShmMapping mapping, long offset, int size) => mapping.Lost.Has(offset, size);

    /// <summary>Throws if an instruction of that many bytes wouldn't be a single access.</summary>
    /// <exception cref="ShmException">InvalidOffset.</exception>
    public static void CheckAligned(ShmMapping mapping, long offset, int alignment)
    {
        // A mapping begins at a page.
        if ((offset & (alignment - 1)) != 0)
        {
            throw new ShmException(
                ShmErrorId.InvalidOffset,
                $"Offset {offset} of {mapping} is not aligned: it must be a multiple of {alignment} bytes.", mapping);
        }
    }

    /// <summary>Whether the bytes are there, for memory that could have vanished during a lease.</summary>
    public static bool IsThere(ShmMapping mapping, nint address, long offset, int size) => !mapping.IsCopiedByKernel
        ? !mapping.Lost.Has(offset, size)
        : (mapping.BackedLength() >= offset + size && Readable(address, size) == size);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static MappingLease BeginSlowly(
        ShmMapping mapping, long offset, int size, int alignment, ShmProtection need, ThreadSlot? slot)
    {
        var lease = mapping.CheckedLease(offset, size, need, slot);
        Check(mapping, lease, offset, size, alignment, need);
        return lease;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Check(
        ShmMapping mapping, MappingLease lease, long offset, int size, int alignment, ShmProtection need)
    {
        try
        {
            CheckAligned(mapping, offset, alignment);
            mapping.ThrowIfLost(offset, size, need);

            // A dismounted mapping cannot ask for the object's size any more.
            if (!mapping.IsMounted || !mapping.IsCopiedByKernel)
            {
                return;
            }

            // Readable doesn't mean writable: a page may still have to be copied, or other code may have closed it. As
            // under the guard, the rest of the page in which an object ends counts as present.
            var backed = Alignment.RoundUp(mapping.BackedLength(), mapping.PageSize) - offset;
            var writes = need.HasFlag(ShmProtection.Write);
            var isWritable = !writes || PagePopulation.IsWritable(lease.Address, size);
            if (writes && isWritable && backed >= size && PagePopulation.TellsProtection)
            {
                return;
            }

            var readable = Math.Min(backed, Readable(lease.Address, size));
            if (readable < size || !isWritable)
            {
                throw MappingFaults.Explain(mapping, offset + (readable < size ? Math.Max(0, readable) : 0), 0, need);
            }
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>
    /// How many of the bytes can be read; the check brings the page in, so that it has memory afterwards.
    /// </summary>
    private static long Readable(nint address, int size)
    {
        Span<byte> bytes = stackalloc byte[64];
        return GuardedCopy.Read(address, bytes[..size]);
    }
}
