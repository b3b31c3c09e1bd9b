using System;

namespace PSSharedMemory.EngineTests.Runner;

/// <summary>The file uses what the runner does not know, or breaks one of Pester's rules, at this line.</summary>
public sealed class RefusalException(int line, string message) : Exception(message)
{
    public int Line { get; } = line;
}
