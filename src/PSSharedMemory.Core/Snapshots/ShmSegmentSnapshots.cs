using System;
using System.Threading;

namespace PSSharedMemory;

/// <summary>Saves segments in files and restores them.</summary>
public static class ShmSegmentSnapshots
{
    /// <summary>
    /// Saves a segment: its bytes as they are when they are copied (peers that write meanwhile aren't stopped) and its
    /// metadata. Both files appear complete or not at all, readable only by their owner, and one rename replaces an
    /// older snapshot: whenever the process ends, either the old one or the new one is there, complete. Memory use
    /// doesn't depend on the size.
    /// </summary>
    /// <param name="segment">From a listing, however old.</param>
    /// <param name="path">The data file; the metadata's has .json appended.</param>
    /// <param name="overwrite">Whether existing files are replaced.</param>
    /// <param name="progress">Receives the number of bytes done so far.</param>
    /// <param name="cancellation">Checked between pieces; what was written so far is deleted.</param>
    /// <exception cref="ShmException">As <see cref="ShmMapping.Mount"/>; SegmentTruncated.</exception>
    /// <exception cref="System.IO.IOException">
    /// A file exists or cannot be written; also UnauthorizedAccessException.
    /// </exception>
    public static ShmSegmentSnapshot Export(
        ShmSegment segment, string path, bool overwrite = false, IProgress<long>? progress = null,
        CancellationToken cancellation = default)
    {
        // As it is now and in full, not as it was listed or partly mounted.
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
    /// Asks, then makes a segment of the bytes: exclusively unless told otherwise, with its old mode, and with its
    /// owner and group as far as the kernel allows. The restored bytes are those whose hash was checked. A POSIX object
    /// appears together with its bytes; a System V segment is visible while it's filled.
    /// </summary>
    /// <param name="snapshot">From <see cref="Read"/>.</param>
    /// <param name="options">What becomes of it.</param>
    /// <param name="confirm">Asked before anything is done; null means yes.</param>
    /// <param name="checkProgress">Receives the number of bytes checked so far.</param>
    /// <param name="cancellation">Checked between pieces; a segment made by this call is removed again.</param>
    /// <returns>The segment; null if the answer was no.</returns>
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
