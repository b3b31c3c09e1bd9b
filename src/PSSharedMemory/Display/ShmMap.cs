using System;
using System.Collections.Generic;

namespace PSSharedMemory.Commands;

/// <summary>A holder's area, as the picture shows it.</summary>
/// <param name="ProcessId">The process.</param>
/// <param name="Command">Its name.</param>
/// <param name="Offset">Bytes from the start of the mapping that is shown.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Protection">What the area allows.</param>
public sealed record ShmMapHolder(int ProcessId, string Command, long Offset, long Length, ShmProtection Protection)
{
    /// <summary>"pwsh(812): 64 KB at 0x00000000, rw-".</summary>
    public override string ToString() => FormattableString.Invariant($"{ShmDisplay.Text(Command)}({ProcessId}): ")
        + $"{ShmDisplay.Size(Length)} at {ShmDisplay.Offset(Offset)}, {ShmDisplay.Protection(Protection)}";
}

/// <summary>The pages of a mapping and who holds them: what Show-ShmMap draws.</summary>
public sealed class ShmMap
{
    /// <summary>The segment.</summary>
    public ShmSegment Segment { get; internal init; } = new();

    /// <summary>Bytes that are shown, in whole pages.</summary>
    public long Length { get; internal init; }

    /// <summary>Bytes of one page.</summary>
    public long PageSize { get; internal init; }

    /// <summary>All pages in order, as runs.</summary>
    public IReadOnlyList<ShmPageRun> Runs { get; internal init; } = [];

    /// <summary>The areas of all processes that could be read.</summary>
    public IReadOnlyList<ShmMapHolder> Holders { get; internal init; } = [];

    /// <summary>Whether processes may hold it that could not be read.</summary>
    public bool MayHaveMoreHolders { get; internal init; }

    /// <summary>Whether every process and area has a line of its own in the picture.</summary>
    internal bool IsFull { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{ShmDisplay.Size(Length)} of {Segment}";
}
