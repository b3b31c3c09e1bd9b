using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace PSSharedMemory.Walk;

/// <summary>
/// Thousands of random operations on segments of all kinds, each compared with a model. The operations are in the other
/// parts of this class.
/// </summary>
internal sealed partial class RandomWalk
{
    public const int Page = 4096;

    /// <summary>What other threads write to hostile segments.</summary>
    public const byte HostileByte = 0xEE;

    private const int MaxPages = 16;
    private const int MaxSegments = 24;
    private const int MaxMappings = 40;
    private const int TrailLength = 20;

    private readonly Random _random;
    private readonly string _prefix;
    private readonly List<SegmentModel> _segments = [];
    private readonly List<MappingModel> _mappings = [];
    private readonly Dictionary<string, int> _counts = [];
    private readonly object _sharedLock = new();
    private readonly List<ShmMapping> _shared = [];
    private readonly Queue<string> _trail = new();
    private int _names;
    private int _step;
    private string _doing = "";

    private RandomWalk(int seed, string prefix)
    {
        _random = new Random(seed);
        _prefix = prefix;
    }

    /// <summary>Walks, and tells how often each operation was made and how it ended.</summary>
    public static string Run(int operations, int seed, string prefix)
    {
        var walk = new RandomWalk(seed, prefix);
        using var hostile = new Hostile(prefix, seed, walk.PickShared);
        try
        {
            for (walk._step = 0; walk._step < operations; walk._step++)
            {
                hostile.ThrowIfFailed();
                walk.Step();
            }

            walk.End();
        }
        catch (Exception failure)
        {
            throw new PromiseBrokenException(
                $"Step {walk._step}, {walk._doing}: {failure}\nBefore that:\n{string.Join('\n', walk._trail)}");
        }

        hostile.Dispose();
        hostile.ThrowIfFailed();
        walk.Sweep();
        walk._counts["accesses of other threads"] = (int)hostile.Accesses;
        return string.Join('\n', walk._counts.OrderBy(static count => count.Key, StringComparer.Ordinal)
            .Select(static count => string.Create(CultureInfo.InvariantCulture, $"{count.Value,8} {count.Key}")));
    }

    /// <summary>A hostile segment's mapping: other threads may use it at any moment.</summary>
    private ShmMapping? PickShared()
    {
        lock (_sharedLock)
        {
            return _shared.Count == 0 ? null : _shared[System.Random.Shared.Next(_shared.Count)];
        }
    }

    private void Step()
    {
        if (_segments.Count < 4)
        {
            Create();
            return;
        }

        if (_mappings.Count < 4)
        {
            Mount();
            return;
        }

        switch (_random.Next(100))
        {
            case < 4: Create(); break;
            case < 14: Mount(); break;
            case < 20: Dismount(); break;
            case < 34: Protect(); break;
            case < 42: Unmap(); break;
            case < 57: Read(); break;
            case < 76: Write(); break;
            case < 83: Resize(); break;
            case < 86: Remove(); break;
            case < 89: Look(); break;
            case < 99: Replace(); break;
            default: Drop(); break;
        }
    }

    /// <summary>Does something and compares how it ends with what is allowed; null stands for success.</summary>
    /// <param name="what">For the report.</param>
    /// <param name="allowed">The ways in which it may end.</param>
    /// <param name="act">Does it.</param>
    /// <returns>How it ended.</returns>
    private ShmErrorId? Expect(string what, ShmErrorId?[] allowed, Action act)
    {
        _doing = what;
        ShmErrorId? outcome = null;
        ShmException? said = null;
        try
        {
            act();
        }
        catch (ShmException error)
        {
            outcome = error.ErrorId;
            said = error;
        }

        _trail.Enqueue($"{_step} {what}: {outcome?.ToString() ?? "done"}");
        if (_trail.Count > TrailLength)
        {
            _trail.Dequeue();
        }

        var key = $"{what.Split(' ')[0]}: {outcome?.ToString() ?? "done"}";
        _counts[key] = _counts.GetValueOrDefault(key) + 1;
        if (!allowed.Contains(outcome))
        {
            throw new PromiseBrokenException(
                $"{what} ended in {outcome?.ToString() ?? "success"}, not in "
                    + $"{string.Join(" or ", allowed.Select(static id => id?.ToString() ?? "success"))}. {said}");
        }

        return outcome;
    }

    private static void Require(bool isSo, string what)
    {
        if (!isSo)
        {
            throw new PromiseBrokenException(what);
        }
    }

    private MappingModel Pick() => _mappings[_random.Next(_mappings.Count)];

    private byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }

    private ShmProtection RandomProtection() => _random.Next(8) switch
    {
        0 => ShmProtection.None,
        1 => ShmProtection.Write,
        2 or 3 => ShmProtection.Read,
        4 => ShmProtection.Read | ShmProtection.Execute,
        _ => ShmProtection.Read | ShmProtection.Write,
    };

    private void Add(MappingModel model)
    {
        _mappings.Add(model);
        if (model.Segment.IsHostile)
        {
            lock (_sharedLock)
            {
                _shared.Add(model.Mapping);
            }
        }
    }

    private void Forget(MappingModel model)
    {
        _mappings.Remove(model);
        lock (_sharedLock)
        {
            _shared.Remove(model.Mapping);
        }
    }

    private void End()
    {
        _doing = "the end";
        foreach (var model in _mappings.ToArray())
        {
            Compare(model);
            Forget(model);
            model.Mapping.Dispose();
        }
    }

    /// <summary>Removes the segments, once no peer removes any.</summary>
    private void Sweep()
    {
        foreach (var model in _segments.Where(static model => !model.IsRemoved && model.Segment.Kind != ShmKind.MemFd))
        {
            var allowed = model.IsHostile
                ? new ShmErrorId?[] { null, ShmErrorId.SegmentNotFound }
                : [null];
            Expect($"sweep {model.Segment}", allowed, () => ShmSegments.Remove(model.Segment));
        }

        // A memfd lives by its segment object.
        _segments.Clear();
    }
}
