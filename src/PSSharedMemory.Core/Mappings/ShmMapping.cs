using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// A segment attached to this process. Every access is checked against the pages' state first, and from any thread:
/// after <see cref="Dispose"/> there is only MappingDismounted.
/// </summary>
public sealed unsafe partial class ShmMapping : IDisposable
{
    private static long s_lastSequence;

    private readonly MappingGate _lock;
    private readonly MappingHandle _handle;
    private readonly PageStates _pages;
    private readonly DescriptorHandle? _descriptor;
    private readonly bool _isLocked;

    // What this process has left of the object itself, where the mapping keeps no descriptor to ask.
    private long _backed = long.MaxValue;
    private string? _end;

    /// <param name="segment">What was found when it was attached.</param>
    /// <param name="handle">Owns the addresses.</param>
    /// <param name="descriptor">Of the object: only a guarded mapping needs one, to ask how large the object is.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="pageSize">Bytes of one page of this memory.</param>
    /// <param name="isGuarded">Whether this memory can vanish.</param>
    /// <param name="options">As it was asked for.</param>
    internal ShmMapping(
        ShmSegment segment, MappingHandle handle, DescriptorHandle? descriptor, long length, long pageSize, bool isGuarded, ShmMountOptions options)
    {
        _lock = new MappingGate(this);
        Segment = segment;
        _handle = handle;
        _descriptor = descriptor;
        Address = handle.Address;
        Offset = options.Offset;
        Length = length;
        PageSize = pageSize;
        IsGuarded = isGuarded;
        IsCopyOnWrite = options.CopyOnWrite;
        _isLocked = options.Lock;
        Protection = options.Protection;
        _pages = new PageStates(MappedLength, options.Protection);
        _handle.Guard((nuint)MappedLength, pageSize, options.Protection);
        _entry = _handle.Entry;
        Sequence = Interlocked.Increment(ref s_lastSequence);
        LiveMappings.Add(this);
    }

    /// <summary>The segment as it was when it was mounted, or last resized by this process.</summary>
    public ShmSegment Segment { get; private set; }

    /// <summary>Where it lies in this process.</summary>
    public nint Address { get; private set; }

    /// <summary>Bytes from the start of the segment.</summary>
    public long Offset { get; }

    /// <summary>Bytes that can be read and written.</summary>
    public long Length { get; private set; }

    /// <summary>What the pages allowed when it was mounted; <see cref="Regions"/> has what they allow now.</summary>
    public ShmProtection Protection { get; }

    /// <summary>Bytes of one page of this memory.</summary>
    public long PageSize { get; }

    /// <summary>Whether what is written stays in this mapping.</summary>
    public bool IsCopyOnWrite { get; }

    /// <summary>Whether it can still be used.</summary>
    public bool IsMounted => Volatile.Read(ref _end) is null;

    /// <summary>
    /// Whether another process, or want of memory, can take pages away: an object that can be truncated, pages that
    /// were not reserved, huge pages. The guard makes an error of that.
    /// </summary>
    public bool IsGuarded { get; private set; }

    /// <summary>Every run of whole pages with one state and one protection, in order, holes included.</summary>
    public IReadOnlyList<ShmRegion> Regions
    {
        get
        {
            var slot = _lock.Enter();
            try
            {
                return ShownPages().ToRegions();
            }
            finally
            {
                _lock.Exit(slot);
            }
        }
    }

    /// <summary>A number that grows with every mount: the order in which two locks are taken.</summary>
    internal long Sequence { get; }

    /// <summary>Of the object, where this mapping keeps one; for as long as a lease is held.</summary>
    internal DescriptorHandle? Descriptor => _descriptor;

    /// <summary>Bytes in whole pages: what the kernel has mapped.</summary>
    internal long MappedLength => RoundUp(Length, PageSize);

    /// <summary>Detaches it. Waits for copies in other threads that are under way.</summary>
    public void Dispose() => End("it was dismounted");

