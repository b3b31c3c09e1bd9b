using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>Which process started which.</summary>
internal static class ProcessTree
{
    /// <summary>The parent of each process.</summary>
    /// <exception cref="ShmException">/proc is not there or cannot be read.</exception>
    public static Dictionary<int, int> ReadParents()
    {
        using var reader = new ProcReader();
        var ids = reader.ListProcesses();
        var parents = new Dictionary<int, int>(ids.Count);
        foreach (var id in ids)
        {
            if (reader.Enter(id) >= 0 && reader.ReadStat(out var stat) >= 0)
            {
                parents[id] = stat.ParentId;
            }
        }

        return parents;
    }

    /// <summary>The processes below one, not itself.</summary>
    public static IEnumerable<int> Descendants(Dictionary<int, int> parents, int root)
    {
        foreach (var id in parents.Keys)
        {
            var ancestor = id;
            // The table isn't read at one instant: a bound keeps a cycle in it from running on.
            for (var steps = 0; steps < parents.Count && parents.TryGetValue(ancestor, out ancestor); steps++)
            {
                if (ancestor != root)
                {
                    continue;
                }

                yield return id;
                break;
            }
        }
    }
}
