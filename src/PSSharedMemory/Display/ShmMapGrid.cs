using System;
using System.Collections.Generic;

namespace PSSharedMemory.Commands;

/// <summary>A map cut into cells of equally many pages, so that any segment fits a screen.</summary>
internal sealed class ShmMapGrid
{
    public const int Columns = 64;
    private const int MaxRows = 16;

    public ShmMapGrid(ShmMap map)
    {
        var pages = Math.Max(1, map.Length / map.PageSize);
        PagesPerCell = Math.Max(
            1, (long)System.Numerics.BitOperations.RoundUpToPowerOf2(
                (ulong)((pages + (Columns * MaxRows) - 1) / (Columns * MaxRows))));
        CellSize = PagesPerCell * map.PageSize;
        Cells = new ShmPageState[(map.Length + CellSize - 1) / CellSize];
        var weights = new long[Cells.Length];
        foreach (var run in map.Runs)
        {
            for (var cell = run.Offset / CellSize; cell < Cells.Length
                && cell * CellSize < run.Offset + run.Length; cell++)
            {
                // What is rare but matters is never hidden by what is common: a hole shows in any cell that it touches.
                var weight = Math.Min((cell + 1) * CellSize, run.Offset + run.Length) - Math.Max(
                    cell * CellSize, run.Offset);
                if (run.State >= ShmPageState.Protected)
                {
                    weight = long.MaxValue - (ShmPageState.Hole - run.State);
                }

                if (weight > weights[cell])
                {
                    weights[cell] = weight;
                    Cells[cell] = run.State;
                }
            }
        }
    }

    /// <summary>Pages that one cell stands for.</summary>
    public long PagesPerCell { get; }

    /// <summary>Bytes that one cell stands for.</summary>
    public long CellSize { get; }

    /// <summary>The state that each cell shows.</summary>
    public ShmPageState[] Cells { get; }

    /// <summary>The bytes in each state, largest states of the enumeration last.</summary>
    public static SortedDictionary<ShmPageState, long> Totals(ShmMap map)
    {
        var totals = new SortedDictionary<ShmPageState, long>();
        foreach (var run in map.Runs)
        {
            totals[run.State] = totals.GetValueOrDefault(run.State) + run.Length;
        }

        return totals;
    }

    /// <summary>
    /// The first column of a bar that stands for the whole map, and how many are covered: at least one.
    /// </summary>
    public static (int First, int Count) Bar(ShmMap map, long offset, long length)
    {
        // As wide as the rows of cells above it.
        var columns = (int)Math.Min(Columns, Math.Max(1, map.Length / map.PageSize));
        var first = (int)Int128.Clamp(offset * (Int128)columns / map.Length, 0, columns - 1);
        var last = (int)Int128.Clamp(((offset + length) * (Int128)columns / map.Length) - 1, first, columns - 1);
        return (first, last - first + 1);
    }
}
