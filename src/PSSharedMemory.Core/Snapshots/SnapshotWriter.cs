using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using Microsoft.Win32.SafeHandles;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Streams a segment to its two files. They have other names until they are whole; pages of zeros become holes.
/// </summary>
internal static class SnapshotWriter
{
    private const int Piece = 1 << 20;
    private const int Block = 4096;

    public static ShmSegmentSnapshot Write(ShmMapping mapping, string path, bool overwrite, IProgress<long>? progress, CancellationToken cancellation)
    {
        var metadataPath = path + ShmSegmentSnapshot.MetadataSuffix;
        if (!overwrite && (File.Exists(path) || File.Exists(metadataPath)))
        {
            throw new IOException($"'{(File.Exists(path) ? path : metadataPath)}' exists already.", (int)Errno.EEXIST);
        }

        CheckReplaceable(path);
        CheckReplaceable(metadataPath);
        FileSizeLimit.Require(nameof(Libc.ftruncate), mapping.Length, $"export {mapping.Length} bytes to '{path}'", path);
        var temporary = TemporaryName(path);
        var temporaryMetadata = temporary + ShmSegmentSnapshot.MetadataSuffix;
        try
        {
            var extents = SegmentExtents.Of(mapping);
            var time = DateTime.UtcNow;
            string hash;
            using (var file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read))
            {
                MakePrivate(file, temporary);
                RandomAccess.SetLength(file, mapping.Length);
                hash = WriteBytes(mapping, extents, file, progress, cancellation);
            }

            var snapshot = new ShmSegmentSnapshot { Path = path, Segment = mapping.Segment, Extents = extents, Sha256 = hash, ExportTime = time };
            using (var stream = new FileStream(temporaryMetadata, FileMode.CreateNew, FileAccess.Write))
            {
                MakePrivate(stream.SafeFileHandle, temporaryMetadata);
                SnapshotJson.Write(snapshot, stream);
            }

            // An interruption between both moves leaves bytes without metadata: no snapshot, and no wrong one.
            if (overwrite)
            {
                File.Delete(metadataPath);
            }

            File.Move(temporary, path, overwrite);
            File.Move(temporaryMetadata, metadataPath, overwrite);
            return snapshot;
        }
        catch
        {
            File.Delete(temporary);
            File.Delete(temporaryMetadata);
            throw;
        }
    }

    /// <summary>A rename would put a file in the place of /dev/null, or of a pipe that somebody reads.</summary>
    private static unsafe void CheckReplaceable(string path)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
        {
            var result = Libc.statx(Libc.AT_FDCWD, name, 0, Libc.STATX_BASIC_STATS, out var data);
            if (result >= 0 && (data.stx_mode & Libc.S_IFMT) != Libc.S_IFREG)
            {
                throw new IOException($"'{path}' isn't a regular file, so it is not replaced.", (int)Errno.EEXIST);
            }
        }
    }

    /// <summary>The bytes are as secret as the segment was.</summary>
    private static void MakePrivate(SafeFileHandle file, string path)
    {
        var result = Libc.fchmod((int)file.DangerousGetHandle(), (uint)ShmCreateOptions.DefaultMode);
        if (result < 0)
        {
            throw NativeError.From(nameof(Libc.fchmod), -result, $"set the mode of '{path}'", path);
        }
    }

    /// <summary>Writes the extents; the hash of everything.</summary>
    private static string WriteBytes(
        ShmMapping mapping, IReadOnlyList<ShmRun> extents, SafeFileHandle file, IProgress<long>? progress, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        var zeros = new byte[Piece];
        try
        {
            var position = 0L;
            foreach (var extent in extents)
            {
                HashZeros(extent.Offset);
                while (position < extent.Offset + extent.Length)
                {
                    cancellation.ThrowIfCancellationRequested();
                    var bytes = buffer.AsSpan(0, (int)Math.Min(Piece, extent.Offset + extent.Length - position));
                    MappingCopy.Read(mapping, position, bytes, doneBefore: position);
                    hash.AppendData(bytes);
                    WriteBlocks(file, position, bytes);
                    position += bytes.Length;
                    progress?.Report(position);
                }
            }

            HashZeros(mapping.Length);
            return Convert.ToHexString(hash.GetHashAndReset()).ToLowerInvariant();

            void HashZeros(long end)
            {
                while (position < end)
                {
                    cancellation.ThrowIfCancellationRequested();
                    var length = (int)Math.Min(Piece, end - position);
                    hash.AppendData(zeros, 0, length);
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
    private static void WriteBlocks(SafeFileHandle file, long position, ReadOnlySpan<byte> bytes)
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
                RandomAccess.Write(file, bytes[start..end], position + start);
            }

            start = Math.Max(end, start) + Block;
        }
    }

    /// <summary>In the same directory, for a rename to be one.</summary>
    private static string TemporaryName(string path) => Path.Combine(
        Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/", $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.partial");
}
