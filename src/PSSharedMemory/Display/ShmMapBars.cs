using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory.Commands;

/// <summary>A line of the picture: what one process has mapped, in columns that stand for the whole segment.</summary>
/// <param name="ProcessId">The process.</param>
/// <param name="Command">Its name.</param>
/// <param name="Protection">What the areas allow.</param>
/// <param name="Columns">Whether an area lies in a column.</param>
/// <param name="Areas">How many areas the line stands for.</param>
internal sealed record ShmMapBar(
    int ProcessId, string Command, ShmProtection Protection, bool[] Columns, int Areas)
{
    /// <summary>The columns that are covered, as runs.</summary>
    public IEnumerable<(int First, int Count)> Runs()
    {
        for (var first = 0; first < Columns.Length; first++)
        {
            var count = 0;
            while (first + count < Columns.Length && Columns[first + count])
            {
                count++;
            }

            if (count > 0)
            {
                yield return (first, count);
                first += count;
            }
        }
    }
}

/// <summary>
/// The lines of all holders. A process of few areas has a line for each; one of many, a line for each protection, in
/// which they lie above each other. Of many processes, those that hold the most are drawn.
/// </summary>
internal sealed class ShmMapBars
{
    // What fits a screen beside the picture.
    private const int MostProcesses = 16;
    private const int MostAreas = 8;

    public ShmMapBars(ShmMap map, ShmMapGrid grid)
    {
        var processes = map.Holders.GroupBy(static holder => (holder.ProcessId, holder.Command)).ToList();
        var drawn = map.IsFull || processes.Count <= MostProcesses ? processes : processes
            .OrderByDescending(static process => process.Sum(static area => (decimal)area.Length))
            .Take(MostProcesses).OrderBy(static process => process.Key.ProcessId).ToList();
        More = processes.Count - drawn.Count;
        Bars = [.. drawn.SelectMany(process => map.IsFull || process.Skip(MostAreas).Any() is false
            ? process.Select(area => Draw(grid, [area]))
            : process.GroupBy(static area => area.Protection).Select(areas => Draw(grid, [.. areas])))];
    }

    /// <summary>The lines, those of a process together.</summary>
    public IReadOnlyList<ShmMapBar> Bars { get; }

    /// <summary>How many processes are left out.</summary>
    public int More { get; }

    private static ShmMapBar Draw(ShmMapGrid grid, ShmMapHolder[] areas)
    {
        var columns = new bool[grid.Columns];
        foreach (var area in areas)
        {
            var (first, count) = grid.Bar(area.Offset, area.Length);
            System.Array.Fill(columns, true, first, count);
        }

        return new ShmMapBar(areas[0].ProcessId, areas[0].Command, areas[0].Protection, columns, areas.Length);
    }
}
