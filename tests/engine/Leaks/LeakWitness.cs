using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading;

namespace PSSharedMemory.EngineTests.Leaks;

/// <summary>
/// Tells what a file left behind. Mappings and descriptors are this process's own, and each new one counts. Segments are
/// the machine's: where PSSHM_PRIVATE_HOST is 1 (nothing else makes shared memory) each new one counts; elsewhere a System V
/// segment counts if this process or a living child of it made it, a POSIX object if its name begins as one that the
/// file speaks of.
/// </summary>
internal sealed partial class LeakWitness(string testFile, TimeSpan patience)
{
    private readonly SharedMemorySnapshot _before = SharedMemorySnapshot.Take();
    private readonly string[] _names = [.. NamePattern().Matches(File.ReadAllText(testFile)).Select(m => m.Groups["name"].Value).Distinct()];

    private static bool IsPrivateHost => Environment.GetEnvironmentVariable("PSSHM_PRIVATE_HOST") == "1";

    /// <summary>Finalizers have run first; what others clean up on their own has a few seconds to go.</summary>
    public IReadOnlyList<string> LeftBehind()
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            string[] left = [.. Compare(SharedMemorySnapshot.Take())];
            if (left.Length == 0 || waited.Elapsed > patience)
            {
                return left;
            }

            Thread.Sleep(100);
        }
    }

    private IEnumerable<string> Compare(SharedMemorySnapshot after)
    {
        HashSet<int> known = [.. _before.Segments.Select(s => s.Id)];
        return after.Segments.Where(s => !known.Contains(s.Id) && IsOurs(s)).Select(s => $"System V segment {s}")
            .Concat(after.PosixObjects.Except(_before.PosixObjects).Where(IsOurs).Select(n => $"POSIX object /{n}"))
            .Concat(after.Mappings.Except(_before.Mappings).Select(m => $"mapping {m}"))
            .Concat(after.Descriptors.Except(_before.Descriptors).Select(d => $"descriptor {d}"));
    }

    private bool IsOurs(string posixName) =>
        IsPrivateHost || _names.Any(n => posixName.StartsWith(n, StringComparison.Ordinal));

    private static bool IsOurs(SysVSegment segment) =>
        IsPrivateHost || Ancestry(segment.CreatorProcessId).Contains(Environment.ProcessId);

    private static IEnumerable<int> Ancestry(int processId)
    {
        while (processId > 0)
        {
            yield return processId;
            var stat = $"/proc/{processId}/stat";
            if (!File.Exists(stat))
            {
                yield break;
            }

            var text = File.ReadAllText(stat);
            // The name in parentheses may hold anything; the parent is the second field behind it.
            processId = int.Parse(text[(text.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
    }

    [GeneratedRegex("""['"](/dev/shm)?/(?<name>[A-Za-z][\w.]*-[\w.-]*)""", RegexOptions.ExplicitCapture)]
    private static partial Regex NamePattern();
}
