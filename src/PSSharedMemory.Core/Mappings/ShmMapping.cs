using System;
using System.IO;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// A segment attached to this process. Every access, from any thread, is first checked against the page states; after
/// <see cref="Dispose"/> it throws MappingDismounted.
/// </summary>
public sealed unsafe partial class ShmMapping : IDisposable
{
    private static readonly bool LoadsAreReordered = RuntimeInformation.ProcessArchitecture != Architecture.X64;

    private static long s_lastSequence;

    // The size this process last gave the object, if the mapping keeps no descriptor to ask.
    private long _backed = long.MaxValue;
    private string? _end;
    private RangeHolds? _holds;

    // How far a common access may go without further checks: 0 while pages differ, where the kernel copies, or after a
    // dismount.
    private long _readable;
    private long _writable;
    private long _changeable;

    // The guard's counter, and the count that the page states reflect.
    private GuardEntry* _entry;
    private long _settledHits;

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
        _entry = Handle.Entry;
        Lost = new LostPages(this);
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
    internal LostPages Lost { get; }

    /// <summary>The same behind an access.</summary>
    internal bool HasLostBy
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (LoadsAreReordered)
            {
                // Loads may be made in another order there: the count after what it is about.
                Thread.MemoryBarrier();
            }

            return HasLost;
        }
    }

    /// <summary>Whether anything is lost. Within a lease.</summary>
    internal bool HasLost
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Volatile.Read(ref _entry->Hits) != _settledHits;
    }

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
    /// <param name="protection">What they allow from now on.</param>
    /// <param name="offset">Bytes from the start of the mapping; a multiple of the page size.</param>
    /// <param name="length">Bytes, rounded up to whole pages; 0 for all to the end.</param>
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
    /// <param name="length">Bytes, rounded up to whole pages; 0 for all to the end.</param>
    /// <exception cref="ShmException">
    /// NotSupportedByKind (System V), MappingDismounted, InvalidOffset, OutOfRange, LimitReached, SegmentInUse (a lock
    /// there is held).
    /// </exception>
    public void Unmap(long offset, long length) => MappingChanges.Unmap(this, offset, length);

    /// <summary>Advises the kernel: madvise(2). Doesn't change what the pages allow.</summary>
    /// <param name="advice">What is said of the pages.</param>
    /// <param name="offset">Bytes from the start of the mapping; a multiple of the page size.</param>
    /// <param name="length">Bytes, rounded up to whole pages; 0 for all to the end.</param>
    /// <param name="cancellation">Looked at between the pieces of a long range.</param>
    /// <exception cref="ShmException">
    /// MappingDismounted, InvalidOffset, OutOfRange, PageNotMapped, PageProtected (Remove and PopulateWrite need Write,
    /// PopulateRead needs Read), NotSupportedByKind, AccessDenied (sealed), SegmentTruncated, NoSpace.
    /// </exception>
    public void Advise(ShmAdvice advice, long offset = 0, long length = 0, CancellationToken cancellation = default) =>
        MappingAdvice.Give(this, advice, offset, length, cancellation);

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

    /// <summary>"/name at 0x7f…".</summary>
    public override string ToString() => $"{Segment} at 0x{Address:x}";

    /// <summary>The right to touch a range, checked.</summary>
    /// <param name="offset">Bytes from the start of the mapping.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="need">What is going to be done.</param>
    /// <exception cref="ShmException">MappingDismounted, OutOfRange, PageNotMapped, PageProtected.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal MappingLease Lease(long offset, long length, ShmProtection need)
    {
        // The most common case first: an atomic instruction takes no longer than all of this.
        var slot = Gate.Enter();
        return IsPlain(offset, length, need)
            ? new MappingLease(Gate, slot, Start + (nint)offset)
            : CheckedLease(offset, length, need, slot);
    }

    /// <summary>Whether a range can be touched without further checks. Within a lease.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsPlain(long offset, long length, ShmProtection need)
    {
        var reach = need switch
        {
            ShmProtection.Read => _readable,
            ShmProtection.Write => _writable,
            ShmProtection.Read | ShmProtection.Write => _changeable,
            _ => 0,
        };
        return offset >= 0 && length > 0 && offset <= reach - length && !HasLost;
    }

    /// <summary>The slow path of <see cref="Lease"/>, once the gate is entered.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal MappingLease CheckedLease(long offset, long length, ShmProtection need, ThreadSlot? slot)
    {
        if (Lost.IsUnsettled)
        {
            MappingGate.Exit(Gate, slot);
            Lost.Settle();
            slot = Gate.Enter();
        }

        try
        {
            return new MappingLease(Gate, slot, LeasedAddress(offset, length, need));
        }
        catch
        {
            MappingGate.Exit(Gate, slot);
            throw;
        }
    }

    /// <summary>
    /// Ends the lease of an access that can't have thrown, with the check of
    /// <see cref="ThrowIfLost(long, long, ShmProtection, long)"/>.
    /// </summary>
    /// <exception cref="ShmException">SegmentTruncated, NoSpace, PageNotMapped, PageProtected.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void EndLease(MappingLease lease, long offset, long length, ShmProtection need)
    {
        if (HasLostBy)
        {
            EndLostLease(lease, offset, length, need);
        }
        else
        {
            lease.Dispose();
        }
    }

    /// <summary>The checked address of a range, for callers that already hold a lease of this mapping.</summary>
    /// <exception cref="ShmException">MappingDismounted, OutOfRange, PageNotMapped, PageProtected.</exception>
    internal nint LeasedAddress(long offset, long length, ShmProtection need)
    {
        ThrowIfDismounted();
        CheckRange(offset, length);
        return length != 0 && Pages.FindRefusal(offset, length, need) is { } refusal
            ? throw MappingFaults.Refused(this, refusal, Math.Max(offset, refusal.Offset), need)
            : Start + (nint)offset;
    }

    /// <summary>A lease of a place that the calling thread holds: it exists even after a dismount.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal MappingLease LeaseOfHeld(nint address) => LeaseOfHeld(ThreadSlot.Mine, address);

    /// <summary>The same for callers that know the thread's slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal MappingLease LeaseOfHeld(ThreadSlot mine, nint address) =>
        new(Gate, Gate.Enter(mine), address);

    /// <summary>
    /// The check after an access, within its lease: throws if one of its pages was lost, so that zeros were read and
    /// nobody sees what was written.
    /// </summary>
    /// <param name="offset">Where the access began: bytes from the start of the mapping.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="need">What was done.</param>
    /// <param name="doneBefore">Bytes of a longer access that came before, for the exception.</param>
    /// <exception cref="ShmException">
    /// SegmentTruncated, NoSpace, PageNotMapped, PageProtected; with BytesDone.
    /// </exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void ThrowIfLost(long offset, long length, ShmProtection need, long doneBefore = 0)
    {
        if (HasLostBy)
        {
            Lost.Throw(offset, length, need, doneBefore);
        }
    }

    /// <summary>
    /// Bytes of the mapping that the object still backs: all, unless a peer has truncated the object.
    /// </summary>
    internal long BackedLength()
    {
        if (!IsGuarded || Descriptor is null)
        {
            return Math.Min(_backed, Length);
        }

        var result = Libc.statx(Descriptor, Libc.STATX_SIZE, out var data);
        return result < 0
            ? throw NativeError.From(nameof(Libc.statx), -result, $"look at the size of {Segment}", this)
            : Math.Clamp((long)data.stx_size - Offset, 0, Length);
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
                ? SegmentDescription.Of(ShmKind.Posix, name, data) with { Status = ShmSegmentStatus.RemovalPending }
                : null;
        }
        finally
        {
            MappingGate.Exit(Gate, slot);
        }
    }

    /// <exception cref="ShmException">OutOfRange.</exception>
    internal void CheckRange(long offset, long length)
    {
        if (offset < 0 || length < 0 || offset > Length - length)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                $"{length} bytes at offset {offset} are not within the mapping of {Segment}, which has {Length} bytes.",
                this);
        }
    }

    /// <summary>Keeps all accesses out until the returned object is disposed; lost pages are settled first.</summary>
    /// <exception cref="ShmException">MappingDismounted.</exception>
    internal MappingChange BeginChange()
    {
        Gate.EnterWriteLock();
        try
        {
            ThrowIfDismounted();
            Lost.SettleWithin();
            return new MappingChange(Gate);
        }
        catch
        {
            Gate.ExitWriteLock();
            throw;
        }
    }

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

    /// <summary>
    /// Registers who is asked before pages go. Called within a lease, before the first place is held: a held place
    /// keeps this object and its memory, even after <see cref="Dispose"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void AskBeforeChange(RangeHolds holds)
    {
        if (_holds is null)
        {
            Volatile.Write(ref _holds, holds);
        }
    }

    /// <summary>A place is released. Within a lease.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void EndHold()
    {
        if (_end is not null)
        {
            ReleaseIfUnheld();
        }
    }

    /// <summary>The same outside a lease: for a place that was lost, or whose thread has ended.</summary>
    internal void EndLostHold()
    {
        using var lease = LeaseOfHeld(0);
        EndHold();
    }

    /// <summary>A place within the range that a thread of this process holds; null for none.</summary>
    internal (long Offset, int ThreadId)? FindHold(long offset, long length) => _holds?.Find(this, offset, length);

    /// <exception cref="ShmException">SegmentInUse.</exception>
    internal void ThrowIfHeld(string verb, long offset, long length)
    {
        if (FindHold(offset, length) is { } place)
        {
            throw new ShmException(
                ShmErrorId.SegmentInUse,
                $"Cannot {verb} {this}: thread {place.ThreadId} of this process holds the mutex at offset "
                    + $"{place.Offset}. Unlock it first.",
                this);
        }
    }

    /// <summary>Another mapping has replaced it. Within a change.</summary>
    internal void BecomeReplaced() => End("another mapping replaced it");

    /// <summary>Its memory can vanish from now on.</summary>
    internal void BecomeGuarded()
    {
        SetGuarded(true);
        SetReach();
    }

    /// <summary>The object's size, if no descriptor tells. Within a change.</summary>
    internal void SetBacked(long length) => _backed = length;

    /// <summary>The object has another size, and the mapping as well. Within a change.</summary>
    internal void BecomeSized(ShmSegment now, long length)
    {
        Segment = now;
        Length = length;
        SetReach();
    }

    /// <summary>Its address or end has changed. Within a change.</summary>
    /// <param name="address">Where it begins.</param>
    /// <param name="before">Bytes it had, in whole pages.</param>
    /// <param name="after">Bytes it has, in whole pages.</param>
    /// <param name="protection">What the added pages allow.</param>
    internal void BecomeMoved(nint address, long before, long after, ShmProtection protection)
    {
        Handle.Move(address, (nuint)after);
        Start = address;
        _entry = Handle.Entry;
        Pages.Resize(before, after, protection);
        NotePages(0);
    }

    /// <summary>The page states have changed. Within a change.</summary>
    /// <param name="settledHits">The guard's count that they reflect; -1 makes every access check.</param>
    internal void NotePages(long settledHits)
    {
        _settledHits = settledHits;
        NotePages();
    }

    /// <summary>The same if nothing turned out to be lost.</summary>
    internal void NotePages()
    {
        Handle.SetAreas(Pages.Count);
        SetReach();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EndLostLease(MappingLease lease, long offset, long length, ShmProtection need)
    {
        using (lease)
        {
            Lost.Throw(offset, length, need, 0);
        }
    }

    private void SetGuarded(bool isGuarded)
    {
        IsGuarded = isGuarded;
        IsCopiedByKernel = isGuarded && !FaultGuard.IsActive;
    }

    private void SetReach()
    {
        var isPlain = _end is null && !IsCopiedByKernel;
        _readable = isPlain && Pages.AllAllow(ShmProtection.Read) ? Length : 0;
        _writable = isPlain && Pages.AllAllow(ShmProtection.Write) ? Length : 0;
        _changeable = Math.Min(_readable, _writable);
    }

    /// <summary>A memfd's descriptor is the segment's own and outlives the mapping. Within a change.</summary>
    private void End(string reason)
    {
        Volatile.Write(ref _end, reason);
        SetReach();
        if (!ReferenceEquals(Descriptor, Segment.Descriptor))
        {
            Descriptor?.Dispose();
        }
    }

    /// <summary>
    /// Releases the addresses, unless a thread still holds something there: then its last unlock does.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ReleaseIfUnheld()
    {
        // Two threads that let go at once mustn't each see the other's hold. An unlocking thread drops its hold and
        // then checks whether the mapping has ended, without a barrier of its own.
        if (_holds is not null)
        {
            Interlocked.MemoryBarrierProcessWide();
        }

        if (FindHold(0, long.MaxValue) is null)
        {
            Handle.Dispose();
        }
    }
}
