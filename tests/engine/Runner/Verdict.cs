namespace PSSharedMemory.EngineTests.Runner;

/// <summary>What became of a test, in Pester's words.</summary>
public enum Verdict
{
    NotRun,
    Passed,
    Failed,
    Skipped,
    Inconclusive,
}
