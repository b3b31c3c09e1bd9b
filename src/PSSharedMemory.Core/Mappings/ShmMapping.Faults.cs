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
        return Libc.process_vm_readv(Environment.ProcessId, (nint)(&probe), address, 1) == 1;
    }

    /// <summary>What the kernel's own list of areas says of an address; null where nothing is mapped.</summary>
    private static ShmProtection? KernelProtection(nint address) =>
        OwnAreas.AccessAt(address) is not { } access ? null
            : (access.HasFlag(AreaAccess.Read) ? ShmProtection.Read : 0)
            | (access.HasFlag(AreaAccess.Write) ? ShmProtection.Write : 0)
            | (access.HasFlag(AreaAccess.Execute) ? ShmProtection.Execute : 0);

    private static string Capital(string verb) => string.Concat(char.ToUpperInvariant(verb[0]).ToString(), verb.AsSpan(1));
}
