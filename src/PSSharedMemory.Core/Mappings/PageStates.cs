using System;
using System.Collections.Generic;
using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// The library's own record of what each page of a mapping allows: runs in order, without gaps, no two equal
/// neighbours. It's never found out by touching memory. Not synchronized: the mapping's gate does that.
/// </summary>
internal sealed class PageStates
{
    private const ShmProtection All = ShmProtection.Read | ShmProtection.Write | ShmProtection.Execute;

    private readonly long _length;

    // Null until the runs are first looked at: of most mappings they never are.
    private List<ShmRegion>? _regions;

    // What every page allows.
    private ShmProtection _common;

    public PageStates(long length, ShmProtection protection)
    {
        _length = length;
        _common = protection;
    }

    private PageStates(List<ShmRegion> regions) => _regions = regions;

    /// <summary>How many runs there are.</summary>
    public int Count => _regions?.Count ?? 1;

    /// <summary>The one run of all pages, or null where they differ.</summary>
    public ShmRegion? Single => Count == 1 ? Regions[0] : null;

    /// <summary>Whether all pages are alike and grant the access: the common case, answered at once.</summary>
    public bool AllAllow(ShmProtection need) => need != ShmProtection.None && (_common & need) == need;

    /// <summary>Whether any page is lost.</summary>
    public bool HasLost { get; private set; }

    /// <summary>Whether the kernel keeps advice for any page.</summary>
    public bool HasAdvice => _regions?.Exists(static region => region.Advice != 0) == true;

    // Several readers may come here at once.
    private List<ShmRegion> Regions
    {
        get
        {
            if (Volatile.Read(ref _regions) is { } regions)
            {
                return regions;
            }

            List<ShmRegion> whole = [new ShmRegion(0, _length, ShmRegionState.Mapped, _common)];
            return Interlocked.CompareExchange(ref _regions, whole, null) ?? whole;
        }
    }

    /// <summary>Another book that says the same.</summary>
    public PageStates Copy()
    {
        var copy = new PageStates([.. Regions]);
        copy.FindCommon();
        return copy;
    }

    /// <summary>A copy that later changes don't affect.</summary>
    public ShmRegion[] ToArray() => Regions.ToArray();

    /// <summary>The same for users: without advice.</summary>
    public ShmRegion[] ToRegions()
    {
        var shown = new PageStates([]);
        foreach (var region in Regions)
        {
            shown.Regions.Add(region with { Advice = 0 });
            shown.MergeWithNext(shown.Count - 2);
        }

        return shown.ToArray();
    }

    /// <summary>How many more runs a change would make; works on a copy.</summary>
    public int Growth(long offset, long length, Func<ShmRegion, ShmRegion> change)
    {
        var trial = new PageStates([.. Regions]);
        trial.Change(offset, length, change);
        return trial.Count - Count;
    }

    /// <summary>The runs within the range, cut to it.</summary>
    public IEnumerable<ShmRegion> Within(long offset, long length)
    {
        foreach (var region in ToArray())
        {
            var start = Math.Max(offset, region.Offset);
            var end = Math.Min(offset + length, region.Offset + region.Length);
            if (start < end)
            {
                yield return region with { Offset = start, Length = end - start };
            }
        }
    }

    /// <summary>The first run within the range that does not grant the access, or null where all do.</summary>
    public ShmRegion? FindRefusal(long offset, long length, ShmProtection need)
    {
        for (var i = IndexOf(offset); i < Regions.Count && Regions[i].Offset < offset + length; i++)
        {
            if (Regions[i].State == ShmRegionState.Hole || (Regions[i].Protection & need) != need)
            {
                return Regions[i];
            }
        }

        return null;
    }

    /// <summary>The first hole within the range, or null.</summary>
    public ShmRegion? FindHole(long offset, long length) => Find(offset, length, ShmRegionState.Hole);

    /// <summary>The first lost run within the range, or null.</summary>
    public ShmRegion? FindLost(long offset, long length) => HasLost ? Find(offset, length, ShmRegionState.Lost) : null;

    /// <summary>Changes each run of a range.</summary>
    public void Change(long offset, long length, Func<ShmRegion, ShmRegion> change)
    {
        if (length == 0)
        {
            return;
        }

        var first = SplitAt(offset);
        var end = SplitAt(offset + length);
        var merged = new PageStates([]);
        var before = All;
        for (var i = first; i < end; i++)
        {
            before &= GrantedBy(Regions[i]);
            merged.Regions.Add(change(Regions[i]));
            merged.MergeWithNext(merged.Count - 2);
        }

        merged.FindCommon();
        Regions.RemoveRange(first, end - first);
        Regions.InsertRange(first, merged.Regions);
        MergeWithNext(first + merged.Count - 1);
        MergeWithNext(first - 1);

        // Where nothing is granted or found again, the other runs need no look: there may be tens of thousands.
        if ((before & merged._common) == merged._common && (!HasLost || merged.HasLost))
        {
            _common &= merged._common;
            HasLost = merged.HasLost;
        }
        else
        {
            FindCommon();
        }
    }

    /// <summary>
    /// Follows the mapping to a new length: cuts the end off or adds pages with the given protection.
    /// </summary>
    public void Resize(long oldLength, long newLength, ShmProtection protection)
    {
        if (newLength < oldLength)
        {
            var end = SplitAt(newLength);
            Regions.RemoveRange(end, Regions.Count - end);
        }
        else if (newLength > oldLength)
        {
            Regions.Add(new ShmRegion(oldLength, newLength - oldLength, ShmRegionState.Mapped, protection));
            MergeWithNext(Regions.Count - 2);
        }

        FindCommon();
    }

    private ShmRegion? Find(long offset, long length, ShmRegionState state)
    {
        for (var i = IndexOf(offset); i < Regions.Count && Regions[i].Offset < offset + length; i++)
        {
            if (Regions[i].State == state)
            {
                return Regions[i];
            }
        }

        return null;
    }

    private static ShmProtection GrantedBy(ShmRegion region) =>
        region.State == ShmRegionState.Mapped ? region.Protection : ShmProtection.None;

    private void FindCommon()
    {
        HasLost = Regions.Exists(static region => region.State == ShmRegionState.Lost);
        _common = All;
        foreach (var region in Regions)
        {
            _common &= GrantedBy(region);
        }
    }

    private int IndexOf(long offset)
    {
        // A single run is by far the most common case.
        var low = 0;
        var high = Regions.Count - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (Regions[middle].Offset <= offset)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }

    /// <summary>Makes a run begin at the offset; returns its index, or the count at the very end.</summary>
    private int SplitAt(long offset)
    {
        var index = IndexOf(offset);
        var region = Regions[index];
        if (region.Offset == offset)
        {
            return index;
        }

        if (offset >= region.Offset + region.Length)
        {
            return index + 1;
        }

        Regions[index] = region with { Length = offset - region.Offset };
        Regions.Insert(index + 1, region with { Offset = offset, Length = region.Offset + region.Length - offset });
        return index + 1;
    }

    private void MergeWithNext(int index)
    {
        if (index >= 0 && index + 1 < Regions.Count && Regions[index].IsLike(Regions[index + 1]))
        {
            Regions[index] = Regions[index] with { Length = Regions[index].Length + Regions[index + 1].Length };
            Regions.RemoveAt(index + 1);
        }
    }
}
