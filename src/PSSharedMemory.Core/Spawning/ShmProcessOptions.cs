using System;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>How to start a program that receives a segment.</summary>
public sealed record ShmProcessOptions
{
    /// <summary>The descriptor number if only a variable tells it.</summary>
    public const int DefaultDescriptor = 3;

    /// <summary>A name, looked up in PATH, or a path.</summary>
    public required string FilePath { get; init; }

    /// <summary>The arguments after the program's name.</summary>
    public IReadOnlyList<string> ArgumentList { get; init; } = [];

    /// <summary>The segment; null to hand down none.</summary>
    public ShmSegment? Segment { get; init; }

    /// <summary>
    /// POSIX and memfd: the segment's descriptor number in the program. Null passes none, except for a memfd told by a
    /// variable.
    /// </summary>
    public int? Descriptor { get; init; }

    /// <summary>
    /// The environment variable that tells the program its segment: a POSIX object's name, a System V segment's id, a
    /// memfd's descriptor number.
    /// </summary>
    public string? EnvironmentVariable { get; init; }

    /// <summary>The program's working directory; this process's if null.</summary>
    public string? WorkingDirectory { get; init; }

    internal void Check()
    {
        if (EnvironmentVariable is { } name && (name.Length == 0 || name.AsSpan().IndexOfAny('=', '\0') >= 0))
        {
            throw new ShmException(
                ShmErrorId.InvalidName,
                $"'{name}' isn't a valid name of an environment variable: it needs at least one character, and neither "
                    + "'=' nor NUL.",
                name);
        }

        if (Descriptor is < 0)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange, $"{Descriptor} isn't a descriptor number: give 0 or more.", Descriptor);
        }

        if (Segment is null && (Descriptor ?? (object?)EnvironmentVariable) is not null)
        {
            throw new ArgumentException("There is no segment to hand down.");
        }

        if (Descriptor is not null && Segment is { Kind: ShmKind.SysV })
        {
            throw new ShmException(
                ShmErrorId.NotSupportedByKind,
                $"Cannot hand down {Segment} by a descriptor: System V segments have none. Tell the program the id in "
                    + "an environment variable.",
                Segment);
        }
    }
}
