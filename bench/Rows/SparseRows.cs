using System;
using System.Collections.Generic;

namespace PSSharedMemory.Benchmarks.Rows;

/// <summary>Large segments of which little is wanted, or little is there: without a peer that does the same.</summary>
internal static class SparseRows
{
    private const long Size = 100L << 30;

    public static IEnumerable<Figure> Figures =>
    [
        new("clear of 100 GB in which two pages are", "µs", () => Microseconds(static (from, _) => from.Fill([0]))),
        new("copy of 100 GB in which two pages are", "µs", () => Microseconds(static (from, to) => from.CopyTo(to))),
        new("the first 5 of 5,000,000 numbers, Read-ShmData", "µs", FirstOfMany),
    ];

    private static string Name => $"/pssharedmemory-bench-sparse-{Environment.ProcessId}";

    private static (double Median, double Min, double Max) Microseconds(Action<ShmRange, ShmRange> action)
    {
        var options = new ShmCreateOptions { Size = Size, Sparse = true };
        ShmSegment[] segments = [PosixSegments.Create(Name, options), PosixSegments.Create(Name + "-to", options)];
        try
        {
            using var from = ShmMapping.Mount(segments[0]);
            using var to = ShmMapping.Mount(segments[1]);
            from.Writer.WriteInt32(Size / 3, 1);
            from.Writer.WriteInt32(Size - 4096, 1);
            using var source = ShmRange.Of(from);
            using var destination = ShmRange.Of(to);
            return Median(() => action(source, destination));
        }
        finally
        {
            Array.ForEach(segments, static segment => ShmSegments.Remove(segment));
        }
    }

    private static (double Median, double Min, double Max) FirstOfMany()
    {
        using var shell = new Shell();
        shell.Run("$global:m = New-ShmSegment -Anonymous -Size 20000000 -Mount");
        var first = shell.Prepared("Read-ShmData $m -As Int32 -Count 5000000 | Select-Object -First 5");
        try
        {
            return Median(first);
        }
        finally
        {
            shell.Run("$m.Dispose()");
        }
    }

    private static (double Median, double Min, double Max) Median(Action action)
    {
        const int Rounds = 51;
        action();
        var times = new double[Rounds];
        for (var i = 0; i < Rounds; i++)
        {
            times[i] = SideBySide.Seconds(action) * 1e6;
        }

        Array.Sort(times);
        return (times[Rounds / 2], times[0], times[^1]);
    }
}
