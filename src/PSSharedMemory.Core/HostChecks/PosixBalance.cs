using System.Collections.Generic;
using System.Linq;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Where the memory of a file system of POSIX objects is: used = listed + removed but held + other files + unknown, in
/// bytes, each object once however many names it has. What could not be read is null, and so is the rest that hangs on
/// it.
/// </summary>
internal sealed record PosixBalance
{
    // What is made or removed between the looks makes parts that don't fit; another look helps, unless it goes on.
    private const int Looks = 5;

    /// <summary>What the file system says is used (statfs); null where it has no limit and so keeps no count.</summary>
    public long? Used { get; private init; }

    /// <summary>What it can hold; null for no limit.</summary>
    public long? Size { get; private init; }

    /// <summary>In objects that have a name.</summary>
    public long Listed { get; private init; }

    /// <summary>In objects without a name that processes hold; null where nobody looked for holders.</summary>
    public long? RemovedButHeld { get; private init; }

    /// <summary>In directories, links and so on.</summary>
    public long OtherFiles { get; private init; }

    /// <summary>
    /// The rest: objects whose descriptor is under way in a socket, those of processes and directories that cannot be
    /// read. Null if it is unknown.
    /// </summary>
    public long? Unknown => Used - Listed - RemovedButHeld - OtherFiles is { } rest and >= 0 ? rest : null;

    /// <summary>All that was found.</summary>
    public PosixListing Listing { get; private init; } = new([], []);

    /// <summary>Draws it up.</summary>
    /// <param name="system">The file system.</param>
    /// <param name="scan">What each process holds; null where that was not asked.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ShmException">It cannot be listed.</exception>
    public static PosixBalance Read(
        PosixFileSystem system, AttachmentScan? scan, CancellationToken cancellation = default)
    {
        for (var look = 1; ; look++)
        {
            var before = RoomOf(system).Used;
            var listing = system.List(cancellation);
            var (size, used) = RoomOf(system);
            if ((used == before && IsPlausible(listing, used)) || look == Looks)
            {
                return new PosixBalance
                {
                    Used = used,
                    Size = size,
                    Listed = listing.Segments.DistinctBy(SegmentKey.Of).Sum(static segment => segment.Allocated ?? 0),
                    RemovedButHeld = scan is null ? null : RemovedOf(system, scan, listing),
                    OtherFiles = listing.Others.Sum(static entry => entry.Bytes),
                    Listing = listing,
                };
            }
        }
    }

    private static bool IsPlausible(PosixListing listing, long? used) =>
        used is null
            || listing.Segments.DistinctBy(SegmentKey.Of).Sum(static segment => segment.Allocated ?? 0) <= used;

    private static TmpfsRoom RoomOf(PosixFileSystem system) =>
        Libc.fstatfs(system.Root, out var data) >= 0 ? TmpfsRoom.Of(data) : default;

    private static long RemovedOf(PosixFileSystem system, AttachmentScan scan, PosixListing listing)
    {
        var device = PosixIdentity.Of(system.Root)?.Device;
        HashSet<SegmentKey> named = [.. listing.Segments.Select(SegmentKey.Of)];
        return scan.Attachments
            .Select(static attachment => attachment.Segment)
            .OfType<ShmSegment>()
            .Where(segment =>
                segment.Kind == ShmKind.Posix && segment.Device == device && !named.Contains(SegmentKey.Of(segment)))
            .DistinctBy(SegmentKey.Of)
            .Sum(static segment => segment.Allocated ?? 0);
    }
}
