using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;

namespace PSSharedMemory.Benchmarks;

/// <summary>docs/benchmarks.md.</summary>
internal sealed class ResultTable
{
    private readonly StringBuilder _rows = new();

    /// <summary>Measures a row and adds it; the line that was added.</summary>
    public string Add(Row row)
    {
        string line;
        try
        {
            var ratio = row.Run();
            line =
                $"| {row.What} | {row.Against} | {row.GoalText} | **{ratio.Median:0.00}** ({ratio.Min:0.00} to "
                    + $"{ratio.Max:0.00}) | {(row.IsReached(ratio) ? "yes" : "no")} |";
        }
        catch (NotMeasurableException reason)
        {
            line = $"| {row.What} | {row.Against} | {row.GoalText} | not measured: {reason.Message} | |";
        }

        _rows.AppendLine(line);
        return line;
    }

    /// <summary>The same for a row with nothing to hold it against.</summary>
    public string Add(Figure figure)
    {
        var (median, min, max) = figure.Run();
        var line = $"| {figure.What} | nothing | | **{median:0.0}** {figure.Unit} ({min:0.0} to {max:0.0}) | |";
        _rows.AppendLine(line);
        return line;
    }

    public string ToMarkdown() => $"""
        # Benchmarks

        Made by `dotnet run -c Release --project bench`. Each row is a ratio to a reference that was measured in the same
        run, in turn with it (A B A B …); the median of the ratios, and in brackets the least and the greatest. Bandwidths
        are ratios of bandwidth (more is better), all others of time (less is better).

        | what | against | goal | ratio | reached |
        | --- | --- | --- | --- | --- |
        {_rows.ToString().TrimEnd()}

        {Notes()}
        ## The machine

        {Machine()}

        """;

    /// <summary>Why a row misses its goal is written by hand and kept.</summary>
    private static string Notes()
    {
        var path = Path.Combine(Repository.Root, "bench", "notes.md");
        return File.Exists(path) ? File.ReadAllText(path).TrimEnd() + "\n" : "";
    }

    private static string Machine()
    {
        var processor = Lines("/proc/cpuinfo")
            .FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal))
                ?.Split(':')[1].Trim()
            ?? RuntimeInformation.ProcessArchitecture.ToString();
        var memory = Lines("/proc/meminfo").First().Split(':')[1].Trim();
        return $"{processor}, {Environment.ProcessorCount} processors, {memory} of memory; "
            + $"{RuntimeInformation.OSDescription}; {RuntimeInformation.FrameworkDescription}.";
    }

    private static IEnumerable<string> Lines(string path) => File.ReadLines(path);
}
