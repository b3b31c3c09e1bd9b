using System;
using System.Collections.Generic;
using System.IO;

namespace PSSharedMemory;

/// <summary>
/// A segment saved in two files: its plain bytes, sparse, which any tool can read; and next to them, in a file of the
/// same name plus .json, its metadata and the SHA-256 of its bytes.
/// </summary>
public sealed record ShmSegmentSnapshot
{
    /// <summary>The suffix of the metadata's file name.</summary>
    public const string MetadataSuffix = ".json";

    /// <summary>The file of the bytes.</summary>
    public string Path { get; internal init; } = "";

    /// <summary>The file of the metadata.</summary>
    public string MetadataPath => Path + MetadataSuffix;

    /// <summary>The segment as it was listed, without inode and device, which mean nothing later.</summary>
    public ShmSegment Segment { get; internal init; } = new();

    /// <summary>The parts that had memory; the rest are holes, which read as zeros.</summary>
    public IReadOnlyList<ShmRun> Extents { get; internal init; } = [];

    /// <summary>
    /// SHA-256 in lower-case hex: of all bytes, as sha256sum prints it for the file; where more than 256 MB are holes,
    /// of the bytes of the extents, one after the other ("sha256Of" is "extents" in the metadata then).
    /// </summary>
    public string Sha256 { get; internal init; } = "";

    /// <summary>When it was made.</summary>
    public DateTime ExportTime { get; internal init; }

    /// <summary>The bytes' file name.</summary>
    public override string ToString() => Path;

    /// <summary>
    /// The data file's temporary name between the rename that commits a snapshot and the one that gives the data its
    /// own name. If such a file exists, it has the bytes: a process killed in between leaves it.
    /// </summary>
    internal string? StagedName { get; init; }

    internal int Leftovers { get; init; }

    /// <summary>Whether the hash is of the extents only.</summary>
    internal bool SkipsHoles { get; init; }

    /// <summary>How many files of earlier exports of this name, which were killed, this export removed.</summary>
    public int CountLeftovers() => Leftovers;

    /// <summary>Takes either of both files.</summary>
    internal static string DataPath(string path) =>
        path.EndsWith(MetadataSuffix, StringComparison.Ordinal) && !File.Exists(path + MetadataSuffix)
            ? path[..^MetadataSuffix.Length]
            : path;
}
