using System;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]

namespace PSSharedMemory.Walk;

/// <summary>
/// A random walk through the library, judged by a model, with hostile peers beside it. Run by hand:
/// <c>dotnet run --project tests/walk -- 100000 7</c> (operations, seed). It ends with 0 where every promise was kept.
/// </summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        switch (arguments.FirstOrDefault())
        {
            case "killed":
                Console.WriteLine(Killer.Run(Number(arguments, 1, 100), Number(arguments, 2, 1)));
                return 0;
            case "live":
                Killer.Live(arguments[1], arguments[2], arguments[3]);
                return 1;
        }

        if (arguments is ["stuck", var how, var segment, var place])
        {
            return StuckLocker.Run(how, segment, long.Parse(place, CultureInfo.InvariantCulture));
        }

        if (arguments is ["worker", var work, var name, var notes, var first])
        {
            return CollectionWorker.Run(work, name, notes, long.Parse(first, CultureInfo.InvariantCulture));
        }

        var operations = Number(arguments, 0, 100_000);
        var seed = Number(arguments, 1, 1);
        var clock = Stopwatch.StartNew();
        var prefix = $"/pst-walk-{Environment.ProcessId}-";
        var before = Witness.Take(prefix);
        try
        {
            var counts = RandomWalk.Run(operations, seed, prefix);
            Witness.AssertNothingLeft(before, prefix);
            Console.WriteLine(
                $"{operations} operations, seed {seed}, {clock.Elapsed.TotalSeconds:0.0} s: every promise kept.");
            Console.WriteLine(counts);
            return 0;
        }
        catch (Exception failure)
        {
            Console.WriteLine($"Seed {seed}: {failure}");
            return 1;
        }
        finally
        {
            Witness.Sweep(prefix);
        }
    }

    private static int Number(string[] arguments, int index, int otherwise) =>
        arguments.Length > index ? int.Parse(arguments[index], CultureInfo.InvariantCulture) : otherwise;
}

/// <summary>The library did not do what the model says.</summary>
internal sealed class PromiseBrokenException(string message) : Exception(message);
