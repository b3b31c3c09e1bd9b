using System;

namespace PSSharedMemory;

/// <summary>A limit on shared memory, and how much of it is used.</summary>
public sealed record ShmLimit
{
    /// <summary>Its name: SHMMNI, RLIMIT_MEMLOCK, /dev/shm size.</summary>
    public string Name { get; internal init; } = "";

    /// <summary>The limit, in <see cref="Unit"/>; null where there is none, or it cannot be read.</summary>
    public ulong? Value { get; internal init; }

    /// <summary>How much is used now, in <see cref="Unit"/>; null where that is unknown.</summary>
    public ulong? Use { get; internal init; }

    /// <summary>
    /// Use in per cent of the value, to one decimal; null where one of both is unknown or the value is 0.
    /// </summary>
    public double? Percent => Value is > 0 and { } value && Use is { } use ? Math.Round(100.0 * use / value, 1) : null;

    /// <summary>Bytes, Pages, Count or Switch (0 is off).</summary>
    public string Unit { get; internal init; } = "";

    /// <summary>What it bounds, in a sentence.</summary>
    public string Description { get; internal init; } = "";

    /// <summary>The file or call that it comes from, and where it is set.</summary>
    public string Source { get; internal init; } = "";

    /// <summary>The row that this one is a part of, "/dev/shm size"; null where it is a limit by itself.</summary>
    public string? PartOf { get; internal init; }

    /// <summary>Where it holds, as "ipc:[4026532281]" or "shm:[0:52]", if not here.</summary>
    public string? Namespace { get; internal init; }

    /// <summary>"SHMMNI: 12 of 4096".</summary>
    public override string ToString() =>
        PartOf is { } whole ? FormattableString.Invariant($"{Name}: {Use?.ToString() ?? "?"} (part of {whole})")
        : FormattableString.Invariant($"{Name}: {Use?.ToString() ?? "?"} of {Value?.ToString() ?? "unlimited"}");
}
