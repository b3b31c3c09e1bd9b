using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>
/// The module's own record of what each page of a mapping allows: runs in order, without gaps, no two neighbours
/// alike. It is never found out by touching memory. Not synchronised: the mapping's lock does that.
/// </summary>
internal sealed class PageBook
{
    private readonly List<ShmRegion> _regions;

    // What every page allows, where all are alike.
    private ShmProtection _common;

    public PageBook(long length, ShmProtection protection)
    {
        _regions = [new ShmRegion(0, length, ShmRegionState.Mapped, protection)];
        _common = protection;
    }

    private PageBook(List<ShmRegion> regions) => _regions = regions;

    /// <summary>How many runs there are.</summary>
    public int Count => _regions.Count;

    /// <summary>The one run of all pages, or null where they differ.</summary>
    public ShmRegion? Single => _regions.Count == 1 ? _regions[0] : null;

    /// <summary>Whether all pages are alike and grant the access: the frequent case, told at once.</summary>
    public bool AllAllow(ShmProtection need) => need != ShmProtection.None && (_common & need) == need;

    /// <summary>A copy that later changes do not touch.</summary>
    public ShmRegion[] ToArray() => _regions.ToArray();

    /// <summary>How many runs more there were after <see cref="Set"/>; it copies the book.</summary>
    public int Growth(long offset, long length, ShmRegionState state, ShmProtection protection)
    {
        var trial = new PageBook([.. _regions]);
        trial.Set(offset, length, state, protection);
        return trial.Count - Count;
    }

    /// <summary>The first run within the range that does not grant the access, or null where all do.</summary>
    public ShmRegion? FindRefusal(long offset, long length, ShmProtection need)
    {
        for (var i = IndexOf(offset); i < _regions.Count && _regions[i].Offset < offset + length; i++)
        {
            if (_regions[i].State == ShmRegionState.Hole || (_regions[i].Protection & need) != need)
            {
                return _regions[i];
            }
        }

        return null;
    }

    /// <summary>The first hole within the range, or null.</summary>
    public ShmRegion? FindHole(long offset, long length) => FindRefusal(offset, length, ShmProtection.None);

    /// <summary>Gives the range, which lies inside, a new state.</summary>
    public void Set(long offset, long length, ShmRegionState state, ShmProtection protection)
    {
        if (length == 0)
        {
            return;
        }

        var first = SplitAt(offset);
        var end = SplitAt(offset + length);
        _regions.RemoveRange(first, end - first);
        _regions.Insert(first, new ShmRegion(offset, length, state, protection));
        MergeWithNext(first);
        if (first > 0)
        {
            MergeWithNext(first - 1);
        }

        FindCommon();
    }

    /// <summary>Follows the mapping to a new length: cuts the end off, or adds pages that allow what is given.</summary>
    public void Resize(long oldLength, long newLength, ShmProtection protection)
    {
        if (newLength < oldLength)
        {
            var end = SplitAt(newLength);
            _regions.RemoveRange(end, _regions.Count - end);
        }
        else if (newLength > oldLength)
        {
            _regions.Add(new ShmRegion(oldLength, newLength - oldLength, ShmRegionState.Mapped, protection));
            MergeWithNext(_regions.Count - 2);
        }

        FindCommon();
    }

    private void FindCommon() =>
        _common = Single is { State: ShmRegionState.Mapped } all ? all.Protection : ShmProtection.None;

    private int IndexOf(long offset)
    {
        // One run is by far the most frequent case.
        var low = 0;
        var high = _regions.Count - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_regions[middle].Offset <= offset)
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

    /// <summary>Makes a run begin at the offset; its index, which is the count at the very end.</summary>
    private int SplitAt(long offset)
    {
        var index = IndexOf(offset);
        var region = _regions[index];
        if (region.Offset == offset)
        {
            return index;
        }

        if (offset >= region.Offset + region.Length)
        {
            return index + 1;
        }

        _regions[index] = region with { Length = offset - region.Offset };
        _regions.Insert(index + 1, region with { Offset = offset, Length = region.Offset + region.Length - offset });
        return index + 1;
    }

    private void MergeWithNext(int index)
    {
        if (index + 1 < _regions.Count && _regions[index].IsLike(_regions[index + 1]))
        {
            _regions[index] = _regions[index] with { Length = _regions[index].Length + _regions[index + 1].Length };
            _regions.RemoveAt(index + 1);
        }
    }
}
