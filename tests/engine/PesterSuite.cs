using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using PSSharedMemory.EngineTests.Leaks;
using PSSharedMemory.EngineTests.Runner;

namespace PSSharedMemory.EngineTests;

/// <summary>What a file of the suite gave, and what it left behind.</summary>
internal sealed record SuiteFileOutcome(FileOutcome Outcome, IReadOnlyList<string> LeftBehind);

/// <summary>The files of tests/pester; each is run once, when the first of its tests is asked for.</summary>
internal static class PesterSuite
{
    // For what other processes on the machine are about to remove.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly ConcurrentDictionary<string, Lazy<SuiteFileOutcome>> Outcomes = new();

    public static IReadOnlyList<string> Files { get; } = FilesIn(Repository.PesterFolder);

    public static string[] FilesIn(string folder) =>
        [.. Directory.GetFiles(folder, "*.Tests.ps1", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(file => Path.GetRelativePath(folder, file))];

    public static SuiteFileOutcome OutcomeOf(string file) =>
        Outcomes.GetOrAdd(file, name => new Lazy<SuiteFileOutcome>(() => Run(Path.Combine(Repository.PesterFolder, name)))).Value;

    private static SuiteFileOutcome Run(string path)
    {
        LeakWitness witness = new(path, Patience);
        var outcome = TestFile.Run(path);
        return new SuiteFileOutcome(outcome, witness.LeftBehind());
    }
}
