using System.Collections.Generic;
using System.IO;
using System.Linq;
using PSSharedMemory.EngineTests.Runner;
using Xunit;

namespace PSSharedMemory.EngineTests;

/// <summary>The runner itself, on small files: what each test there is to give stands in its name.</summary>
public sealed class RunnerTests
{
    private static string Verdicts => Path.Combine(Repository.FixturesFolder, "verdicts");

    public static TheoryData<string> VerdictFiles() => [.. PesterSuite.FilesIn(Verdicts)];

    /// <summary>The file and the line that has to be named.</summary>
    public static TheoryData<string, int, string> RefusedFiles() => new()
    {
        { "Mock", 3, "Mock" },
        { "InModuleScope", 3, "InModuleScope" },
        { "Operator", 3, "-BeSomething" },
        { "OperatorParameter", 4, "-Message" },
        { "NoOperator", 2, "no operator" },
        { "NewAssertion", 2, "Should-Be" },
        { "ItParameter", 2, "Pending" },
        { "Result", 2, "-Pending" },
        { "Drive", 2, "TestDrive:" },
        { "Template", 3, "<late>" },
        { "Duplicate", 4, "line 2" },
        { "Empty", 1, "no tests" },
        { "Syntax", 2, "expression" },
        { "Throwing", 3, "at discovery" },
        { "Misplaced", 1, "Describe" },
        { "TwoSetups", 3, "BeforeAll" },
        { "EmptyData", 3, "-ForEach" },
        { "UnknownCommand", 2, "Get-SomethingUnknown" },
    };

    [Theory]
    [MemberData(nameof(VerdictFiles))]
    public void EachTestEndsAsItsNameSays(string file)
    {
        var outcome = TestFile.Run(Path.Combine(Verdicts, file));
        Assert.Empty(outcome.Refusals);
        Assert.NotEmpty(outcome.Cases);
        Assert.Empty(outcome.Cases
            .Where(test => test.Verdict != Expected(test.Path))
            .Select(test => $"{file}:{test.Line} {test.Path}: {test.Verdict} {test.Message}"));
    }

    [Theory]
    [MemberData(nameof(RefusedFiles))]
    public void WhatIsNotKnownIsRefusedWithItsLine(string name, int line, string word)
    {
        var outcome = TestFile.Run(Path.Combine(Repository.FixturesFolder, "refused", $"{name}.Tests.ps1"));
        var refusal = Assert.Single(outcome.Refusals);
        Assert.Equal(line, refusal.Line);
        Assert.Contains(word, refusal.Message);
        Assert.Empty(outcome.Cases);
    }

    [Fact]
    public void EveryRefusedFileIsListed() =>
        Assert.Equal(PesterSuite.FilesIn(Path.Combine(Repository.FixturesFolder, "refused")).Order(),
            RefusedFiles().Select(row => $"{row.Data.Item1}.Tests.ps1").Order());

    [Fact]
    public void NamesAreExpandedAtDiscovery()
    {
        var cases = TestFile.Discover(Path.Combine(Verdicts, "Data.Tests.ps1")).Cases;
        string[] paths = [.. cases.Select(c => c.Path)];
        Assert.Contains("Data.has keys as variables: 2, w2, deep 2", paths);
        Assert.Contains("Data.has scalars as $_: $null", paths);
        Assert.Contains("Data.writes a collection: @(1, 2)", paths);
        Assert.Contains("Data.writes a collection: @('one')", paths);
        Assert.Contains("Data.writes a collection: @{a='b'}", paths);
        Assert.Contains("Data.keeps <this> and $that and \"quotes\"", paths);
        Assert.Contains("A block for second.and one for 20.makes tests at discovery: second-20 of second", paths);
    }

    [Fact]
    public void ReasonsTagsAndLinesReachTheReport()
    {
        var cases = TestFile.Run(Path.Combine(Verdicts, "Skipping.Tests.ps1")).Cases;
        Assert.Equal("-Skip:(-not $never) in line 6", Single(cases, "by a condition (skipped)").Message);
        Assert.Equal(6, Single(cases, "by a condition (skipped)").Line);
        Assert.Equal("a reason", Single(cases, "by Set-ItResult (skipped)").Message);
        Assert.Equal("-Skip in line 10", Single(cases, "with its tests (skipped)").Message);
        Assert.Equal(["Root"], Single(cases, "with theirs (skipped)").Tags);
    }

    [Fact]
    public void AFailureTellsValuesReasonAndPlace()
    {
        var file = Path.Combine(Verdicts, "Operators.Tests.ps1");
        var message = Single(TestFile.Run(file).Cases, "says why (fails)").Message;
        Assert.Contains("be 6, but got 5. Because: of a reason", message);
        Assert.Contains($"{file}: line 22", message);
    }

    [Fact]
    public void AFailedBlockIsReportedForItsTestsAndForTheFile()
    {
        var outcome = TestFile.Run(Path.Combine(Verdicts, "Failing.Tests.ps1"));
        Assert.Contains("set-up", Single(outcome.Cases, "as well (fails)").Message);
        Assert.Contains("'Failing.in BeforeAll'", Assert.Single(outcome.BlockErrors));
    }

    private static CaseOutcome Single(IEnumerable<CaseOutcome> cases, string name) =>
        Assert.Single(cases, c => c.Path.EndsWith($".{name}", System.StringComparison.Ordinal));

    private static Verdict Expected(string path) => path switch
    {
        _ when path.EndsWith("(fails)", System.StringComparison.Ordinal) => Verdict.Failed,
        _ when path.EndsWith("(skipped)", System.StringComparison.Ordinal) => Verdict.Skipped,
        _ when path.EndsWith("(inconclusive)", System.StringComparison.Ordinal) => Verdict.Inconclusive,
        _ => Verdict.Passed,
    };
}
