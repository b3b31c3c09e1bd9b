using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.Linq;
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

    // Hashes of the pieces to restore: what is read again must be what was checked.
    private readonly Dictionary<long, byte[]> _pieces = [];

    public SnapshotReader(ShmSegmentSnapshot snapshot)
    {
        _snapshot = snapshot;
        _file = Open(snapshot);
        var length = RandomAccess.GetLength(_file);
        if (length != snapshot.Segment.Size)
        {
            _file.Dispose();
            throw new ShmException(
                ShmErrorId.SizeMismatch,
                $"The snapshot '{snapshot}' was {(length < snapshot.Segment.Size ? "cut" : "made longer")}: it has "
                    + $"{length} bytes, and its metadata says {snapshot.Segment.Size}. Nothing was created.",
                snapshot.Path);
        }
    }

    /// <summary>Checks the hash, and that there are only zeros outside the copied parts.</summary>
    /// <exception cref="ShmException">SizeMismatch, InvalidStructure.</exception>
    public void Check(IProgress<long>? progress, CancellationToken cancellation) =>
        ReadAll(null, progress, cancellation);

    /// <summary>Reads all bytes once: hands out the parts that had memory, and checks the hash at the end.</summary>
    /// <param name="write">Receives an offset and bytes; null records what <see cref="CopyTo"/> needs instead.</param>
    /// <param name="progress">Receives the number of bytes done so far.</param>
    /// <param name="cancellation">Checked between pieces.</param>
    /// <exception cref="ShmException">
    /// SizeMismatch, InvalidStructure: what was handed out is not to be used.
    /// </exception>
    public void ReadAll(
        Action<long, ReadOnlyMemory<byte>>? write, IProgress<long>? progress, CancellationToken cancellation)
    {
        using var hash = new SnapshotHash(_snapshot.SkipsHoles);
        var parts = new ExtentCursor(_snapshot.Extents);
        var isComplete = true;
        foreach (var run in hash.SkipsHoles ? RunsOfPieces() : [new ShmRun(0, _snapshot.Segment.Size)])
        {
            ForEachPiece(run.Offset, run.Length, ReadPiece, progress, cancellation);
        }

        if (!isComplete)
        {
            throw Altered("it has bytes outside of the extents in its metadata");
        }

        if (!hash.Finish().Equals(_snapshot.Sha256, StringComparison.OrdinalIgnoreCase))
        {
            throw Altered("its bytes don't have the SHA-256 that its metadata gives");
        }

        void ReadPiece(long position, ReadOnlyMemory<byte> bytes)
        {
            var last = position;
            var hasParts = false;
            parts.ForEachOverlap(position, bytes.Length, (offset, count) =>
            {
                var part = bytes.Slice((int)(offset - position), (int)count);
                Gap(last, offset);
                hash.Add(part.Span);
                write?.Invoke(offset, part);
                last = offset + count;
                hasParts = true;
            });
            Gap(last, position + bytes.Length);
            if (hasParts && write is null)
            {
                _pieces.Add(position, SHA256.HashData(bytes.Span));
            }

            void Gap(long from, long to)
            {
                isComplete &= !bytes.Span[(int)(from - position)..(int)(to - position)].ContainsAnyExcept((byte)0);
                hash.AddHole(to - from);
            }
        }
    }

    /// <summary>
    /// Copies a part that had memory, and was checked, to the same place of a mapping of the whole segment.
    /// </summary>
    /// <exception cref="ShmException">
    /// InvalidStructure: the bytes are others than were checked; as writing to a mapping.
    /// </exception>
    public void CopyTo(ShmMapping mapping, ShmRun extent, IProgress<long>? progress, CancellationToken cancellation)
    {
        var first = extent.Offset / Piece * Piece;
        var end = extent.Offset + extent.Length;
        var stop = Math.Min(((end - 1) / Piece * Piece) + Piece, _snapshot.Segment.Size);
        ForEachPiece(
            first,
            stop - first,
            (position, bytes) =>
            {
                if (!SHA256.HashData(bytes.Span).AsSpan().SequenceEqual(_pieces[position]))
                {
                    throw new ShmException(
                        ShmErrorId.InvalidStructure,
                        $"The snapshot '{_snapshot}' was altered while it was restored, at offset {position}.",
                        _snapshot.Path);
                }

                var from = Math.Max(position, extent.Offset);
                var to = Math.Min(position + bytes.Length, end);
                MappingCopy.Write(
                    mapping, from, bytes.Span[(int)(from - position)..(int)(to - position)], doneBefore: from);
            },
            progress,
            cancellation);
    }

    /// <summary>Whole pieces around all that is in the file or had memory, in order: outside them are zeros.</summary>
    private IEnumerable<ShmRun> RunsOfPieces()
    {
        var size = _snapshot.Segment.Size;
        var end = 0L;
        foreach (var run in SegmentExtents.OfFile(_file, size).Concat(_snapshot.Extents).OrderBy(run => run.Offset))
        {
            var start = Math.Max(end, run.Offset / Piece * Piece);
            var last = (run.Offset + run.Length - 1) / Piece * Piece;
            end = Math.Max(end, last + Math.Min(Piece, size - last));
            if (end > start)
            {
                yield return new ShmRun(start, end - start);
            }
        }
    }

    /// <summary>By the data's temporary name, if it exists; otherwise by its own.</summary>
    private static SafeFileHandle Open(ShmSegmentSnapshot snapshot)
    {
        if (snapshot.StagedName is { } name)
        {
            try
            {
                return PlainFile.OpenToRead(
                    Path.Combine(Path.GetDirectoryName(Path.GetFullPath(snapshot.Path)) ?? "/", name));
            }
            catch (FileNotFoundException)
            {
                // The usual case: it has its own name by now.
            }
        }

        return PlainFile.OpenToRead(snapshot.Path);
    }

    private ShmException Altered(string how) =>
        new(
            ShmErrorId.InvalidStructure, $"The snapshot '{_snapshot}' was altered: {how}. Nothing was created.",
            _snapshot.Path);

    public void Dispose() => _file.Dispose();

    /// <summary>Reads whole pieces, but for the last.</summary>
    private void ForEachPiece(
        long offset, long length, Action<long, ReadOnlyMemory<byte>> serve, IProgress<long>? progress,
        CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            for (var done = 0L; done < length;)
            {
                cancellation.ThrowIfCancellationRequested();
                var piece = (int)Math.Min(Piece, length - done);
                for (var filled = 0; filled < piece;)
                {
                    var count = RandomAccess.Read(_file, buffer.AsSpan(filled, piece - filled), offset + done + filled);
                    filled += count > 0 ? count : throw new ShmException(
                        ShmErrorId.SizeMismatch, $"The snapshot '{_snapshot}' was cut while it was read.",
                        _snapshot.Path);
                }

                serve(offset + done, buffer.AsMemory(0, piece));
                done += piece;
                progress?.Report(offset + done);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
