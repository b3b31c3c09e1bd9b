using System;

namespace PSSharedMemory;

/// <summary>
/// Every byte that enters or leaves a mapping comes through here: checked, copied plainly, then checked again for pages
/// lost meanwhile. Without a guard, the kernel copies what could vanish.
/// </summary>
internal static unsafe class MappingCopy
{
    // A lease ends between pieces, so that a dismount or a stopped pipeline waits no longer than for one of them.
    private const int Piece = 32 << 20;

    /// <summary>Fills the span from the mapping.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="offset">Bytes from the start of the mapping.</param>
    /// <param name="destination">Receives the bytes.</param>
    /// <param name="doneBefore">Bytes of a longer copy that came before, for the exception.</param>
    /// <exception cref="ShmException">
    /// MappingDismounted, OutOfRange, PageNotMapped, PageProtected, SegmentTruncated, NoSpace; with BytesDone.
    /// </exception>
    public static void Read(ShmMapping mapping, long offset, Span<byte> destination, long doneBefore = 0)
    {
        for (var done = 0; ;)
        {
            var part = destination[done..Math.Min(done + Piece, destination.Length)];
            using (var lease = LeaseAll(mapping, offset, done, destination.Length, part.Length, ShmProtection.Read))
            {
                FirstTouch.Require(mapping, lease.Address, part.Length);
                if (!mapping.IsCopiedByKernel)
                {
                    CopyPlainly(
                        new ReadOnlySpan<byte>((void*)lease.Address, part.Length), part, destination.Length);
                    mapping.ThrowIfLost(offset + done, part.Length, ShmProtection.Read, doneBefore + done);
                }
                else
                {
                    var backed = (int)Math.Clamp(mapping.BackedLength() - offset - done, 0, part.Length);
                    var copied = (int)GuardedCopy.Read(lease.Address, part[..backed]);
                    if (copied < part.Length)
                    {
                        throw MappingFaults.Explain(
                            mapping, offset + done + copied, doneBefore + done + copied, ShmProtection.Read);
                    }
                }
            }

            done += part.Length;
            if (done >= destination.Length)
            {
                return;
            }
        }
    }

    /// <summary>Copies the span into the mapping.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="offset">Bytes from the start of the mapping.</param>
    /// <param name="source">The bytes to copy.</param>
    /// <param name="doneBefore">Bytes of a longer copy that came before, for the exception.</param>
    /// <exception cref="ShmException">
    /// MappingDismounted, OutOfRange, PageNotMapped, PageProtected, SegmentTruncated, NoSpace; with BytesDone.
    /// </exception>
    public static void Write(ShmMapping mapping, long offset, ReadOnlySpan<byte> source, long doneBefore = 0)
    {
        for (var done = 0; ;)
        {
            var part = source[done..Math.Min(done + Piece, source.Length)];
            using (var lease = LeaseAll(mapping, offset, done, source.Length, part.Length, ShmProtection.Write))
            {
                FirstTouch.Require(mapping, lease.Address, part.Length);
                if (!mapping.IsCopiedByKernel)
                {
                    CopyPlainly(part, new Span<byte>((void*)lease.Address, part.Length), source.Length);
                    mapping.ThrowIfLost(offset + done, part.Length, ShmProtection.Write, doneBefore + done);
                }
                else
                {
                    // What is backed can be written even if the rest is gone; the end of the object lies within a page,
                    // which memory alone does not show. Not through the descriptor: that would make the object grow.
                    var backed = (int)Math.Clamp(mapping.BackedLength() - offset - done, 0, part.Length);
                    var copied = GuardedCopy.Write(lease.Address, part[..backed]);
                    if (copied < part.Length)
                    {
                        throw MappingFaults.Explain(
                            mapping, offset + done + copied, doneBefore + done + copied, ShmProtection.Write);
                    }
                }
            }

            done += part.Length;
            if (done >= source.Length)
            {
                return;
            }
        }
    }

    /// <summary>
    /// What doesn't fit the caches as a whole is written past them: the length of a piece alone wouldn't tell.
    /// </summary>
    private static void CopyPlainly(ReadOnlySpan<byte> source, Span<byte> destination, int total)
    {
        if (total < StreamingCopy.Threshold || source.Overlaps(destination))
        {
            source.CopyTo(destination);
            return;
        }

        fixed (byte* from = source, to = destination)
        {
            StreamingCopy.Copy((nint)from, (nint)to, source.Length);
        }
    }

    /// <summary>
    /// Leases the next piece; the first time the whole range, so that a refusal anywhere changes nothing.
    /// </summary>
    private static MappingLease LeaseAll(
        ShmMapping mapping, long offset, int done, int total, int part, ShmProtection need) =>
        done == 0 ? mapping.Lease(offset, total, need) : mapping.Lease(offset + done, part, need);
}
