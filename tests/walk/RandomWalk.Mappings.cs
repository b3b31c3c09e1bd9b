using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;

namespace PSSharedMemory.Walk;

/// <summary>Mappings: mounted, replaced, changed page by page, dismounted, dropped.</summary>
internal sealed partial class RandomWalk
{
    private void Mount()
    {
        if (_mappings.Count >= MaxMappings)
        {
            Dismount();
            return;
        }

        var segment = _segments[_random.Next(_segments.Count)];
        MountAt(segment, RandomOptions(segment), null);
    }

    /// <summary>Puts a mapping in the place of another, or of a part of it, or of more.</summary>
    private void Replace()
    {
        var victim = Pick();
        var alive = _segments.FindAll(static model => !model.IsRemoved || model.Segment.Kind == ShmKind.MemFd);
        var segment = alive.Count == 0 || _random.Next(8) == 0
            ? _segments[_random.Next(_segments.Count)] : alive[_random.Next(alive.Count)];
        var options = RandomOptions(segment) with
        {
            Replace = _random.Next(8) != 0,
            Address = (nint)victim.Mapping.Address + (nint)(Page * _random.Next(victim.Pages.Count)),
        };
        MountAt(segment, options, victim);
    }

    private ShmMountOptions RandomOptions(SegmentModel segment)
    {
        var isWhole = segment.Segment.Kind == ShmKind.SysV || _random.Next(2) == 0;
        var offset = isWhole ? 0 : Page * _random.Next(MaxPages);
        return new ShmMountOptions
        {
            Protection = RandomProtection(),
            CopyOnWrite = segment.Segment.Kind != ShmKind.SysV && _random.Next(5) == 0,
            Offset = offset,
            Length = isWhole || _random.Next(2) == 0 ? 0 : 1 + _random.Next(Page * 4),
            Populate = _random.Next(10) == 0,
        };
    }

    private void MountAt(SegmentModel model, ShmMountOptions options, MappingModel? victim)
    {
        var segment = model.Segment;
        var isWrite = options.Protection.HasFlag(ShmProtection.Write) && !options.CopyOnWrite;
        var length = options.Length == 0 ? model.Bytes.Length - options.Offset : options.Length;
        var isWithin = length > 0 && options.Offset <= model.Bytes.Length - length;
        List<ShmErrorId?> allowed = [];
        if (options.Populate && (options.Protection & (ShmProtection.Read | ShmProtection.Write)) == 0)
        {
            allowed.Add(ShmErrorId.PageProtected);
        }
        else if (model.IsHostile)
        {
            // Gone, replaced by nothing, cut to nothing or below the view at any instant.
            allowed.AddRange([null, ShmErrorId.SegmentNotFound, ShmErrorId.SizeMismatch, ShmErrorId.OutOfRange]);
            if (options.Populate)
            {
                allowed.AddRange([ShmErrorId.NoSpace, ShmErrorId.SegmentTruncated]);
            }
        }
        else if (model.IsRemoved && segment.Kind == ShmKind.Posix)
        {
            allowed.Add(ShmErrorId.SegmentNotFound);
        }
        else if (model.IsRemoved && segment.Kind == ShmKind.SysV
            && !_mappings.Exists(mapping => mapping.Segment == model))
        {
            allowed.AddRange([ShmErrorId.SegmentNotFound, null]);
        }
        else
        {
            allowed.Add(!isWithin
                ? ShmErrorId.OutOfRange
                : isWrite && model.Seals.HasFlag(ShmSeals.Write) ? ShmErrorId.AccessDenied : null);
        }

        if (victim is not null)
        {
            // Room behind the victim may be somebody else's.
            allowed.Add(ShmErrorId.AddressInUse);
        }

        ShmMapping? mapping = null;
        var outcome = Expect(
            $"{(victim is null ? "mount" : options.Replace ? "replace" : "mount at")} {segment} "
                + $"{options.Protection}{(options.CopyOnWrite ? " private" : "")} from {options.Offset}, "
                + $"{options.Length} bytes, at 0x{options.Address:x}",
            [.. allowed], () => mapping = ShmMapping.Mount(segment, options));
        if (mapping is null)
        {
            if (outcome is not null && victim is not null)
            {
                Compare(victim);
                CompareWithKernel(victim);
            }

            return;
        }

        if (options.Address != 0)
        {
            Require(
                mapping.Address == options.Address, $"It lies at 0x{mapping.Address:x}, not at 0x{options.Address:x}.");
        }

        var end = mapping.Address + (nint)(Page * (long)MappingModel.PagesFor(mapping.Length));
        foreach (var other in _mappings.ToArray())
        {
            if (other.OwnedWithin(mapping.Address, end) is { Length: > 0 } pages)
            {
                Require(options.Replace, $"{other.Mapping} lies in the same place.");
                Lose(other, pages);
            }
        }

        // An object is opened for writing only where writing is asked.
        var everything = ShmProtection.Read | ShmProtection.Write | ShmProtection.Execute;
        var ceiling = isWrite || options.CopyOnWrite
            ? everything : everything & ~ShmProtection.Write;
        var added = new MappingModel(mapping, model, ceiling);
        if (options is { Populate: true, CopyOnWrite: true } && options.Protection.HasFlag(ShmProtection.Write))
        {
            added.OwnAll();
        }

        Add(added);
        Require(model.IsHostile || mapping.Length == length, $"It has {mapping.Length} bytes, not {length}.");
    }

