using System;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory.Walk;

/// <summary>What a segment should be like.</summary>
internal sealed class SegmentModel(ShmSegment segment, bool isHostile)
{
    public ShmSegment Segment { get; set; } = segment;

    /// <summary>Whether the peers change it behind the model's back: then only the errors are judged.</summary>
    public bool IsHostile { get; } = isHostile;

    public bool IsRemoved { get; set; }

    public ShmSeals Seals { get; init; }

    public byte[] Bytes = new byte[segment.Size];
}

/// <summary>What a mapping should be like: the state of each page, and the pages that are its own.</summary>
internal sealed class MappingModel
{
    private readonly Dictionary<int, byte[]> _own = [];

    public MappingModel(ShmMapping mapping, SegmentModel segment, ShmProtection ceiling)
    {
        Mapping = mapping;
        Segment = segment;
        Ceiling = ceiling;
        Length = mapping.Length;
        Address = mapping.Address;
        Pages = [.. Enumerable.Repeat<ShmProtection?>(mapping.Protection, PagesFor(Length))];
    }

    public ShmMapping Mapping { get; }

    public SegmentModel Segment { get; }

    /// <summary>What mprotect can give at most.</summary>
    public ShmProtection Ceiling { get; }

    public long Length { get; set; }

    /// <summary>What each page allows; null for a hole.</summary>
    public List<ShmProtection?> Pages { get; }

    /// <summary>
    /// The pages, all holes, where another mapping has come in: what lies there now is not this one's.
    /// </summary>
    public HashSet<int> Given { get; } = [];

    /// <summary>Where the mapping lay when it was last looked at.</summary>
    public long Address { get; set; }

    /// <summary>Bytes from its start that the object still has.</summary>
    public long Backed => Math.Clamp(Segment.Bytes.Length - Mapping.Offset, 0, Length);

    public static int PagesFor(long length) => (int)((length + RandomWalk.Page - 1) / RandomWalk.Page);

    public static int PageOf(long offset) => (int)(offset / RandomWalk.Page);

    /// <summary>The error that an access must end in; null where it succeeds.</summary>
    public ShmErrorId? Judge(long offset, long length, ShmProtection need)
    {
        if (offset < 0 || length < 0 || offset > Length - length)
        {
            return ShmErrorId.OutOfRange;
        }

        for (var page = PageOf(offset); length > 0 && page <= PageOf(offset + length - 1); page++)
        {
            if (Pages[page] is not { } allowed)
            {
                return ShmErrorId.PageNotMapped;
            }

            if ((allowed & need) != need)
            {
                return ShmErrorId.PageProtected;
            }
        }

        return Mapping.IsGuarded && offset + length > Backed && length > 0 ? ShmErrorId.SegmentTruncated : null;
    }

    /// <summary>The pages that lie in a range of addresses and are its own: mapped, or holes that it keeps.</summary>
    public int[] OwnedWithin(long start, long end) =>
        [.. Enumerable.Range(0, Pages.Count).Where(page => !Given.Contains(page)
            && Address + ((long)page * RandomWalk.Page) is var at && at < end && at + RandomWalk.Page > start)];

    /// <summary>Another mapping has replaced these pages.</summary>
    public void Give(int[] pages)
    {
        foreach (var page in pages)
        {
            Pages[page] = null;
            Given.Add(page);
            _own.Remove(page);
        }
    }

    /// <summary>The bytes that are to be there.</summary>
    public byte[] Read(long offset, long length)
    {
        var bytes = new byte[length];
        for (long i = 0; i < length; i++)
        {
            var at = offset + i;
            bytes[i] = _own.TryGetValue(PageOf(at), out var page) ? page[at % RandomWalk.Page] : Shared(at);
        }

        return bytes;
    }

    /// <summary>Takes the bytes that were written.</summary>
    public void Write(long offset, byte[] bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            var at = offset + i;
            if (!Mapping.IsCopyOnWrite)
            {
                Segment.Bytes[Mapping.Offset + at] = bytes[i];
                continue;
            }

            Own(PageOf(at))[at % RandomWalk.Page] = bytes[i];
        }
    }

    /// <summary>Every page was written to while it was mounted: from then on it is the mapping's own.</summary>
    public void OwnAll()
    {
        for (var i = 0; i < Pages.Count; i++)
        {
            _ = Own(i);
        }
    }

    /// <summary>The object was cut: the kernel takes a mapping's own pages beyond its end as well.</summary>
    public void CutOwnPages()
    {
        foreach (var index in _own.Keys.Where(index =>
            Mapping.Offset + ((long)index * RandomWalk.Page) >= Segment.Bytes.Length).ToArray())
        {
            _own.Remove(index);
        }
    }

    public void ForgetOwnPages(int first, int count)
    {
        for (var i = first; i < first + count; i++)
        {
            _own.Remove(i);
        }
    }

    /// <summary>The runs of pages, as the library is to tell them.</summary>
    public List<ShmRegion> Regions()
    {
        var regions = new List<ShmRegion>();
        for (var i = 0; i < Pages.Count; i++)
        {
            var next = new ShmRegion(
                (long)i * RandomWalk.Page, RandomWalk.Page,
                Pages[i] is null ? ShmRegionState.Hole : ShmRegionState.Mapped, Pages[i] ?? ShmProtection.None);
            if (regions is [.., var last] && last.State == next.State && last.Protection == next.Protection)
            {
                regions[^1] = last with { Length = last.Length + RandomWalk.Page };
            }
            else
            {
                regions.Add(next);
            }
        }

        return regions;
    }

    private byte[] Own(int index)
    {
        if (!_own.TryGetValue(index, out var page))
        {
            page = new byte[RandomWalk.Page];
            for (var i = 0; i < page.Length; i++)
            {
                page[i] = Shared(((long)index * RandomWalk.Page) + i);
            }

            _own.Add(index, page);
        }

        return page;
    }

    private byte Shared(long at) =>
        Mapping.Offset + at < Segment.Bytes.Length ? Segment.Bytes[Mapping.Offset + at] : (byte)0;
}
