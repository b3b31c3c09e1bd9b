using System;
using System.Threading;

namespace PSSharedMemory;

/// <summary>Keeps segments in files, and makes segments of them again.</summary>
public static class ShmSegmentSnapshots
{
    /// <summary>
    /// Keeps a segment: its bytes as they are when the copy comes by (a peer that writes meanwhile is not stopped), and
    /// its metadata. Both files appear whole or not at all, readable by their owner alone, and one rename replaces an
    /// older snapshot by the new one: whenever the process ends, one of both is there and whole. Memory use does not
    /// depend on the size.
    /// </summary>
    /// <param name="segment">From a listing, however old.</param>
    /// <param name="path">The file of the bytes; the metadata's has .json behind it.</param>
    /// <param name="overwrite">Whether files of these names are replaced.</param>
    /// <param name="progress">Receives the number of bytes done so far.</param>
    /// <param name="cancellation">Looked at between pieces; what was written so far is deleted.</param>
    /// <exception cref="ShmException">As <see cref="ShmMapping.Mount"/>; SegmentTruncated.</exception>
    /// <exception cref="System.IO.IOException">
    /// A file exists or cannot be written; also UnauthorizedAccessException.
    /// </exception>
    public static ShmSegmentSnapshot Export(
        ShmSegment segment, string path, bool overwrite = false, IProgress<long>? progress = null,
        CancellationToken cancellation = default)
    {
        // Of now, and of the whole: not as it was listed, nor the part that somebody mounted.
        using var mapping = ShmMapping.Mount(ShmSegments.Refresh(segment), ShmMountOptions.ReadOnly);
        return SnapshotWriter.Write(mapping, path, overwrite, progress, cancellation);
    }

    /// <summary>Reads the metadata of a snapshot.</summary>
    /// <param name="path">Either of its files.</param>
    /// <exception cref="ShmException">InvalidStructure.</exception>
    /// <exception cref="System.IO.IOException">
    /// A file is not there or cannot be read; also UnauthorizedAccessException.
    /// </exception>
    public static ShmSegmentSnapshot Read(string path) => SnapshotJson.Read(ShmSegmentSnapshot.DataPath(path));

    /// <summary>
    /// Asks, and makes a segment of the bytes: exclusively unless told otherwise, with the mode it had, and with its
    /// owner and group as far as the kernel allows it. The bytes that are restored are those whose hash was checked. A
    /// POSIX object appears with its bytes, in one instant; a System V segment is there while it is filled.
    /// </summary>
    /// <param name="snapshot">From <see cref="Read"/>.</param>
    /// <param name="options">What becomes of it.</param>
    /// <param name="confirm">Asked before anything is done; null is yes.</param>
    /// <param name="checkProgress">Receives the number of bytes checked so far.</param>
    /// <param name="cancellation">Looked at between pieces; a segment that was made is removed again.</param>
    /// <returns>The segment; null where the answer was no.</returns>
    /// <exception cref="ShmException">
    /// SizeMismatch (the snapshot was cut, or the existing segment has another size), InvalidStructure (it was
    /// altered): nothing was made; and as creating and mounting a segment.
    /// </exception>
    /// <exception cref="System.IO.IOException">
    /// A file is not there or cannot be read; also UnauthorizedAccessException.
    /// </exception>
    public static ShmSegment? Import(
        ShmSegmentSnapshot snapshot, ShmRestoreOptions options, Func<bool>? confirm = null,
        IProgress<long>? checkProgress = null, CancellationToken cancellation = default)
    {
        using var reader = new SnapshotReader(snapshot);
        return confirm is null || confirm()
            ? SnapshotRestore.Run(snapshot, reader, options, checkProgress, cancellation)
            : null;
    }
}
