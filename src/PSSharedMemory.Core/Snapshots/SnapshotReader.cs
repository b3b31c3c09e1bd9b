using System;
using System.Buffers;
using System.IO;
using System.Security.Cryptography;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace PSSharedMemory;

/// <summary>The bytes of a snapshot, held open from the check of their hash to the last copy.</summary>
internal sealed class SnapshotReader : IDisposable
{
    private const int Piece = 1 << 20;

    private readonly ShmSegmentSnapshot _snapshot;
    private readonly SafeFileHandle _file;

    public SnapshotReader(ShmSegmentSnapshot snapshot)
    {
        _snapshot = snapshot;
        _file = File.OpenHandle(snapshot.Path, FileMode.Open, FileAccess.Read, FileShare.Read);
    }

    /// <summary>Checks size and hash, and that nothing but zeros is outside of the parts that are copied.</summary>
    /// <exception cref="ShmException">SizeMismatch, InvalidStructure.</exception>
    public void Check(IProgress<long>? progress, CancellationToken cancellation)
    {
        var length = RandomAccess.GetLength(_file);
        if (length != _snapshot.Segment.Size)
        {
            throw new ShmException(
                ShmErrorId.SizeMismatch,
                $"The snapshot '{_snapshot}' was {(length < _snapshot.Segment.Size ? "cut" : "made longer")}: it has {length} bytes, and its metadata says {_snapshot.Segment.Size}. Nothing was made of it.",
                _snapshot.Path);
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var gaps = new ExtentCursor(_snapshot.Extents);
        var position = 0L;
        var isComplete = true;
        ForEachPiece(
            0,
            length,
            bytes =>
            {
                hash.AppendData(bytes.Span);
                var start = position;
                gaps.ForEachGap(
                    start, bytes.Length, (offset, count) => isComplete &= !bytes.Span.Slice((int)(offset - start), (int)count).ContainsAnyExcept((byte)0));
                position += bytes.Length;
            },
            progress,
            cancellation);
        if (!Convert.ToHexString(hash.GetHashAndReset()).Equals(_snapshot.Sha256, StringComparison.OrdinalIgnoreCase))
        {
            throw Altered("its bytes have not the SHA-256 that its metadata says");
        }

        if (!isComplete)
        {
            throw Altered("its bytes are not all in the extents that its metadata has");
        }
    }

    /// <summary>Copies a part that had memory to the same place of a mapping of the whole segment.</summary>
    public void CopyTo(ShmMapping mapping, ShmRun extent, IProgress<long>? progress, CancellationToken cancellation)
    {
        var position = extent.Offset;
        ForEachPiece(
            extent.Offset,
            extent.Length,
            bytes =>
            {
                MappingCopy.Write(mapping, position, bytes.Span, doneBefore: position);
                position += bytes.Length;
            },
            progress,
            cancellation);
    }

    private ShmException Altered(string how) =>
        new(ShmErrorId.InvalidStructure, $"The snapshot '{_snapshot}' was altered: {how}. Nothing was made of it.", _snapshot.Path);

    public void Dispose() => _file.Dispose();

    private void ForEachPiece(long offset, long length, Action<ReadOnlyMemory<byte>> serve, IProgress<long>? progress, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            for (var done = 0L; done < length;)
            {
                cancellation.ThrowIfCancellationRequested();
                var count = RandomAccess.Read(_file, buffer.AsSpan(0, (int)Math.Min(Piece, length - done)), offset + done);
                if (count == 0)
                {
                    throw new ShmException(ShmErrorId.SizeMismatch, $"The snapshot '{_snapshot}' was cut while it was read.", _snapshot.Path);
                }

                serve(buffer.AsMemory(0, count));
                done += count;
                progress?.Report(offset + done);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
