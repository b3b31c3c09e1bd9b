using System;

namespace PSSharedMemory;

/// <summary>A system call on shared memory that a traced process made.</summary>
public sealed class ShmCall
{
    /// <summary>When it was made, UTC.</summary>
    public DateTime Time { get; internal init; }

    /// <summary>The process, or the thread of it, that made it.</summary>
    public int ProcessId { get; internal init; }

    /// <summary>The call as the kernel names it: shm_open shows as openat, shm_unlink as unlink.</summary>
    public string Call { get; internal init; } = "";

    /// <summary>The arguments, in C's words.</summary>
    public string Arguments { get; internal init; } = "";

    /// <summary>What it returned; null where it did not return (the process ended in it).</summary>
    public long? Result { get; internal init; }

    /// <summary>The errno's name where it failed; else null.</summary>
    public string? Error { get; internal init; }

    /// <summary>
    /// The segment it was about: "/name", "id 5", "key 0x0000beef", "memfd:label", "anonymous"; null where that is not
    /// known.
    /// </summary>
    public string? Segment { get; internal init; }

    /// <summary>The address it was about, or that it returned; null where there is none.</summary>
    public long? Address { get; internal init; }

    /// <summary>The address as text: "0x7f0012340000".</summary>
    public string? HexAddress => Address is { } address ? FormattableString.Invariant($"0x{address:x}") : null;

    /// <summary>Bytes it was about; null where there are none, or they are not known.</summary>
    public long? Length { get; internal init; }

    /// <summary>
    /// What a signal, an end or a failure means: "SIGBUS at /frames + 0x100000, beyond its end", "killed by SIGBUS";
    /// null where the call says it all.
    /// </summary>
    public string? Detail { get; internal set; }

    internal bool IsElsewhere { get; set; }

    /// <summary>
    /// Whether its process was in another namespace: the segment's name or id means something else here.
    /// </summary>
    public bool IsFromElsewhere() => IsElsewhere;

    /// <summary>"1234 shmat(5, NULL, 0) = 0x7f…".</summary>
    public override string ToString() => PrintableText.Of(Arguments.Length == 0 && Detail is not null
        ? FormattableString.Invariant($"{ProcessId} {Detail}")
        : FormattableString.Invariant($"{ProcessId} {Call}({Arguments}) = {Answer}"));

    private string Answer => Error is not null ? $"-1 {Error}"
        : Result is not { } result ? "?"
        : Address == result && result != 0 ? $"0x{result:x}" : FormattableString.Invariant($"{result}");
}
