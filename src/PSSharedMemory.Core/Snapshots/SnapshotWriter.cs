using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Streams a segment to its two files, which have no final names until they are complete. Pages of zeros become holes.
/// </summary>
internal static class SnapshotWriter
{
    private const int Piece = 1 << 20;
    private const int Block = 4096;

    public static ShmSegmentSnapshot Write(
        ShmMapping mapping, string path, bool overwrite, IProgress<long>? progress, CancellationToken cancellation)
    {
        RequireNoNul(path);
        var metadataPath = path + ShmSegmentSnapshot.MetadataSuffix;
        if (!overwrite && (Path.Exists(path) || Path.Exists(metadataPath)))
        {
            throw Exists(Path.Exists(path) ? path : metadataPath);
        }

        CheckReplaceable(path);
        CheckReplaceable(metadataPath);
        FileSizeLimit.Require(
            nameof(Libc.ftruncate), mapping.Length, $"export {mapping.Length} bytes to '{path}'", path);
        try
        {
            return Write(mapping, path, metadataPath, overwrite, isNamed: false, progress, cancellation);
        }
        catch (NewFile.UnlinkableException)
        {
            // Then all again by temporary names.
            return Write(mapping, path, metadataPath, overwrite, isNamed: true, progress, cancellation);
        }
    }

    private static ShmSegmentSnapshot Write(
        ShmMapping mapping, string path, string metadataPath, bool overwrite, bool isNamed, IProgress<long>? progress,
        CancellationToken cancellation)
    {
        using var commit = new SnapshotCommit(path, metadataPath, overwrite, isNamed);
        var extents = SegmentExtents.Of(mapping);
        var time = DateTime.UtcNow;
        using var hash = new SnapshotHash(SnapshotHash.HasLargeHoles(extents, mapping.Length));
        WriteBytes(mapping, extents, hash, commit.Data, path, progress, cancellation);
        var snapshot = new ShmSegmentSnapshot
        {
            Path = path,
            Segment = mapping.Segment,
            Extents = extents,
            Sha256 = hash.Finish(),
            SkipsHoles = hash.SkipsHoles,
            ExportTime = time,
            StagedName = commit.StagedName,
        };
        using var json = new MemoryStream();
        SnapshotJson.Write(snapshot, json);
        NewFile.Write(commit.Metadata, json.GetBuffer().AsSpan(0, (int)json.Length), 0, metadataPath);
        commit.Run(cancellation);
        return snapshot with { StagedName = null, Leftovers = commit.Leftovers };
    }

    /// <summary>What says that a file is in the way.</summary>
    internal static IOException Exists(string path) => new($"'{path}' exists already.", (int)Errno.EEXIST);

    private static void RequireNoNul(string path)
    {
        if (path.Contains('\0'))
        {
            throw new ShmException(
                ShmErrorId.InvalidName, $"Cannot export to '{path}': a path cannot contain a NUL.", path);
        }
    }

    /// <summary>A rename would replace /dev/null, or a pipe that somebody reads, with a file.</summary>
    private static unsafe void CheckReplaceable(string path)
    {
        fixed (byte* name = CString.ToBytes(path))
        {
            var result = Libc.statx(Libc.AT_FDCWD, name, 0, Libc.STATX_BASIC_STATS, out var data);
            if (result >= 0 && (data.stx_mode & Libc.S_IFMT) != Libc.S_IFREG)
            {
                throw new IOException($"'{path}' isn't a regular file, so it is not replaced.", (int)Errno.EEXIST);
            }
        }
    }

    /// <summary>Writes and hashes the extents, and hashes the holes.</summary>
    private static void WriteBytes(
        ShmMapping mapping, IReadOnlyList<ShmRun> extents, SnapshotHash hash, DescriptorHandle file, string path,
        IProgress<long>? progress, CancellationToken cancellation)
    {
        var result = Libc.ftruncate(file, mapping.Length);
        if (result < 0)
        {
            throw (Errno)(-result) is Errno.EFBIG or Errno.EINVAL
                ? NativeError.From(
                    ShmErrorId.LimitReached, nameof(Libc.ftruncate), -result,
                    $"export {mapping.Length} bytes to '{path}'",
                    "the file system has no files of that size", "Choose another folder.", path)
                : NativeError.From(nameof(Libc.ftruncate), -result, $"export {mapping.Length} bytes to '{path}'", path);
        }

        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            var position = 0L;
            foreach (var extent in extents)
            {
                Skip(extent.Offset);
                while (position < extent.Offset + extent.Length)
                {
                    cancellation.ThrowIfCancellationRequested();
                    var bytes = buffer.AsSpan(0, (int)Math.Min(Piece, extent.Offset + extent.Length - position));
                    MappingCopy.Read(mapping, position, bytes, doneBefore: position);
                    hash.Add(bytes);
                    WriteBlocks(file, path, position, bytes);
                    position += bytes.Length;
                    progress?.Report(position);
                }
            }

            Skip(mapping.Length);

            void Skip(long end)
            {
                while (position < end)
                {
                    cancellation.ThrowIfCancellationRequested();
                    var length = hash.SkipsHoles ? end - position : Math.Min(Piece, end - position);
                    hash.AddHole(length);
                    position += length;
                    progress?.Report(position);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Writes what is not all zeros, in runs of blocks.</summary>
    private static void WriteBlocks(DescriptorHandle file, string path, long position, ReadOnlySpan<byte> bytes)
    {
        for (var start = 0; start < bytes.Length;)
        {
            var end = start;
            while (end < bytes.Length && bytes[end..Math.Min(end + Block, bytes.Length)].IndexOfAnyExcept((byte)0) >= 0)
            {
                end = Math.Min(end + Block, bytes.Length);
            }

            if (end > start)
            {
                NewFile.Write(file, bytes[start..end], position + start, path);
            }

            start = Math.Max(end, start) + Block;
        }
    }
}
