using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;

namespace PSSharedMemory.Walk;

/// <summary>What the kernel shows of this process, read without the library.</summary>
internal sealed record Witness(
    IReadOnlyList<string> Mappings, IReadOnlyList<string> Descriptors, IReadOnlyList<string> Segments, int Threads)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static Witness Take(string prefix) => new(
        [.. File.ReadLines("/proc/self/maps").Where(IsOurs)],
        [.. Directory.GetFileSystemEntries("/proc/self/fd")
            .Select(static entry => new FileInfo(entry).LinkTarget ?? "").Where(IsOurs)],
        [.. SystemVIds().Select(static id => $"System V {id}"), .. Directory.GetFiles("/dev/shm", prefix[1..] + "*")],
        Process.GetCurrentProcess().Threads.Count);

    /// <summary>Finalizers have run, and nothing is there that was not before.</summary>
    public static void AssertNothingLeft(Witness before, string prefix)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            var now = Take(prefix);
            string[] left =
            [
                .. now.Mappings.Except(before.Mappings), .. now.Segments.Except(before.Segments),
                .. now.Descriptors.Count > before.Descriptors.Count ? now.Descriptors : [],
            ];
            if (left.Length == 0)
            {
                return;
            }

            if (clock.Elapsed > Patience)
            {
                throw new PromiseBrokenException("Left behind:\n" + string.Join('\n', left));
            }

            Thread.Sleep(50);
        }
    }

    /// <summary>
    /// Whether pages lie in a range of addresses that nobody may touch and that no file backs: a hole that was not
    /// given back with its mapping.
    /// </summary>
    public static bool HasReservation(long address, long length) => File.ReadLines("/proc/self/maps").Any(line =>
    {
        var (start, end) = RangeOf(line);
        return start >= address && end <= address + length
            && line.Contains(" ---p 00000000 00:00 0", StringComparison.Ordinal);
    });

    /// <summary>What the kernel allows at an address, as "rwxs"; null where nothing is mapped.</summary>
    public static IReadOnlyList<(long Start, long End, string Allows)> Areas(long address, long length) =>
        [.. File.ReadLines("/proc/self/maps")
            .Select(static line => (Range: RangeOf(line), Allows: line.Split(' ')[1]))
            .Where(area => area.Range.Start < address + length && area.Range.End > address)
            .Select(static area => (area.Range.Start, area.Range.End, area.Allows))];

    /// <summary>Removes what a failed walk left.</summary>
    public static void Sweep(string prefix)
    {
        foreach (var file in Directory.GetFiles("/dev/shm", prefix[1..] + "*"))
        {
            File.Delete(file);
        }

        foreach (var id in SystemVIds())
        {
            _ = Kernel.Remove(id);
        }
    }

    private static bool IsOurs(string line) =>
        line.Contains("/SYSV", StringComparison.Ordinal) || line.Contains("/dev/shm/", StringComparison.Ordinal)
        || (line.Contains("/memfd:", StringComparison.Ordinal) && !line.Contains(
            "doublemapper", StringComparison.Ordinal));

    private static IEnumerable<int> SystemVIds() => File.ReadLines("/proc/sysvipc/shm").Skip(1)
        .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(static fields =>
            fields[4] == Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture))
        .Select(static fields => int.Parse(fields[1], System.Globalization.CultureInfo.InvariantCulture));

    private static (long Start, long End) RangeOf(string line)
    {
        var range = line.AsSpan(0, line.IndexOf(' ', StringComparison.Ordinal));
        var dash = range.IndexOf('-');
        // The vsyscall page lies beyond Int64.
        return (unchecked((long)ulong.Parse(range[..dash], System.Globalization.NumberStyles.AllowHexSpecifier, null)),
            unchecked((long)ulong.Parse(
                range[(dash + 1)..], System.Globalization.NumberStyles.AllowHexSpecifier, null)));
    }
}
