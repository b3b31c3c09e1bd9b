using System;
using System.Globalization;

namespace PSSharedMemory;

/// <summary>Who holds a lock of a queue or a dictionary.</summary>
/// <param name="ThreadId">The thread's id (gettid(2)) in its own pid namespace.</param>
/// <param name="ProcessId">The process of that thread; null where this process sees no such thread.</param>
/// <param name="HeldFor">For how long. If more than a moment, the owner was stopped or has lost its processor.</param>
public sealed record ShmLockHolder(int ThreadId, int? ProcessId, TimeSpan HeldFor)
{
    /// <summary>"812 for 2.5 s".</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(ProcessId is { } id ? $"{id}" : $"thread {ThreadId}")} for {HeldFor.TotalSeconds:0.###} s");
}
