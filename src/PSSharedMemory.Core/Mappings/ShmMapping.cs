using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// A segment attached to this process. Every access, from any thread, is first checked against the page states; after
/// <see cref="Dispose"/> it throws MappingDismounted.
/// </summary>
public sealed unsafe partial class ShmMapping : IDisposable
{
    private static long s_lastSequence;

    private string? _end;
    private LostPages? _lost;

    /// <param name="made">What has been attached; this mapping owns it from now on.</param>
    internal ShmMapping(MountAttempt made)
    {
        Gate = new MappingGate(this);
        Segment = made.Segment;
        Handle = made.Handle;
        Descriptor = made.Descriptor;
        Start = made.Handle.Address;
        Offset = made.Options.Offset;
        Length = made.Length;
        PageSize = made.PageSize;
        SetGuarded(made.IsGuarded);
        IsCopyOnWrite = made.Options.CopyOnWrite;
        IsLocked = made.Options.Lock;
        Protection = made.Options.Protection;
        Pages = new PageStates(MappedLength, Protection);
        Handle.Guard((nuint)MappedLength, PageSize);
        _entry = Handle.Ranges.OnlyEntry;
        SetReach();
        Sequence = Interlocked.Increment(ref s_lastSequence);
        Handle.BecomeLive(this);
    }

    /// <summary>The segment as it was when it was mounted, or last resized by this process.</summary>
    public ShmSegment Segment { get; private set; }

    /// <summary>Where it lies in this process.</summary>
    public long Address => Start;

    /// <summary>The address as text: "0x7f0012340000".</summary>
    public string HexAddress => FormattableString.Invariant($"0x{Address:x}");

    /// <summary>Its address in this process, as the C library takes it.</summary>
    internal nint Start { get; private set; }

    /// <summary>Bytes from the start of the segment.</summary>
    public long Offset { get; }

    /// <summary>Bytes that can be read and written.</summary>
    public long Length { get; private set; }

    /// <summary>What the pages allowed when it was mounted; <see cref="Regions"/> has what they allow now.</summary>
    public ShmProtection Protection { get; }

    /// <summary>Bytes of one page of this memory.</summary>
    public long PageSize { get; }

    /// <summary>Whether writes stay in this mapping.</summary>
    public bool IsCopyOnWrite { get; }

    /// <summary>Whether it can still be used.</summary>
    public bool IsMounted => Volatile.Read(ref _end) is null;

    /// <summary>
    /// Whether another process or a lack of memory can take pages away: the object can be truncated, or has unreserved
    /// or huge pages. The guard turns that into an error.
    /// </summary>
    public bool IsGuarded { get; private set; }

    /// <summary>Every run of whole pages with one state and one protection, in order, holes included.</summary>
    public IReadOnlyList<ShmRegion> Regions
    {
        get
        {
            var slot = Gate.Enter();
            try
            {
                return Lost.Shown.ToRegions();
            }
            finally
            {
                MappingGate.Exit(Gate, slot);
            }
        }
    }

    /// <summary>A number that grows with every mount: the order in which two locks are taken.</summary>
    internal long Sequence { get; }

    /// <summary>Admits accesses, or one change.</summary>
    internal MappingGate Gate { get; }

    /// <summary>Owns the addresses.</summary>
    internal MappingHandle Handle { get; }

    /// <summary>What each page allows; read within an access, changed within a change.</summary>
    internal PageStates Pages { get; }

    /// <summary>What of it was taken away.</summary>
    internal LostPages Lost => _lost ?? Interlocked.CompareExchange(ref _lost, new LostPages(this), null) ?? _lost;

    /// <summary>The object's descriptor, if this mapping keeps one; valid while a lease is held.</summary>
    internal DescriptorHandle? Descriptor { get; }

    /// <summary>Whether it was mounted with its pages locked in RAM.</summary>
    internal bool IsLocked { get; }

    /// <summary>Bytes the kernel has mapped, in whole pages.</summary>
    internal long MappedLength => Alignment.RoundUp(Length, PageSize);

    /// <summary>Whether the kernel has to do the copying, since there is no guard.</summary>
    internal bool IsCopiedByKernel { get; private set; }

    /// <summary>
    /// Attaches a segment to this process. Never makes one, and never attaches another than the one listed: identity is
    /// checked once it's held and can no longer be replaced.
    /// </summary>
    /// <param name="segment">From a listing, however old.</param>
    /// <param name="options">How; by default read-write and whole.</param>
    /// <exception cref="ShmException">
    /// SegmentNotFound, IdentityChanged, AccessDenied, InvalidAddress, InvalidOffset, AddressInUse, OutOfRange,
    /// SizeMismatch (it has no bytes yet), PageProtected (to be populated, and nothing is allowed), NotSupportedByKind,
    /// LimitReached, NoSpace.
    /// </exception>
    public static ShmMapping Mount(ShmSegment segment, ShmMountOptions? options = null) =>
        MountAttempt.Run(segment, options ?? ShmMountOptions.Default);

    /// <summary>Attaches whichever POSIX object has a name now, without looking it up first.</summary>
    /// <param name="name">"/orders".</param>
    /// <param name="protection">What its pages allow.</param>
    /// <exception cref="ShmException">As <see cref="Mount"/>; InvalidName.</exception>
    public static ShmMapping MountName(string name, ShmProtection protection) =>
        MountAttempt.Run(name, new ShmMountOptions { Protection = protection });

