using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Why an access is refused, or failed.</summary>
internal static class MappingFaults
{
    private const string NoHugePage =
        "a copy-on-write mapping needs a huge page of its own for that, and the pool has none free. sysctl "
            + "vm.nr_hugepages fills the pool.";

    private const string Regrown =
        "another process made the object smaller, and then larger again. What was there is lost.";

    /// <summary>
    /// The exception for a guarded copy that stopped at an offset that the page states allow: something happened behind
    /// their back.
    /// </summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="offset">The first byte that couldn't be copied, from the start of the mapping.</param>
    /// <param name="done">Bytes copied before it.</param>
    /// <param name="need">What was being done.</param>
    /// <param name="isExact">Whether the fault was exactly at the offset, not somewhere behind it.</param>
    public static ShmException Explain(
        ShmMapping mapping, long offset, long done, ShmProtection need, bool isExact = true)
    {
        var backed = mapping.BackedLength();
        if (offset >= backed)
        {
            return Stopped(
                ShmErrorId.SegmentTruncated,
                $"another process made the object smaller, and {backed} bytes of the mapping are left. Dismount it and "
                    + "mount it again.");
        }

        var address = mapping.Start + (nint)offset;
        var allowed = KernelProtection(address);
        if (allowed is null || (allowed.Value & need) != need)
        {
            return Stopped(
                allowed is null ? ShmErrorId.PageNotMapped : ShmErrorId.PageProtected,
                $"the page allows {allowed?.ToString() ?? "nothing, it is not mapped"}; other code in this process "
                    + "changed it.");
        }

        var takesHugePage = TakesHugePage(mapping, need);
        return !(isExact || takesHugePage) || !CanBeRead(address) ? Stopped(ShmErrorId.NoSpace, NoMemory(mapping))
            : takesHugePage ? Stopped(ShmErrorId.NoSpace, NoHugePage)
            : Stopped(ShmErrorId.SegmentTruncated, Regrown);

        ShmException Stopped(ShmErrorId id, string why) => MappingFaults.Stopped(id, mapping, offset, done, need, why);
    }

    /// <summary>The exception for an access that hit a page that was taken away.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="lost">The access's first byte in a lost page, from the start of the mapping.</param>
    /// <param name="offset">Where the access began.</param>
    /// <param name="doneBefore">Bytes of a longer access that came before it.</param>
    /// <param name="need">What was done.</param>
    /// <param name="how">What the fault itself told.</param>
    public static ShmException ExplainLoss(
        ShmMapping mapping, long lost, long offset, long doneBefore, ShmProtection need, GuardLoss how)
    {
        var backed = mapping.IsMounted ? mapping.BackedLength() : 0;
        var wasWritten = need.HasFlag(ShmProtection.Write) ? " What was written from there on is lost." : "";
        if (backed <= lost)
        {
            // The object ends within a page; the rest of that page isn't lost, but isn't the object's either.
            lost = Math.Max(backed, offset);
            return Lost(
                ShmErrorId.SegmentTruncated,
                $"another process made the object smaller, and {backed} bytes of the mapping are left.{wasWritten} "
                    + "Dismount it and mount it again, or wait until the object is larger.");
        }

        if ((how & (GuardLoss.Closed | GuardLoss.Unmapped)) != 0)
        {
            var isClosed = how.HasFlag(GuardLoss.Closed);
            return Lost(
                isClosed ? ShmErrorId.PageProtected : ShmErrorId.PageNotMapped,
                $"other code in this process has {(isClosed ? "closed" : "unmapped")} the page.{wasWritten} The next "
                    + "access finds it as its protection says.");
        }

        var start = lost / mapping.PageSize * mapping.PageSize;
        var isReadable = CanObjectBeRead(mapping, start) || IsBeyondEnd(mapping, start)
            || CanObjectBeRead(mapping, start);
        return !isReadable ? Lost(ShmErrorId.NoSpace, NoMemory(mapping))
            : TakesHugePage(mapping, need) ? Lost(ShmErrorId.NoSpace, NoHugePage)
            : Lost(ShmErrorId.SegmentTruncated, $"{Regrown}{wasWritten}");

        ShmException Lost(ShmErrorId id, string why) =>
            Stopped(id, mapping, lost, doneBefore + lost - offset, need, why);
    }

    private static ShmException Stopped(
        ShmErrorId id, ShmMapping mapping, long offset, long done, ShmProtection need, string why)
    {
        var verb = need.HasFlag(ShmProtection.Write) ? "Writing" : "Reading";
        return new ShmException(
            id,
            $"{verb} {mapping.Segment} stopped at offset {offset} (page {offset / mapping.PageSize}) after {done} "
                + $"bytes: {why}",
            mapping)
        { BytesDone = done };
    }

    private static string NoMemory(ShmMapping mapping) => "the page has no memory yet, and "
        + (mapping.Segment.Kind == ShmKind.Posix ? "/dev/shm is full." : "the host has none left for it.");

    /// <summary>Whether a write makes a huge page of the mapping's own.</summary>
    private static bool TakesHugePage(ShmMapping mapping, ShmProtection need) => mapping.IsCopyOnWrite
        && mapping.PageSize != Environment.SystemPageSize && need.HasFlag(ShmProtection.Write);

    /// <summary>Whether the object has memory for a page or can get it; tried where nobody else sees it.</summary>
    private static bool CanObjectBeRead(ShmMapping mapping, long offset)
    {
        if (mapping.Descriptor is not { } descriptor)
        {
            return false;
        }

        var address = Libc.mmap(
            0, (nuint)mapping.PageSize, Libc.PROT_READ, Libc.MAP_SHARED | Libc.MAP_NORESERVE, descriptor,
            mapping.Offset + offset);
        if (Libc.IsError(address))
        {
            return false;
        }

        var isReadable = CanBeRead(address);
        _ = Libc.munmap(address, (nuint)mapping.PageSize);
        return isReadable;
    }

    /// <summary>Whether a peer has shrunk the object since it was last checked.</summary>
    private static bool IsBeyondEnd(ShmMapping mapping, long offset) =>
        mapping.IsMounted && mapping.BackedLength() <= offset;

    /// <summary>The exception for pages whose state does not grant an access.</summary>
    public static ShmException Refused(ShmMapping mapping, ShmRegion region, long offset, ShmProtection need)
    {
        var page = offset / mapping.PageSize;
        return region.State == ShmRegionState.Hole
            ? new ShmException(
                ShmErrorId.PageNotMapped,
                $"Page {page} (offset {page * mapping.PageSize}) of the mapping of {mapping.Segment} was unmapped "
                    + "or replaced. Mount the segment again to reach it.",
                mapping)
            : new ShmException(
                ShmErrorId.PageProtected,
                $"Page {page} (offset {page * mapping.PageSize}) of the mapping of {mapping.Segment} allows "
                    + $"{region.Protection}, not {need}.",
                mapping);
    }

    /// <summary>Whether the kernel can fetch one byte there, allocating memory if it has any.</summary>
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
}
