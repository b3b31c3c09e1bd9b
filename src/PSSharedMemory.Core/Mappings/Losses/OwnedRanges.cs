using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// The addresses that a mapping owns: at first one run of them, and less once others have taken the place of a part.
/// Each run is under the guard by an entry of its own, so that what the guard does to one never reaches another's
/// memory.
/// </summary>
/// <remarks>
/// An address has one owner at any time. What is given up isn't taken back when the mapping goes that has replaced it:
/// it would have to be reserved in the very call that unmaps it, by a finalizer that would have to find this mapping
/// alive and wait for its accesses. So it becomes free address space, which the runtime may take, and this mapping
/// never again unmaps, protects, locks or covers it: whoever does one of these goes by this list, not by the mapping's
/// address and length.
/// </remarks>
internal sealed unsafe class OwnedRanges
{
    private readonly OwnedRange _first;
    private long _pageSize;

    // Null while the first is all there is: it mostly stays so.
    private OwnedRange[]? _all;

    /// <param name="start">The first address.</param>
    /// <param name="length">Bytes, in whole pages; 0 where they aren't known yet.</param>
    public OwnedRanges(nint start, nint length) => _first = new OwnedRange(start, start + length);

    /// <summary>All, by address. Changed within a change of the mapping, and seen whole at any time.</summary>
    public IReadOnlyList<OwnedRange> All => Known;