    /// <summary>Changes what pages allow: mprotect(2).</summary>
    /// <param name="protection">The new protection.</param>
    /// <param name="offset">Bytes from the start of the mapping; a multiple of the page size.</param>
    /// <param name="length">Bytes, rounded up to whole pages; 0 for everything up to the end.</param>
    /// <exception cref="ShmException">
    /// MappingDismounted, InvalidOffset, OutOfRange, PageNotMapped, AccessDenied (more than it was mounted for),
    /// LimitReached (vm.max_map_count), SegmentInUse (a lock there is held).
    /// </exception>
    public void Protect(ShmProtection protection, long offset = 0, long length = 0) =>
        MappingChanges.Protect(this, protection, offset, length);

    /// <summary>
    /// Unmaps pages and leaves a hole. Its addresses stay reserved until the whole mapping goes: otherwise the runtime
    /// could place its own memory there, and a later unmapping would hit it.
    /// </summary>
    /// <param name="offset">Bytes from the start of the mapping; a multiple of the page size.</param>
    /// <param name="length">Bytes, rounded up to whole pages; 0 for everything up to the end.</param>
    /// <exception cref="ShmException">
    /// NotSupportedByKind (System V), MappingDismounted, InvalidOffset, OutOfRange, LimitReached, SegmentInUse (a lock
    /// there is held).
    /// </exception>
    public void Unmap(long offset, long length) => MappingChanges.Unmap(this, offset, length);

    /// <summary>Advises the kernel: madvise(2). Doesn't change what the pages allow.</summary>
    /// <param name="advice">The advice.</param>
    /// <param name="offset">Bytes from the start of the mapping; a multiple of the page size.</param>
    /// <param name="length">Bytes, rounded up to whole pages; 0 for everything up to the end.</param>
    /// <param name="cancellation">Checked between the pieces of a long range.</param>
    /// <exception cref="ShmException">
    /// MappingDismounted, InvalidOffset, OutOfRange, PageNotMapped, PageProtected (Remove and PopulateWrite need Write,
    /// PopulateRead needs Read), NotSupportedByKind, AccessDenied (sealed), SegmentTruncated, NoSpace.
    /// </exception>
    public void Advise(ShmAdvice advice, long offset = 0, long length = 0, CancellationToken cancellation = default) =>
        MappingAdvice.Give(this, advice, offset, length, cancellation);

    /// <summary>Adds seals to the memfd under it.</summary>
    /// <exception cref="ShmException">
    /// As <see cref="MemFdSegments.AddSeals(ShmSegment, ShmSeals)"/>; MappingDismounted.
    /// </exception>
    public void Seal(ShmSeals seals)
    {
        using var change = BeginChange();
        MemFdSegments.AddSeals(Segment, seals);
        Segment = ShmSegments.Refresh(Segment);
    }

    /// <summary>Sets the mode of the segment under it; the mapping stays as it is.</summary>
    /// <exception cref="ShmException">
    /// As <see cref="SegmentChanges.Apply(ShmSegment, ShmSegmentChange)"/>; MappingDismounted.
    /// </exception>
    public void SetMode(UnixFileMode mode)
    {
        using var change = BeginChange();
        Segment = SegmentChanges.Apply(Segment, new ShmSegmentChange { Mode = mode });
    }

    /// <summary>Whether the advice throws bytes away, of the segment or of this mapping.</summary>
    public bool LosesData(ShmAdvice advice) =>
        advice == ShmAdvice.Remove || (advice == ShmAdvice.DontNeed && IsCopyOnWrite);

    /// <summary>
    /// Detaches it, as <see cref="Dispose"/> does, but refuses while a thread of this process holds a lock in it.
    /// </summary>
    /// <exception cref="ShmException">MappingDismounted, SegmentInUse.</exception>
    public void Dismount()
    {
        ThrowIfDismounted();
        using (BeginChange())
        {
            ThrowIfHeld("dismount", 0, MappedLength);
        }

        Dispose();
    }

    /// <summary>Detaches it. Waits for copies under way in other threads.</summary>
    public void Dispose()
    {
        Gate.EnterWriteLock();
        try
        {
            if (_end is null)
            {
                End("it was dismounted");
                ReleaseIfUnheld();
            }
        }
        finally
        {
            Gate.ExitWriteLock();
        }
    }

    /// <exception cref="ShmException">MappingDismounted.</exception>
    public void ThrowIfDismounted()
    {
        if (_end is { } reason)
        {
            throw new ShmException(
                ShmErrorId.MappingDismounted, $"The mapping of {Segment} is gone: {reason}.",
                this);
        }
    }

    /// <summary>
    /// The POSIX object that this mapping holds, as it is now, once it has lost its last name; null if it has one, or
    /// cannot be looked at.
    /// </summary>
    public ShmSegment? FindRemoved()
    {
        if (!IsMounted || Segment is not { Kind: ShmKind.Posix, Name: { } name } || Descriptor is null)
        {
            return null;
        }

        var slot = Gate.Enter();
        try
        {
            return Libc.statx(Descriptor, Libc.STATX_BASIC_STATS, out var data) >= 0 && data.stx_nlink == 0
                ? new ShmSegment(SegmentDescription.Of(ShmKind.Posix, name, data))
                {
                    Status = ShmSegmentStatus.RemovalPending,
                }
                : null;
        }
        finally
        {
            MappingGate.Exit(Gate, slot);
        }
    }

    /// <summary>"/name at 0x7f…".</summary>
    public override string ToString() => $"{Segment} at 0x{Address:x}";
}