    /// <summary>
    /// Another mapping came in. What is left stays as it was; where nothing is, the mapping has ended.
    /// </summary>
    private void Lose(MappingModel model, int[] pages)
    {
        model.Give(pages);
        if (model.Pages.TrueForAll(static page => page is null))
        {
            RequireGone(model);
            Forget(model);
        }
        else
        {
            Compare(model);
            CompareWithKernel(model);
        }
    }

    private void Dismount()
    {
        var model = Pick();
        Compare(model);
        var (address, length) = (model.Mapping.Address, (long)Page * model.Pages.Count);
        // Where others have come in, a reservation may be one of theirs.
        var hadHoles = model.Pages.Contains(null) && model.Given.Count == 0;
        Expect($"dismount {model.Mapping}", [null], model.Mapping.Dispose);
        RequireGone(model);
        Forget(model);
        if (hadHoles && _random.Next(10) == 0)
        {
            Require(!Witness.HasReservation(address, length), "A hole outlived its mapping.");
        }
    }

    private void RequireGone(MappingModel model)
    {
        var mapping = model.Mapping;
        Require(!mapping.IsMounted && !LiveMappings.All.Contains(mapping), "It is still listed.");
        Expect("use-after read", [ShmErrorId.MappingDismounted], () => mapping.Reader.ReadByte(0));
        Expect("use-after write", [ShmErrorId.MappingDismounted], () => mapping.Writer.WriteByte(0, 1));
        Expect("use-after protect", [ShmErrorId.MappingDismounted], () => mapping.Protect(ShmProtection.Read));
        mapping.Dispose();
    }

    /// <summary>Drops a mapping without a word, and a while later lets its finalizer run.</summary>
    private void Drop()
    {
        _doing = "drop";
        DropOne();
        if (_random.Next(4) == 0)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void DropOne() => Forget(Pick());

    private void Protect()
    {
        var model = Pick();
        var protection = RandomProtection();
        var (offset, length) = RandomPages(model);
        var expected = Refusal(model, offset, length)
            ?? (Covers(model, offset, length).Contains(null) ? ShmErrorId.PageNotMapped
                : (protection & ~model.Ceiling) != 0 ? ShmErrorId.AccessDenied : null);
        Expect(
            $"protect {model.Mapping} {protection} from {offset}, {length} bytes", [expected],
            () => model.Mapping.Protect(protection, offset, length));
        if (expected is null)
        {
            Set(model, offset, length, protection);
        }
    }

    private void Unmap()
    {
        var model = Pick();
        var (offset, length) = RandomPages(model);
        var expected = model.Segment.Segment.Kind == ShmKind.SysV
            ? ShmErrorId.NotSupportedByKind
            : Refusal(model, offset, length);
        Expect(
            $"unmap {model.Mapping} from {offset}, {length} bytes", [expected],
            () => model.Mapping.Unmap(offset, length));
        if (expected is null)
        {
            Set(model, offset, length, null);
        }
    }

    private (long Offset, long Length) RandomPages(MappingModel model)
    {
        var offset = (long)Page * _random.Next(model.Pages.Count + 1);
        if (_random.Next(20) == 0)
        {
            offset += _random.Next(-Page, Page);
        }

        return (offset, _random.Next(4) == 0 ? 0 : 1 + _random.Next(3 * Page));
    }

    private static ShmErrorId? Refusal(MappingModel model, long offset, long length) =>
        offset % Page != 0 ? ShmErrorId.InvalidOffset
        : offset < 0 || offset > model.Length - Math.Max(length, 1) ? ShmErrorId.OutOfRange : null;

    private static IEnumerable<ShmProtection?> Covers(MappingModel model, long offset, long length)
    {
        var last = length == 0 ? model.Pages.Count - 1 : MappingModel.PageOf(offset + length - 1);
        return model.Pages.Take(last + 1).Skip(MappingModel.PageOf(offset));
    }

    private static void Set(MappingModel model, long offset, long length, ShmProtection? state)
    {
        var first = MappingModel.PageOf(offset);
        var count = Covers(model, offset, length).Count();
        for (var i = first; i < first + count; i++)
        {
            model.Pages[i] = state;
        }

        if (state is null)
        {
            model.ForgetOwnPages(first, count);
        }
    }
}
