using System;
using System.Globalization;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Following an object to another size.</summary>
public sealed unsafe partial class ShmMapping
{
    /// <summary>Keeps every other thread out if the mapping is live and of that segment.</summary>
    /// <returns>Whether it is held: <see cref="Release"/> ends that.</returns>
    internal bool TryHold(ShmSegment segment)
    {
        if (!Segment.IsSame(segment))
        {
            return false;
        }

        _lock.EnterWriteLock();
        if (_end is null)
        {
            return true;
        }

        _lock.ExitWriteLock();
        return false;
    }

    internal void Release() => _lock.ExitWriteLock();

    /// <summary>
    /// Brings the mapping, which is held, to the new size of its object: one that reaches to the object's end goes
    /// on doing so, and none reaches beyond it.
    /// </summary>
    /// <param name="now">The segment at its new size.</param>
    /// <param name="descriptor">Of the object, open for reading and writing.</param>
    /// <returns>Null, or why it stays as it is.</returns>
    internal string? Follow(ShmSegment now, DescriptorHandle descriptor)
    {
        SettleWithin();
        var rest = now.Size - Offset;
        var reachesToEnd = Offset + Length == Segment.Size;
        var length = reachesToEnd ? rest : Math.Min(Length, rest);
        _backed = Math.Max(0, rest);
        if (length <= 0)
        {
            // Where no guard stands, no plain copy would survive a touch of what is gone.
            if (!FaultGuard.IsActive && !IsGuarded && FindHold(0, MappedLength) is null)
            {
                MakeHole(0, MappedLength);
            }

            IsGuarded = true;
            return string.Create(CultureInfo.InvariantCulture, $"it begins at offset {Offset}, where nothing is left");
        }

        var (before, after) = (MappedLength, RoundUp(length, PageSize));
        var reason = after < before ? CutEnd(before, after) : after > before ? AddPages(before, after, descriptor) : null;
        if (reason is null)
        {
            Length = length;
            Segment = now;
        }
        else if (after < before)
        {
            IsGuarded = true;
        }

        return reason;
    }

    private string? CutEnd(long before, long after)
    {
        if (FindHold(after, before - after) is { } place)
        {
            return $"thread {place.ThreadId} of this process holds the mutex at offset {place.Offset}";
        }

        var result = Libc.munmap(Address + (nint)after, (nuint)(before - after));
        if (result < 0)
        {
            return $"munmap of its end failed with {NativeError.Name(-result)}";
        }

        Moved(Address, before, after, Protection);
        return null;
    }

    private string? AddPages(long before, long after, DescriptorHandle descriptor)
    {
        var refusal = 0;
        if (_pages.Single is { State: ShmRegionState.Mapped } all)
        {
            // What a thread of this process is linked to stays where it is.
            var flag = FindHold(0, before) is null ? Libc.MREMAP_MAYMOVE : 0;
            var address = Libc.mremap(Address, (nuint)before, (nuint)after, flag);
            if (!Libc.IsError(address))
            {
                Moved(address, before, after, all.Protection);
                return null;
            }

            refusal = (int)-address;
        }

        // Areas that differ are not moved at once, and huge pages do not grow: there may be room behind the end.
        var flags = (IsCopyOnWrite ? Libc.MAP_PRIVATE : Libc.MAP_SHARED) | Libc.MAP_FIXED_NOREPLACE | Libc.MAP_NORESERVE;
        var end = Address + (nint)before;

        // What was mounted for reading is not to be widened by its new pages.
        var writes = Protection.HasFlag(ShmProtection.Write) && !IsCopyOnWrite;
        using var reader = writes ? null : MemFdSegments.TryReopenForReading(descriptor);
        var tail = Libc.mmap(end, (nuint)(after - before), (int)Protection, flags, reader ?? descriptor, Offset + before);
        if (tail == end)
        {
            Moved(Address, before, after, Protection);
            return null;
        }

        if (!Libc.IsError(tail))
        {
            // A kernel before 4.17 takes the address as a hint.
            _ = Libc.munmap(tail, (nuint)(after - before));
            tail = -(int)Errno.EEXIST;
        }

        var why = refusal == 0
            ? "its pages are not all alike, and the kernel moves only one area of like pages (mremap)"
            : $"the kernel does not move it (mremap: {NativeError.Name(refusal)})";
        why = tail == -(int)Errno.EEXIST
            ? $"{why}, and the addresses behind it are taken"
            : $"{why}, and pages cannot be added behind it (mmap: {NativeError.Name((int)-tail)})";
        return WhyItStays() is { } reason ? $"{why}; {reason}" : MapAnew(before, after, reader ?? descriptor) is { } failed ? $"{why}; {failed}" : null;
    }

    /// <summary>What would be lost if the object were mapped once more, elsewhere, instead of moved; null if nothing.</summary>
    private string? WhyItStays() =>
        IsCopyOnWrite ? "what it has written is in its own pages alone"
        : _isLocked || _isAdvised ? "it was locked in RAM or advised, which a new mapping would not be"
        : FindHold(0, MappedLength) is { } place ? $"thread {place.ThreadId} of this process holds the mutex at offset {place.Offset}"
        : AreaBudget.Has(_pages.Count + 1) ? null
        : "this process has no areas left for another mapping (vm.max_map_count)";

    /// <summary>
    /// Maps the object once more at its new size, gives the pages what the books say, and only then lets go of the old
    /// place: the bytes are the object's own, so nothing has to be moved.
    /// </summary>
    private string? MapAnew(long before, long after, DescriptorHandle source)
    {
        var address = Libc.mmap(0, (nuint)after, (int)Protection, Libc.MAP_SHARED | Libc.MAP_NORESERVE, source, Offset);
        if (Libc.IsError(address))
        {
            return $"it cannot be mapped elsewhere (mmap: {NativeError.Name((int)-address)})";
        }

        foreach (var region in _pages.ToArray())
        {
            var start = address + (nint)region.Offset;
            var result = region.State == ShmRegionState.Hole ? Libc.mmap(start, (nuint)region.Length, Libc.PROT_NONE, HoleFlags, -1, 0)
                : Libc.mprotect(start, (nuint)region.Length, (int)region.Protection);
            if (Libc.IsError(result))
            {
                _ = Libc.munmap(address, (nuint)after);
                return $"it cannot be mapped elsewhere as it is ({NativeError.Name((int)-result)})";
            }
        }

        _ = Libc.munmap(Address, (nuint)before);
        Moved(address, before, after, Protection);
        return null;
    }

    private void Moved(nint address, long before, long after, ShmProtection protection)
    {
        _handle.Move(address, (nuint)after);
        Address = address;
        _entry = _handle.Entry;
        _settledHits = 0;
        _pages.Resize(before, after, protection);
        _handle.SetAreas(_pages.Count);
    }
}
