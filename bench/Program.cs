using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using BenchmarkDotNet.Running;
using PSSharedMemory.Benchmarks.Rows;

namespace PSSharedMemory.Benchmarks;

/// <summary>
/// <c>dotnet run -c Release --project bench</c> measures all rows and writes docs/benchmarks.md;
/// <c>-- WORD</c> measures the rows with that word and writes nothing;
/// <c>-- --micro [arguments]</c> hands over to BenchmarkDotNet for the core library.
/// </summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        if (arguments is ["--micro", .. var rest])
        {
            BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(rest);
            return 0;
        }

        if (arguments is [SyncRows.PartnerArgument, var name, var times])
        {
            SyncRows.Answer(name, int.Parse(times, CultureInfo.InvariantCulture));
            return 0;
        }

        if (arguments is [QueueRows.PartnerArgument, var work, var queue, var messages])
        {
            QueueRows.TakePart(work, queue, int.Parse(messages, CultureInfo.InvariantCulture));
            return 0;
        }

        IEnumerable<Row> all = [
            .. CopyRows.All, .. DataRows.All, .. MountRows.All, .. GuardRows.All, .. SyncRows.All, .. QueueRows.All,
            .. CmdletRows.All, .. ListingRows.All, .. PeerRows.All
        ];
        bool IsMeant(string what) => arguments.All(word => what.Contains(word, StringComparison.OrdinalIgnoreCase));
        var rows = all.Where(row => IsMeant(row.What)).ToArray();
        var table = new ResultTable();
        foreach (var row in rows)
        {
            Console.WriteLine(table.Add(row));
        }

        Figure[] figures = [.. GuardRows.Figures, .. SparseRows.Figures];
        foreach (var figure in figures.Where(figure => IsMeant(figure.What)))
        {
            Console.WriteLine(table.Add(figure));
        }

        if (arguments.Length == 0)
        {
            File.WriteAllText(Path.Combine(Repository.Root, "docs", "benchmarks.md"), table.ToMarkdown());
        }

        return 0;
    }
}
