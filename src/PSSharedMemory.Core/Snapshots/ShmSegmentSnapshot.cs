using System;
using System.Collections.Generic;
using System.IO;

namespace PSSharedMemory;

/// <summary>
/// A segment kept in two files: its bytes as they were, sparse, so that any tool reads them; and beside them, in a file
/// of the same name with .json behind it, what the kernel said of it and the SHA-256 of its bytes.
/// </summary>
public sealed record ShmSegmentSnapshot
{
    /// <summary>What is behind the name of the bytes' file in that of the metadata.</summary>
    public const string MetadataSuffix = ".json";

    /// <summary>The file of the bytes.</summary>
    public string Path { get; internal init; } = "";

    /// <summary>The file of the metadata.</summary>
    public string MetadataPath => Path + MetadataSuffix;

    /// <summary>The segment as it was listed; its inode and device, which mean nothing later, are not kept.</summary>
    public ShmSegment Segment { get; internal init; } = new();

    /// <summary>The parts that had memory; the rest are holes, which read as zeros.</summary>
    public IReadOnlyList<ShmRun> Extents { get; internal init; } = [];

    /// <summary>SHA-256 of all bytes, holes as zeros, in small hex digits: what sha256sum says of the file.</summary>
    public string Sha256 { get; internal init; } = "";

    /// <summary>When it was made.</summary>
    public DateTime ExportTime { get; internal init; }

    /// <summary>The bytes' file name.</summary>
    public override string ToString() => Path;

    /// <summary>
    /// The bytes' file name between the rename that commits a snapshot and the one that gives them their own name:
    /// where it is there, it has the bytes. A process that is killed in between leaves it so.
    /// </summary>
    internal string? StagedName { get; init; }

    internal int Leftovers { get; init; }

    /// <summary>How many files of earlier exports of this name, which were killed, this export removed.</summary>
    public int CountLeftovers() => Leftovers;

    /// <summary>Takes either of both files.</summary>
    internal static string DataPath(string path) =>
        path.EndsWith(MetadataSuffix, StringComparison.Ordinal) && !File.Exists(path + MetadataSuffix)
            ? path[..^MetadataSuffix.Length]
            : path;
}
