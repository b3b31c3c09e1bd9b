using System;
using System.Globalization;
using System.Linq;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Brings one mapping, held exclusively, to the new size of its object.</summary>
/// <param name="mapping">The mapping; no access is under way, and none begins.</param>
/// <param name="now">The segment at its new size.</param>
/// <param name="descriptor">Of the object, open for reading and writing.</param>
internal sealed class MappingFollow(ShmMapping mapping, ShmSegment now, DescriptorHandle descriptor)
{
    /// <summary>A mapping that reached the object's end still does, and none reaches beyond it.</summary>
    /// <returns>Null, or why it stays as it is.</returns>
    public string? Run()
    {
        mapping.Lost.SettleWithin();
        var rest = now.Size - mapping.Offset;
        var reachesToEnd = mapping.Offset + mapping.Length == mapping.Segment.Size;
        var length = reachesToEnd ? rest : Math.Min(mapping.Length, rest);
        mapping.SetBacked(Math.Max(0, rest));
        if (length <= 0)
        {
            // Without the guard, a plain copy wouldn't survive touching what is gone.
            if (!FaultGuard.IsActive && !mapping.IsGuarded && mapping.FindHold(0, mapping.MappedLength) is null)
            {
                MappingChanges.MakeHole(mapping, 0, mapping.MappedLength);
            }

            mapping.BecomeGuarded();
            return string.Create(
                CultureInfo.InvariantCulture, $"it begins at offset {mapping.Offset}, where nothing is left");
        }

        var (before, after) = (mapping.MappedLength, Alignment.RoundUp(length, mapping.PageSize));
        var reason = after < before ? CutEnd(before, after) : after > before ? AddPages(before, after) : null;
        if (reason is null)
        {
            mapping.BecomeSized(now, length);
        }
        else if (after < before)
        {
            mapping.BecomeGuarded();
        }

        return reason;
    }

    private string? CutEnd(long before, long after)
    {
        if (mapping.FindHold(after, before - after) is { } place)
        {
            return Held(place);
        }

        var end = mapping.Start + (nint)before;
        foreach (var part in mapping.Handle.Ranges.Within(mapping.Start + (nint)after, end).ToArray())
        {
            var result = Libc.munmap(part.Start, (nuint)part.Length);
            if (result < 0)
            {
                return $"munmap of its end failed with {NativeError.Name(-result)}";
            }
        }

        mapping.BecomeMoved(mapping.Start, before, after, mapping.Protection);
        return null;
    }

    private string? AddPages(long before, long after)
    {
        var refusal = 0;
        if (mapping.Pages.Single is { State: ShmRegionState.Mapped } all)
        {
            // What a thread's robust list leads into must stay where it is.
            var flag = mapping.FindHold(0, before) is null ? Libc.MREMAP_MAYMOVE : 0;
            var address = Libc.mremap(mapping.Start, (nuint)before, (nuint)after, flag);
            if (!Libc.IsError(address))
            {
                mapping.BecomeMoved(address, before, after, all.Protection);
                return null;
            }

            refusal = (int)-address;
        }

        // New pages mustn't widen what was mounted for reading.
        var writes = mapping.Protection.HasFlag(ShmProtection.Write) && !mapping.IsCopyOnWrite;
        using var reader = writes ? null : MemFdSegments.TryReopenForReading(descriptor);
        var tail = MapTail(before, after, reader ?? descriptor);
        if (!Libc.IsError(tail))
        {
            mapping.BecomeMoved(mapping.Start, before, after, mapping.Protection);
            return null;
        }

        var why = refusal == 0
            ? "its pages differ, and the kernel moves only one area of equal pages (mremap)"
            : $"the kernel does not move it (mremap: {NativeError.Name(refusal)})";
        why = tail == -(int)Errno.EEXIST
            ? $"{why}, and the addresses behind it are taken"
            : $"{why}, and pages cannot be added behind it (mmap: {NativeError.Name((int)-tail)})";
        return WhyItStays() is { } reason ? $"{why}; {reason}"
            : MapAnew(before, after, reader ?? descriptor) is { } failed ? $"{why}; {failed}"
            : null;
    }

    /// <summary>
    /// Differing areas cannot be moved in one step, and huge pages don't grow: but there may be room behind the end.
    /// </summary>
    private nint MapTail(long before, long after, DescriptorHandle source)
    {
        if (!AreaBudget.Has(1))
        {
            return -(int)Errno.ENOMEM;
        }

        var flags = (mapping.IsCopyOnWrite ? Libc.MAP_PRIVATE : Libc.MAP_SHARED)
            | Libc.MAP_FIXED_NOREPLACE | Libc.MAP_NORESERVE;
        var end = mapping.Start + (nint)before;
        var tail = Libc.mmap(
            end, (nuint)(after - before), (int)mapping.Protection, flags, source, mapping.Offset + before);
        if (tail == end || Libc.IsError(tail))
        {
            return tail;
        }

        // A kernel before 4.17 takes the address as a hint.
        _ = Libc.munmap(tail, (nuint)(after - before));
        return -(int)Errno.EEXIST;
    }

    /// <summary>
    /// What would be lost if the object were mapped again elsewhere instead of moved; null if nothing.
    /// </summary>
    private string? WhyItStays() =>
        mapping.IsCopyOnWrite ? "its changes are in its own pages alone"
        : mapping.IsLocked || mapping.Pages.HasAdvice
            ? "it was locked in RAM or advised, which a new mapping would not be"
        : mapping.FindHold(0, mapping.MappedLength) is { } place ? Held(place)
        : AreaBudget.Has(mapping.Pages.Count + 1) ? null
        : "this process has no areas left for another mapping (vm.max_map_count)";

    /// <summary>
    /// Maps the object again at its new size, restores the page states, and only then releases the old place: the bytes
    /// are the object's own, so nothing has to be copied.
    /// </summary>
    private string? MapAnew(long before, long after, DescriptorHandle source)
    {
        var address = Libc.mmap(
            0, (nuint)after, (int)mapping.Protection, Libc.MAP_SHARED | Libc.MAP_NORESERVE, source, mapping.Offset);
        if (Libc.IsError(address))
        {
            return $"it cannot be mapped elsewhere (mmap: {NativeError.Name((int)-address)})";
        }

        foreach (var region in mapping.Pages.ToArray())
        {
            var start = address + (nint)region.Offset;
            var result = region.State == ShmRegionState.Hole
                ? AddressReservation.Cover(start, (nint)region.Length)
                : Libc.mprotect(start, (nuint)region.Length, (int)region.Protection);
            if (Libc.IsError(result))
            {
                _ = Libc.munmap(address, (nuint)after);
                return $"it cannot be mapped elsewhere as it is ({NativeError.Name((int)-result)})";
            }
        }

        foreach (var part in mapping.Handle.Ranges.Within(mapping.Start, mapping.Start + (nint)before))
        {
            _ = Libc.munmap(part.Start, (nuint)part.Length);
        }

        mapping.BecomeMoved(address, before, after, mapping.Protection);
        return null;
    }

    private static string Held((long Offset, int ThreadId) place) =>
        $"thread {place.ThreadId} of this process holds the mutex at offset {place.Offset}";
}
