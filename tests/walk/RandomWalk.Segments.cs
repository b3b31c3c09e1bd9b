using System;
using System.Linq;

namespace PSSharedMemory.Walk;

/// <summary>Segments: made, resized, removed.</summary>
internal sealed partial class RandomWalk
{
    private void Create()
    {
        if (_segments.Count >= MaxSegments)
        {
            Retire();
            return;
        }

        long size = _random.Next(3) == 0 ? 1 + _random.Next(MaxPages * Page) : Page * (1 + _random.Next(MaxPages));
        var dice = _random.Next(10);
        var isHostile = dice >= 6 && _random.Next(2) == 0;
        var seals = dice is 3 ? ShmSeals.Shrink : dice is 4
            ? ShmSeals.Shrink | ShmSeals.Write
            : dice is 5 && _random.Next(2) == 0 ? ShmSeals.Grow : ShmSeals.None;
        var options = new ShmCreateOptions { Size = size, Sparse = _random.Next(4) == 0, Seal = seals };
        ShmSegment? segment = null;
        if (dice < 3)
        {
            Expect($"make System V of {size}", [null], () => segment = SysVSegments.CreatePrivate(options));
        }
        else if (dice < 6)
        {
            Expect(
                $"make memfd of {size}, {seals}", [null], () => segment = MemFdSegments.Create(_prefix[1..], options));
        }
        else
        {
            var name = _prefix + (isHostile ? Hostile.Mark : "quiet-") + ++_names;
            ShmErrorId?[] allowed = isHostile ? [null, ShmErrorId.SegmentNotFound] : [null];
            Expect($"make POSIX {name} of {size}", allowed, () => segment = PosixSegments.Create(name, options));
        }

        if (segment is not null)
        {
            Require(isHostile || segment.Size == size, $"It has {segment.Size} bytes, not {size}.");
            _segments.Add(new SegmentModel(segment, isHostile) { Seals = seals });
        }
    }

    /// <summary>Makes room: gives up a segment that nothing maps any more.</summary>
    private void Retire()
    {
        var model = _segments[_random.Next(_segments.Count)];
        if (_mappings.Exists(mapping => mapping.Segment == model))
        {
            return;
        }

        if (model.Segment.Kind != ShmKind.MemFd && !model.IsRemoved)
        {
            RemoveNow(model);
        }

        _segments.Remove(model);
    }

    private void Remove()
    {
        var model = _segments[_random.Next(_segments.Count)];
        if (model.Segment.Kind == ShmKind.MemFd)
        {
            Expect($"remove {model.Segment}", [ShmErrorId.NotSupportedByKind], () => ShmSegments.Remove(model.Segment));
        }
        else
        {
            RemoveNow(model);
        }
    }

    private void RemoveNow(SegmentModel model)
    {
        var isMapped = _mappings.Exists(mapping => mapping.Segment == model);
        ShmErrorId?[] allowed = model.IsHostile
            ? [null, ShmErrorId.SegmentNotFound]
            : !model.IsRemoved ? [null]
            // A System V segment that waits for its last detach may be removed once more, and nothing happens. One that
            // a dropped mapping holds goes when its finalizer runs.
            : model.Segment.Kind == ShmKind.SysV ? isMapped ? [null] : [null, ShmErrorId.SegmentNotFound]
            : [ShmErrorId.SegmentNotFound];
        Expect($"remove {model.Segment}", allowed, () => ShmSegments.Remove(model.Segment));
        model.IsRemoved = true;
    }

    private void Resize()
    {
        var model = _segments[_random.Next(_segments.Count)];
        long size = _random.Next(3) == 0 ? 1 + _random.Next(MaxPages * Page) : Page * (1 + _random.Next(MaxPages));
        var segment = model.Segment;
        ShmResizeResult? result = null;
        ShmErrorId?[] allowed = segment.Kind == ShmKind.SysV ? [ShmErrorId.NotSupportedByKind]
            : model.IsHostile ? [null, ShmErrorId.SegmentNotFound]
            : model.IsRemoved ? [ShmErrorId.SegmentNotFound]
            : size < model.Bytes.Length && model.Seals.HasFlag(ShmSeals.Shrink) ? [ShmErrorId.AccessDenied]
            : size > model.Bytes.Length && (model.Seals & (ShmSeals.Grow | ShmSeals.Write)) != 0
            ? [ShmErrorId.AccessDenied, null]
            : [null];
        Expect(
            $"resize {segment} from {model.Bytes.Length} to {size}", allowed,
            () => result = SegmentResize.Resize(segment, size));
        if (result is null)
        {
            return;
        }

        model.Segment = result.Segment;
        if (!model.IsHostile)
        {
            Require(result.Segment.Size == size, $"It has {result.Segment.Size} bytes, not {size}.");
        }

        Array.Resize(ref model.Bytes, (int)size);
        foreach (var mapping in _mappings.Where(mapping => mapping.Segment == model))
        {
            mapping.CutOwnPages();
            Follow(mapping, result);
        }
    }

    private static void Follow(MappingModel model, ShmResizeResult result)
    {
        var mapping = model.Mapping;
        Require(
            result.Followed.Contains(mapping) != result.Left.ContainsKey(mapping),
            $"{mapping} is told neither or both of followed and left.");
        if (result.Left.ContainsKey(mapping))
        {
            Require(mapping.Length == model.Length, $"{mapping} was left, and has another length.");
            if (!mapping.IsGuarded && mapping.Offset >= result.Segment.Size)
            {
                // Nothing is left of what it maps, and nothing guards it: the library closes it.
                for (var i = 0; i < model.Pages.Count; i++)
                {
                    model.Pages[i] = null;
                }
            }

            return;
        }

        Require(
            mapping.Offset + mapping.Length <= result.Segment.Size || model.Segment.IsHostile,
            $"{mapping} reaches beyond the end.");
        var before = model.Pages.Count;
        var after = MappingModel.PagesFor(mapping.Length);
        if (after < before)
        {
            model.ForgetOwnPages(after, before - after);
            model.Pages.RemoveRange(after, before - after);
        }

        // What the new pages allow is the library's choice; what it says of them must be true.
        foreach (var region in after > before ? mapping.Regions : [])
        {
            for (var page = Math.Max(before, MappingModel.PageOf(region.Offset)); page
                < MappingModel.PageOf(region.Offset + region.Length); page++)
            {
                Require(
                    region.State == ShmRegionState.Mapped && page == model.Pages.Count, "A new page is no mapped one.");
                model.Pages.Add(region.Protection);
            }
        }

        if (mapping.Address != model.Address)
        {
            // All of it was made again elsewhere, holes included.
            model.Given.Clear();
            model.Address = mapping.Address;
        }

        model.Given.RemoveWhere(page => page >= after);
        model.Length = mapping.Length;
    }
}