    /// <summary>The same without an array for a single one: every mounting and dismounting looks at it.</summary>
    public ReadOnlySpan<OwnedRange> Present =>
        Volatile.Read(ref _all) is { } all ? all : new ReadOnlySpan<OwnedRange>(in _first);

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _all)?.Length ?? 1;

    /// <summary>Whether another mapping has replaced a part.</summary>
    public bool HasGivenUp { get; private set; }

    /// <summary>Whether the guard has ever put zeros into it.</summary>
    public bool HasLost { get; private set; }

    /// <summary>The guard's entry where there is one range; one that never counts otherwise.</summary>
    public GuardEntry* OnlyEntry =>
        Volatile.Read(ref _all) is not { } all ? _first.Entry : all is [var only] ? only.Entry : FaultGuard.Nothing;

    /// <summary>What the guard has counted in all of them.</summary>
    public long Hits
    {
        get
        {
            long hits = 0;
            foreach (var range in Present)
            {
                hits += range.Hits;
            }

            return hits;
        }
    }

    private OwnedRange[] Known => Volatile.Read(ref _all)
        ?? Interlocked.CompareExchange(ref _all, [_first], null) ?? _all;

    /// <summary>Puts all of it under the guard, before it has any other range.</summary>
    /// <param name="length">Bytes, in whole pages.</param>
    /// <param name="pageSize">Bytes of one page.</param>
    public void Guard(nint length, long pageSize)
    {
        _pageSize = pageSize;
        var first = Volatile.Read(ref _all)?[0] ?? _first;
        first.Guard(first.Start + length, pageSize);
    }

    /// <summary>The parts of what it owns within a range.</summary>
    public IEnumerable<(nint Start, nint Length)> Within(nint start, nint end) => All
        .Select(range => (Start: Math.Max(start, range.Start), End: Math.Min(end, range.End)))
        .Where(static part => part.Start < part.End)
        .Select(static part => (part.Start, part.End - part.Start));

    /// <summary>Whether an address is one of them.</summary>
    public bool Contains(nint address) => All.Any(range => range.Start <= address && address < range.End);

    /// <summary>Gives what lies within a range entries of its own.</summary>
    public void Divide(nint start, nint end) => Set([.. All
        .SelectMany(range => Cut(range.Start, range.End, start))
        .SelectMany(part => Cut(part.Start, part.End, end))]);

    /// <summary>The reverse: one entry for what has no gap between.</summary>
    public void Join() => Set(Joined(All.Select(static range => (range.Start, range.End))));

    /// <summary>What lies within a range, divided before, belongs to another mapping from now on.</summary>
    public void GiveUp(nint start, nint end)
    {
        HasGivenUp = true;
        Set([.. All.Where(range => range.End <= start || range.Start >= end)
            .Select(static range => (range.Start, range.End))]);
    }

    /// <summary>Follows the mapping, which has been moved, cut or continued behind its end.</summary>
    /// <param name="from">Where it began.</param>
    /// <param name="to">Where it begins now. Elsewhere, all of it is its own again.</param>
    /// <param name="before">Bytes it had, in whole pages.</param>
    /// <param name="after">Bytes it has, in whole pages.</param>
    public void Follow(nint from, nint to, nint before, nint after)
    {
        if (from != to)
        {
            HasGivenUp = false;
            Set([(to, to + after)]);
        }
        else
        {
            var kept = Within(to, to + after).Select(static part => (part.Start, part.Start + part.Length));
            Set(Joined(after > before ? kept.Append((to + before, to + after)) : kept));
        }
    }

    /// <summary>All lost pages are mapped again; gives back the areas they have cost.</summary>
    public void RestoreAreas()
    {
        foreach (var range in Present)
        {
            var hits = range.Hits;
            AreaBudget.GiveBack(hits - range.HitsBefore);
            range.HitsBefore = hits;
        }
    }

    /// <summary>Takes it from the guard, which gets back the areas it has spent here.</summary>
    public void EndGuard()
    {
        foreach (var range in Present)
        {
            var hits = range.Hits;
            HasLost |= hits != 0;
            FaultGuard.Remove(range.Entry);
            AreaBudget.GiveBack(hits - range.HitsBefore);
        }
    }

    /// <summary>Gives the addresses back; whether all could be.</summary>
    public bool Unmap()
    {
        var isReleased = true;
        foreach (var range in Present)
        {
            isReleased &= Libc.munmap(range.Start, (nuint)range.Length) >= 0;
        }

        return isReleased;
    }

    private static (nint Start, nint End)[] Cut(nint start, nint end, nint at) =>
        start < at && at < end ? [(start, at), (at, end)] : [(start, end)];

    private static (nint Start, nint End)[] Joined(IEnumerable<(nint Start, nint End)> ranges)
    {
        var joined = new List<(nint Start, nint End)>();
        foreach (var range in ranges)
        {
            if (joined.Count > 0 && joined[^1].End == range.Start)
            {
                joined[^1] = (joined[^1].Start, range.End);
            }
            else
            {
                joined.Add(range);
            }
        }

        return [.. joined];
    }

    private OwnedRange Guarded(nint start, nint end) => _pageSize == 0
        ? new OwnedRange(start, end)
        : new OwnedRange(start, end).Guard(end, _pageSize);

    private void Set((nint Start, nint End)[] ranges)
    {
        var before = Known;
        Replace([.. ranges.Select(range =>
            Array.Find(before, old => old.Start == range.Start && old.End == range.End)
                ?? Guarded(range.Start, range.End))]);
    }

    /// <summary>
    /// The new entries are there before the old ones go: a thread that unlocks a mutex touches the memory even now.
    /// </summary>
    private void Replace(OwnedRange[] ranges)
    {
        var gone = Known.Except(ranges).ToArray();
        Volatile.Write(ref _all, ranges);
        Array.ForEach(gone, static range => FaultGuard.Unlist(range.Entry));
        if (gone.Length > 0)
        {
            FaultGuard.WaitForHandlers();
        }

        foreach (var range in gone)
        {
            HandOver(range, Array.FindAll(ranges, heir => heir.Start < range.End && heir.End > range.Start));
            FaultGuard.Retire(range.Entry);
        }
    }

    private void HandOver(OwnedRange former, OwnedRange[] heirs)
    {
        HasLost |= former.Hits != 0;
        var cost = former.Hits - former.HitsBefore;
        Array.ForEach(heirs, heir => heir.Inherit(former));
        if (Array.Find(heirs, static heir => heir.Entry != FaultGuard.Nothing) is { } payer)
        {
            payer.HitsBefore -= cost;
        }
        else
        {
            AreaBudget.GiveBack(cost);
        }
    }
}
