using System;
using System.Runtime.CompilerServices;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Pages of one mapping that were taken away while it was in use: noticed, told, and mapped again.</summary>
/// <param name="mapping">The mapping.</param>
internal sealed class LostPages(ShmMapping mapping)
{
    // Matches no count: while pages are lost, every access checks.
    public const long NeverSettled = -1;

    private GuardLoss _how;

    /// <summary>The guard's count that the page states reflect.</summary>
    public long SettledHits { get; set; }

    /// <summary>The page states, including what the guard has noted since.</summary>
    public PageStates Shown
    {
        get
        {
            if (!mapping.IsMounted || !HasNotes)
            {
                return mapping.Pages;
            }

            var shown = mapping.Pages.Copy();
            MarkLost(shown, take: false);
            return shown;
        }
    }

    /// <summary>Whether the page states need updating, or lost pages should be mapped again.</summary>
    public bool IsUnsettled => mapping.IsMounted && (HasNotes || mapping.Pages.HasLost);

    private OwnedRanges Ranges => mapping.Handle.Ranges;

    private bool HasNotes => Ranges.Hits != SettledHits;

    /// <summary>Whether a page of the range is lost. Within a lease.</summary>
    public bool Has(long offset, long length) => mapping.HasLost && FirstLost(offset, length) is not null;

    /// <summary>Throws where a page of the range is lost. Within a lease.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Throw(long offset, long length, ShmProtection need, long doneBefore)
    {
        if (FirstLost(offset, length) is { } lost)
        {
            throw MappingFaults.ExplainLoss(
                mapping, Math.Max(lost, offset), offset, doneBefore, need, HowLost() | _how);
        }
    }

    /// <summary>
    /// Updates the page states with what the guard has noted, and maps again what the object has. Not within an access:
    /// a change waits for accesses to end, so the thread would wait for itself.
    /// </summary>
    public void Settle()
    {
        if (!IsUnsettled || MappingGate.IsWithinAny)
        {
            return;
        }

        mapping.Gate.EnterWriteLock();
        try
        {
            SettleWithin();
        }
        finally
        {
            mapping.Gate.ExitWriteLock();
        }
    }

    /// <summary>The same within a change.</summary>
    public void SettleWithin()
    {
        if (!IsUnsettled)
        {
            return;
        }

        var hits = Ranges.Hits;
        _how |= MarkLost(mapping.Pages, take: true);
        if (_how.HasFlag(GuardLoss.Whole))
        {
            CloseHoles();
            _how &= ~GuardLoss.Whole;
        }

        MapAgain();
        if (mapping.Pages.HasLost)
        {
            hits = NeverSettled;
        }
        else
        {
            _how = GuardLoss.None;
            Ranges.RestoreAreas();
        }

        mapping.NotePages(hits);
    }

    /// <summary>Lost pages that the object has again are mapped again.</summary>
    private void MapAgain()
    {
        if (!mapping.Pages.HasLost || mapping.Descriptor is null)
        {
            return;
        }

        var backed = Alignment.RoundUp(mapping.BackedLength(), mapping.PageSize);
        var writes = mapping.Protection.HasFlag(ShmProtection.Write) && !mapping.IsCopyOnWrite;
        using var reader = writes ? null : MemFdSegments.TryReopenForReading(mapping.Descriptor);
        foreach (var lost in mapping.Pages.ToArray())
        {
            var length = Math.Min(lost.Offset + lost.Length, backed) - lost.Offset;
            if (lost.State != ShmRegionState.Lost || length <= 0)
            {
                continue;
            }

            var flags =
                Libc.MAP_FIXED | Libc.MAP_NORESERVE | (mapping.IsCopyOnWrite ? Libc.MAP_PRIVATE : Libc.MAP_SHARED);
            var address = Libc.mmap(
                mapping.Start + (nint)lost.Offset, (nuint)length, (int)lost.Protection, flags,
                reader ?? mapping.Descriptor, mapping.Offset + lost.Offset);
            if (Libc.IsError(address))
            {
                continue;
            }

            mapping.Pages.Change(
                lost.Offset, length, static region => region with { State = ShmRegionState.Mapped, Advice = 0 });
            if (mapping.IsLocked)
            {
                _ = Libc.mlock2(address, (nuint)length, Libc.MLOCK_ONFAULT);
            }
        }

        // A fault that began earlier may cover a page with zeros again, but has counted it by then.
        FaultGuard.WaitForHandlers();
    }

    /// <summary>If a whole range became zeros, so did the holes.</summary>
    private void CloseHoles()
    {
        foreach (var region in mapping.Pages.ToArray())
        {
            var start = mapping.Start + (nint)region.Offset;
            foreach (var hole in region.State == ShmRegionState.Hole
                ? Ranges.Within(start, start + (nint)region.Length)
                : [])
            {
                _ = Libc.mprotect(hole.Start, (nuint)hole.Length, Libc.PROT_NONE);
            }
        }
    }

    private GuardLoss HowLost()
    {
        var how = GuardLoss.None;
        foreach (var range in Ranges.Present)
        {
            how |= range.HowLost;
        }

        return how;
    }

    /// <summary>The first offset within the range that is lost, noted or not; that of its page where noted.</summary>
    private long? FirstLost(long offset, long length)
    {
        var lost = mapping.Pages.FindLost(offset, length)?.Offset;
        foreach (var range in Ranges.Present)
        {
            var start = (long)(range.Start - mapping.Start);
            var from = Math.Max(offset, start);
            var end = Math.Min(offset + length, start + range.Length);
            if (from < end && FirstLost(range, from - start, end - start) is { } here)
            {
                lost = Math.Min(lost ?? long.MaxValue, start + here);
            }
        }

        return lost;
    }

    private long? FirstLost(OwnedRange range, long from, long end)
    {
        if (range.HowLost.HasFlag(GuardLoss.Whole))
        {
            return from;
        }

        var pages = Math.Min(range.PageCount, Alignment.RoundUp(end, mapping.PageSize) / mapping.PageSize);
        var page = range.NextLost(from / mapping.PageSize, pages);
        return page < pages ? page * mapping.PageSize : null;
    }

    /// <summary>Marks what the guard has noted, and optionally clears its notes.</summary>
    /// <returns>How it was lost.</returns>
    private GuardLoss MarkLost(PageStates pages, bool take)
    {
        var how = GuardLoss.None;
        foreach (var range in Ranges.Present)
        {
            var here = take ? range.TakeHowLost() : range.HowLost;
            how |= here;
            if (here.HasFlag(GuardLoss.Whole))
            {
                Mark(pages, range.Start - mapping.Start, range.Length);
            }

            MarkPages(pages, range, take);
        }

        return how;
    }

    private void MarkPages(PageStates pages, OwnedRange range, bool take)
    {
        var start = (long)(range.Start - mapping.Start);
        var count = range.PageCount;
        for (var first = range.NextLost(0, count); first < count;)
        {
            var end = range.NextKept(first, count);
            Mark(pages, start + (first * mapping.PageSize), (end - first) * mapping.PageSize);
            if (take)
            {
                range.ForgetLost(first, end);
            }

            first = range.NextLost(end, count);
        }
    }

    private static void Mark(PageStates pages, long offset, long length) =>
        pages.Change(offset, length, static region => region.WithLoss());
}
