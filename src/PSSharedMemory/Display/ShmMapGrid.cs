using System;
using System.Collections.Generic;
using System.Numerics;

namespace PSSharedMemory.Commands;

/// <summary>A map cut into cells of equally many pages, so that any segment fits a screen.</summary>
internal sealed class ShmMapGrid
{
    /// <summary>Cells of a row where there is room.</summary>
    public const int MostColumns = 64;

    private const int MostRows = 16;

    private readonly ShmMap _map;

    /// <param name="map">The map.</param>
    /// <param name="columns">Cells of a row.</param>
    public ShmMapGrid(ShmMap map, int columns = MostColumns)
    {
        _map = map;
        Columns = columns;
        var pages = Math.Max(1, map.Length / map.PageSize);
        var most = columns * MostRows;
        PagesPerCell = (long)BitOperations.RoundUpToPowerOf2((ulong)((pages + most - 1) / most));
        CellSize = PagesPerCell * map.PageSize;
        Cells = new ShmPageState[(map.Length + CellSize - 1) / CellSize];
        Fill();
    }

    /// <summary>Cells of a row.</summary>
    public int Columns { get; }

    /// <summary>Pages that one cell stands for.</summary>
    public long PagesPerCell { get; }

    /// <summary>Bytes that one cell stands for.</summary>
    public long CellSize { get; }

    /// <summary>The state that each cell shows.</summary>
    public ShmPageState[] Cells { get; }

    /// <summary>The bytes in each state, in the order of the enumeration.</summary>
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
    public (int First, int Count) Bar(long offset, long length)
    {
        // As wide as the rows of cells above it.
        var columns = (int)Math.Min(Columns, Math.Max(1, _map.Length / _map.PageSize));
        var first = (int)Int128.Clamp(offset * (Int128)columns / _map.Length, 0, columns - 1);
        var last = (int)Int128.Clamp(((offset + length) * (Int128)columns / _map.Length) - 1, first, columns - 1);
        return (first, last - first + 1);
    }

    private void Fill()
    {
        var weights = new long[Cells.Length];
        foreach (var run in _map.Runs)
        {
            var end = run.Offset + run.Length;
            for (var cell = run.Offset / CellSize; cell < Cells.Length && cell * CellSize < end; cell++)
            {
                // What is rare but matters is never hidden by what is common: a hole shows in any cell that it touches.
                var weight = run.State >= ShmPageState.Protected
                    ? long.MaxValue - (ShmPageState.Hole - run.State)
                    : Math.Min((cell + 1) * CellSize, end) - Math.Max(cell * CellSize, run.Offset);
                if (weight > weights[cell])
                {
                    weights[cell] = weight;
                    Cells[cell] = run.State;
                }
            }
        }
    }
}
