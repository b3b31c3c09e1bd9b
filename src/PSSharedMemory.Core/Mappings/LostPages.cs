using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Pages of one mapping that were taken away while it was in use: noticed, told, and mapped again.</summary>
/// <param name="mapping">The mapping.</param>
internal sealed unsafe class LostPages(ShmMapping mapping)
{
    // Matches no count: while pages are lost, every access checks.
    private const long NeverSettled = -1;

    private GuardLoss _how;

    /// <summary>The page states, including what the guard has noted since.</summary>
    public PageStates Shown
    {
        get
        {
            if (!mapping.IsMounted || !mapping.HasLost)
            {
                return mapping.Pages;
            }

            var shown = mapping.Pages.Copy();
            MarkLost(shown, take: false);
            return shown;
        }
    }

    private GuardEntry* Entry => mapping.Handle.Entry;

    /// <summary>Whether the page states need updating, or lost pages should be mapped again.</summary>
    public bool IsUnsettled => mapping.IsMounted && (mapping.HasLost || mapping.Pages.HasLost);

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

        var hits = Volatile.Read(ref Entry->Hits);
        _how |= (GuardLoss)Interlocked.Exchange(ref Entry->HowLost, 0);
        MarkLost(mapping.Pages, take: true);
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
            mapping.Handle.RestoreAreas();
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

    /// <summary>If the whole range became zeros, so did the holes.</summary>
    private void CloseHoles()
    {
        foreach (var region in mapping.Pages.ToArray())
        {
            if (region.State == ShmRegionState.Hole)
            {
                _ = Libc.mprotect(mapping.Start + (nint)region.Offset, (nuint)region.Length, Libc.PROT_NONE);
            }
        }
    }

    private GuardLoss HowLost() => (GuardLoss)Volatile.Read(ref Entry->HowLost);

    /// <summary>The first offset within the range that is lost, noted or not.</summary>
    private long? FirstLost(long offset, long length)
    {
        if (HowLost().HasFlag(GuardLoss.Whole))
        {
            return offset;
        }

        var lost = mapping.Pages.FindLost(offset, length)?.Offset;
        for (var page = offset / mapping.PageSize; page * mapping.PageSize < offset + length; page++)
        {
            var rest = Volatile.Read(ref Entry->Lost[page / 64]) >> (int)(page % 64);
            if (rest == 0)
            {
                page |= 63;
                continue;
            }

            page += BitOperations.TrailingZeroCount(rest);
            var noted = page * mapping.PageSize;
            return noted < offset + length ? Math.Min(lost ?? long.MaxValue, noted) : lost;
        }

        return lost;
    }

    /// <summary>Marks what the guard has noted, and optionally clears its notes.</summary>
    private void MarkLost(PageStates pages, bool take)
    {
        if ((HowLost() | _how).HasFlag(GuardLoss.Whole))
        {
            Mark(pages, 0, mapping.MappedLength);
        }

        var count = mapping.MappedLength / mapping.PageSize;
        long first = -1;
        for (long word = 0; word * 64 < count; word++)
        {
            if (Volatile.Read(ref Entry->Lost[word]) == 0)
            {
                Flush(word * 64);
                continue;
            }

            var bits = take ? Interlocked.Exchange(ref Entry->Lost[word], 0) : Volatile.Read(ref Entry->Lost[word]);
            for (var bit = 0; bit < 64; bit++)
            {
                if ((bits >> bit & 1) == 0)
                {
                    Flush((word * 64) + bit);
                }
                else if (first < 0)
                {
                    first = (word * 64) + bit;
                }
            }
        }

        Flush(count);

        void Flush(long end)
        {
            if (first >= 0)
            {
                Mark(pages, first * mapping.PageSize, (end - first) * mapping.PageSize);
                first = -1;
            }
        }
    }

    private static void Mark(PageStates pages, long offset, long length) => pages.Change(
        offset, length,
        static region => region.State == ShmRegionState.Hole ? region : region with { State = ShmRegionState.Lost });
}