    /// <exception cref="ShmException">MappingDismounted.</exception>
    public void ThrowIfDismounted() => CheckMounted();

    /// <summary>"/name at 0x7f…".</summary>
    public override string ToString() => $"{Segment} at 0x{Address:x}";

    /// <summary>Rounds up to a multiple of the page size.</summary>
    internal static long RoundUp(long value, long pageSize) => Alignment.RoundUp(value, pageSize);

    /// <summary>The right to touch a range, checked.</summary>
    /// <param name="offset">Bytes from the start of the mapping.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="need">What is going to be done.</param>
    /// <exception cref="ShmException">MappingDismounted, OutOfRange, PageNotMapped, PageProtected.</exception>
    internal MappingLease Lease(long offset, long length, ShmProtection need)
    {
        // By far the most frequent first, since an atomic instruction takes no longer than all of this.
        var slot = _lock.Enter();
        return IsGranted(offset, length, need)
            ? new MappingLease(_lock, slot, Address + (nint)offset)
            : CheckedLease(offset, length, need, slot);
    }

    /// <summary>Where a range lies, checked: for who holds a lease of this mapping already, and cannot take a second.</summary>
    /// <exception cref="ShmException">MappingDismounted, OutOfRange, PageNotMapped, PageProtected.</exception>
    internal nint LeasedAddress(long offset, long length, ShmProtection need)
    {
        CheckMounted();
        CheckRange(offset, length);
        return length != 0 && _pages.FindRefusal(offset, length, need) is { } refusal
            ? throw Refused(refusal, Math.Max(offset, refusal.Offset), need)
            : Address + (nint)offset;
    }

    /// <summary>Bytes of the mapping that the object still backs: all of it, unless a peer truncated the object.</summary>
    internal long BackedLength()
    {
        if (!IsGuarded || _descriptor is null)
        {
            return Math.Min(_backed, Length);
        }

        var result = Libc.statx(_descriptor, Libc.STATX_SIZE, out var data);
        return result < 0
            ? throw NativeError.From(nameof(Libc.statx), -result, $"look at the size of {Segment}", this)
            : Math.Clamp((long)data.stx_size - Offset, 0, Length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsGranted(long offset, long length, ShmProtection need) =>
        _end is null && offset >= 0 && length > 0 && offset <= Length - length && _pages.AllAllow(need)
            && Volatile.Read(ref _entry->Hits) == _settledHits;

    private MappingLease CheckedLease(long offset, long length, ShmProtection need, MappingGate.ThreadSlot? slot)
    {
        if (IsUnsettled)
        {
            _lock.Exit(slot);
            Settle();
            slot = _lock.Enter();
        }

        try
        {
            return new MappingLease(_lock, slot, LeasedAddress(offset, length, need));
        }
        catch
        {
            _lock.Exit(slot);
            throw;
        }
    }

    private void End(string reason)
    {
        _lock.EnterWriteLock();
        try
        {
            if (_end is not null)
            {
                return;
            }

            Volatile.Write(ref _end, reason);
            LiveMappings.Remove(this);
            ReleaseIfUnheld();
            ReleaseDescriptor();
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    /// <summary>A memfd's descriptor is the segment's own and outlives the mapping.</summary>
    private void ReleaseDescriptor()
    {
        if (!ReferenceEquals(_descriptor, Segment.Descriptor))
        {
            _descriptor?.Dispose();
        }
    }

    private void CheckMounted()
    {
        if (_end is { } reason)
        {
            throw new ShmException(
                ShmErrorId.MappingDismounted, $"The mapping of {Segment} is gone: {reason}. Mount the segment again.", this);
        }
    }

    private void CheckRange(long offset, long length)
    {
        if (offset < 0 || length < 0 || offset > Length - length)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                $"{length} bytes at offset {offset} are not within the mapping of {Segment}, which has {Length} bytes.",
                this);
        }
    }
}
