using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Why an access is refused, or failed.</summary>
public sealed partial class ShmMapping
{
    /// <summary>
    /// The exception for a guarded copy that stopped at an offset which this module's books allow: what has happened
    /// outside of them.
    /// </summary>
    /// <param name="offset">Bytes from the start of the mapping: the first that could not be copied.</param>
    /// <param name="done">Bytes copied before it.</param>
    /// <param name="need">What was being done.</param>
    /// <param name="isExact">Whether the fault was at the very offset, and not somewhere behind it.</param>
    internal ShmException ExplainFault(long offset, long done, ShmProtection need, bool isExact = true)
    {
        var verb = need == ShmProtection.Read ? "reading" : "writing";
        var backed = BackedLength();
        if (offset >= backed)
        {
            return new ShmException(
                ShmErrorId.SegmentTruncated,
                $"{Capital(verb)} {Segment} stopped at offset {offset} after {done} bytes: another process made the object smaller, and {backed} bytes of the mapping are left. Dismount it and mount it again.",
                this)
            { BytesDone = done };
        }

        var page = offset / PageSize;
        var allowed = KernelProtection(Address + (nint)offset);
        if (allowed is null || (allowed.Value & need) != need)
        {
            return new ShmException(
                allowed is null ? ShmErrorId.PageNotMapped : ShmErrorId.PageProtected,
                $"{Capital(verb)} {Segment} stopped at offset {offset} (page {page}) after {done} bytes: the page allows {allowed?.ToString() ?? "nothing, it is not mapped"}; other code in this process changed it.",
                this)
            { BytesDone = done };
        }

        if (IsCopyOnWrite && PageSize != Environment.SystemPageSize && need.HasFlag(ShmProtection.Write) && CanBeRead(Address + (nint)offset))
        {
            return new ShmException(
                ShmErrorId.NoSpace,
                $"{Capital(verb)} {Segment} stopped at offset {offset} (page {page}) after {done} bytes: a copy-on-write mapping needs a huge page of its own for that, and the pool has none free. sysctl vm.nr_hugepages fills the pool.",
                this)
            { BytesDone = done };
        }

        if (isExact && CanBeRead(Address + (nint)offset))
        {
            return new ShmException(
                ShmErrorId.SegmentTruncated,
                $"{Capital(verb)} {Segment} stopped at offset {offset} after {done} bytes: another process made the object smaller, and larger again meanwhile. What was there is lost.",
                this)
            { BytesDone = done };
        }

        return new ShmException(
            ShmErrorId.NoSpace,
            $"{Capital(verb)} {Segment} stopped at offset {offset} (page {page}) after {done} bytes: the page has no memory yet, and {(Segment.Kind == ShmKind.Posix ? "/dev/shm is full" : "the host has none left for it")}.",
            this)
        { BytesDone = done };
    }

    /// <summary>The exception for an access that met a page which was taken away.</summary>
    /// <param name="lost">Bytes from the start of the mapping: the first of the access in a lost page.</param>
    /// <param name="offset">Where the access began.</param>
    /// <param name="doneBefore">Bytes of a longer access that came before it.</param>
    /// <param name="need">What was done.</param>
    /// <param name="how">What the fault itself told.</param>
    private ShmException ExplainLoss(long lost, long offset, long doneBefore, ShmProtection need, GuardLoss how)
    {
        var backed = _end is null ? BackedLength() : 0;
        var wasWritten = need.HasFlag(ShmProtection.Write) ? " What was written from there on has reached nobody." : "";
        if (backed <= lost)
        {
            // The object ends within a page; the rest of that page is not lost, and not the object's.
            lost = Math.Max(backed, offset);
            return Lost(ShmErrorId.SegmentTruncated,
                $"another process made the object smaller, and {backed} bytes of the mapping are left.{wasWritten} Dismount it and mount it again, or wait until the object is larger.");
        }

        if ((how & (GuardLoss.Closed | GuardLoss.Unmapped)) != 0)
        {
            return Lost(
                how.HasFlag(GuardLoss.Closed) ? ShmErrorId.PageProtected : ShmErrorId.PageNotMapped,
                $"other code in this process has {(how.HasFlag(GuardLoss.Closed) ? "closed" : "unmapped")} the page.{wasWritten} The next access finds it as its protection says.");
        }

        var isReadable = CanObjectBeRead(lost / PageSize * PageSize);
        if (isReadable && IsCopyOnWrite && PageSize != Environment.SystemPageSize && need.HasFlag(ShmProtection.Write))
        {
            return Lost(ShmErrorId.NoSpace,
                "a copy-on-write mapping needs a huge page of its own for that, and the pool has none free. sysctl vm.nr_hugepages fills the pool.");
        }

        return isReadable
            ? Lost(ShmErrorId.SegmentTruncated,
                $"another process made the object smaller, and larger again meanwhile. What was there is lost.{wasWritten}")
            : Lost(ShmErrorId.NoSpace,
                $"the page has no memory yet, and {(Segment.Kind == ShmKind.Posix ? "/dev/shm is full" : "the host has none left for it")}.");

        ShmException Lost(ShmErrorId id, string why)
        {
            var done = doneBefore + lost - offset;
            var verb = need.HasFlag(ShmProtection.Write) ? "Writing" : "Reading";
            return new ShmException(
                id, $"{verb} {Segment} stopped at offset {lost} (page {lost / PageSize}) after {done} bytes: {why}", this)
            { BytesDone = done };
        }
    }

    /// <summary>Whether the object has memory for a page, or gets it: tried where nobody else looks.</summary>
    private bool CanObjectBeRead(long offset)
    {
        if (_descriptor is null)
        {
            return false;
        }

        var address = Libc.mmap(0, (nuint)PageSize, Libc.PROT_READ, Libc.MAP_SHARED | Libc.MAP_NORESERVE, _descriptor, Offset + offset);
        if (Libc.IsError(address))
        {
            return false;
        }

        var isReadable = CanBeRead(address);
        _ = Libc.munmap(address, (nuint)PageSize);
        return isReadable;
    }

    private ShmException Refused(ShmRegion region, long offset, ShmProtection need)
    {
        var page = offset / PageSize;
        return region.State == ShmRegionState.Hole
            ? new ShmException(
                ShmErrorId.PageNotMapped,
                $"Page {page} (offset {page * PageSize}) of the mapping of {Segment} was unmapped. Mount the segment again to reach it.",
                this)
            : new ShmException(
                ShmErrorId.PageProtected,
                $"Page {page} (offset {page * PageSize}) of the mapping of {Segment} allows {region.Protection}, not {need}.",
                this);
    }

    /// <summary>Whether the kernel can fetch one byte there, which it gives memory to if it has any.</summary>
    private static unsafe bool CanBeRead(nint address)
    {
        byte probe;
        return GuardedCopy.Read(address, new Span<byte>(&probe, 1)) == 1;
    }

    /// <summary>What the kernel's own list of areas says of an address; null where nothing is mapped.</summary>
    private static ShmProtection? KernelProtection(nint address) =>
        OwnAreas.AccessAt(address) is not { } access ? null
            : (access.HasFlag(AreaAccess.Read) ? ShmProtection.Read : 0)
            | (access.HasFlag(AreaAccess.Write) ? ShmProtection.Write : 0)
            | (access.HasFlag(AreaAccess.Execute) ? ShmProtection.Execute : 0);

    private static string Capital(string verb) => string.Concat(char.ToUpperInvariant(verb[0]).ToString(), verb.AsSpan(1));
}
