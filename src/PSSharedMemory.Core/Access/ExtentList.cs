using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>
/// The parts of a segment that have memory, in order. Its length is bounded, whatever the size of the snapshot: once it
/// is full, each further part extends the last one.
/// </summary>
/// <param name="most">How many parts make it full.</param>
internal sealed class ExtentList(int most = ExtentList.MostExtents)
{
    /// <summary>Enough for any program, and 2 MB as JSON.</summary>
    public const int MostExtents = 65536;

    private readonly List<ShmRun> _runs = [];

    public IReadOnlyList<ShmRun> Runs => _runs;

    /// <summary>Adds a part behind all others.</summary>
    public void Add(long offset, long length)
    {
        if (length == 0)
        {
            return;
        }

        if (_runs.Count > 0 && (_runs[^1].Offset + _runs[^1].Length == offset || _runs.Count == most))
        {
            _runs[^1] = _runs[^1] with { Length = offset + length - _runs[^1].Offset };
            return;
        }

        _runs.Add(new ShmRun(offset, length));
    }

    /// <summary>Whether runs are in order, apart, and within this many bytes.</summary>
    public static bool AreValid(IReadOnlyList<ShmRun> runs, long size)
    {
        var end = 0L;
        foreach (var run in runs)
        {
            if (run.Offset < end || run.Length <= 0 || run.Length > size - run.Offset)
            {
                return false;
            }

            end = run.Offset + run.Length;
        }

        return true;
    }
}
