using System;
using System.Linq;

namespace PSSharedMemory.Walk;

/// <summary>Reading, writing, and comparing all of a mapping with its model.</summary>
internal sealed partial class RandomWalk
{
    private static readonly ShmErrorId?[] HostileAccess = [null, ShmErrorId.SegmentTruncated];

    private void Read()
    {
        var model = Pick();
        var (offset, length) = RandomRange(model);
        var expected = model.Judge(offset, length, ShmProtection.Read);
        byte[]? bytes = null;
        long done = -1;
        Expect($"read {model.Mapping} at {offset}, {length} bytes", Allowed(model, expected), () =>
        {
            try
            {
                bytes = model.Mapping.Reader.ReadBytes(offset, length);
            }
            catch (ShmException error)
            {
                done = error.BytesDone;
                throw;
            }
        });
        if (bytes is not null && !model.Segment.IsHostile)
        {
            Require(bytes.AsSpan().SequenceEqual(model.Read(offset, length)), "It read other bytes than were written.");
        }

        RequireCount(model, expected, offset, length, done);
    }

    private void Write()
    {
        var model = Pick();
        var (offset, length) = RandomRange(model);
        var expected = model.Judge(offset, length, ShmProtection.Write);
        var bytes = RandomBytes(length);
        long done = -1;
        var outcome = Expect($"write {model.Mapping} at {offset}, {length} bytes", Allowed(model, expected), () =>
        {
            try
            {
                model.Mapping.Writer.WriteBytes(offset, bytes);
            }
            catch (ShmException error)
            {
                done = error.BytesDone;
                throw;
            }
        });
        RequireCount(model, expected, offset, length, done);
        if (model.Segment.IsHostile)
        {
            return;
        }

        if (outcome is null)
        {
            model.Write(offset, bytes);
        }
        else if (outcome == ShmErrorId.SegmentTruncated)
        {
            model.Write(offset, bytes[..(int)done]);
        }
    }

    private static ShmErrorId?[] Allowed(MappingModel model, ShmErrorId? expected) =>
        model.Segment.IsHostile && expected is null or ShmErrorId.SegmentTruncated && model.Segment.IsHostile
            ? HostileAccess
            : [expected];

    private static void RequireCount(MappingModel model, ShmErrorId? expected, long offset, int length, long done)
    {
        if (expected == ShmErrorId.SegmentTruncated && !model.Segment.IsHostile)
        {
            Require(
                done == Math.Clamp(model.Backed - offset, 0, length),
                $"It counted {done} bytes of {length} at {offset}, where {model.Backed} are left.");
        }
        else if (model.Segment.IsHostile && done >= 0)
        {
            Require(done < Math.Max(1, length), $"It counted {done} bytes of {length}, and failed.");
        }
    }

    /// <summary>Compares what the library says, what the kernel says and what the model says.</summary>
    private void Look()
    {
        var model = Pick();
        Compare(model);
        if (_random.Next(4) == 0)
        {
            CompareWithKernel(model);
        }
    }

    private static void Compare(MappingModel model)
    {
        var mapping = model.Mapping;
        Require(mapping.IsMounted, $"{mapping} is gone.");
        Require(mapping.Length == model.Length, $"{mapping} has {mapping.Length} bytes, not {model.Length}.");
        // What hostile peers have taken away may be lost, and is what it was otherwise.
        var hasAll = mapping.Regions.All(static region => region.State != ShmRegionState.Lost);
        Require(
            hasAll || model.Segment.IsHostile || model.Backed < model.Length,
            $"{mapping} has lost pages that nobody took.");
        Require(
            !hasAll || mapping.Regions.SequenceEqual(model.Regions()),
            $"Regions are {string.Join(", ", mapping.Regions)}, not {string.Join(", ", model.Regions())}.");
        if (model.Segment.IsHostile)
        {
            return;
        }

        for (var page = 0; page < model.Pages.Count; page++)
        {
            var offset = (long)page * Page;
            var length = (int)Math.Min(Page, model.Length - offset);
            if (model.Judge(offset, length, ShmProtection.Read) is null)
            {
                Require(
                    mapping.Reader.ReadBytes(offset, length).AsSpan().SequenceEqual(model.Read(offset, length)),
                    $"Page {page} of {mapping} has other bytes than were written.");
            }
        }
    }

    private static void CompareWithKernel(MappingModel model)
    {
        var areas = Witness.Areas(model.Mapping.Address, (long)Page * model.Pages.Count);
        var lost = model.Mapping.Regions.Where(static region => region.State == ShmRegionState.Lost).ToArray();
        for (var page = 0; page < model.Pages.Count; page++)
        {
            var address = model.Mapping.Address + ((long)page * Page);
            if (model.Given.Contains(page) || lost.Any(region =>
                (long)page * Page >= region.Offset && (long)page * Page < region.Offset + region.Length))
            {
                continue;
            }

            var allows = areas.Single(area => address >= area.Start && address < area.End).Allows;
            var expected = model.Pages[page] is { } allowed
                ? (allowed.HasFlag(ShmProtection.Read) ? "r" : "-") + (allowed.HasFlag(ShmProtection.Write) ? "w" : "-")
                    + (allowed.HasFlag(ShmProtection.Execute) ? "x" : "-") + (model.Mapping.IsCopyOnWrite ? "p" : "s")
                : "---p";
            Require(
                allows == expected,
                $"Page {page} of {model.Mapping} is {allows} for the kernel, and should be {expected}.");
        }
    }

    private (long Offset, int Length) RandomRange(MappingModel model)
    {
        var length = _random.Next(3) switch
        {
            0 =>
            _random.Next(1, 9),
            1 => _random.Next(300),
            _ => _random.Next(3 * Page)
        };
        var room = _random.Next(15) == 0 ? model.Length + Page : Math.Max(1, model.Length - length + 1);
        var offset = _random.NextInt64(room);
        return (_random.Next(100) == 0 ? -offset : offset, length);
    }
}
