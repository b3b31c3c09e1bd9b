using System;
using System.Collections.Generic;
using System.IO;
using Microsoft.Win32.SafeHandles;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>A range of a file, which it holds open.</summary>
internal sealed class FileRange : ShmRange
{
    private readonly SafeFileHandle _file;
    private readonly string _path;
    private readonly long _offset;

    private FileRange(SafeFileHandle file, string path, long offset, long length)
        : base(length)
    {
        _file = file;
        _path = path;
        _offset = offset;
    }

    // A file can block: a piece is small enough that Ctrl+C is heard.
    private protected override int Piece => BufferedPiece;

    public static FileRange OpenToRead(string path, long offset, long? length)
    {
        var file = PlainFile.OpenToRead(path);
        try
        {
            var whole = RandomAccess.GetLength(file);
            var bytes = length ?? whole - offset;
            if (whole == 0 && length is null && RandomAccess.Read(file, stackalloc byte[1], 0) > 0)
            {
                throw new ShmException(
                    ShmErrorId.NotSupportedByKind,
                    $"Cannot read '{path}' as a whole: it doesn't report its size, like the files in /proc.", path);
            }

            return offset >= 0 && bytes >= 0 && offset <= whole - bytes
                ? new FileRange(file, path, offset, bytes)
                : throw new ShmException(
                    ShmErrorId.OutOfRange,
                    $"{bytes} bytes at offset {offset} are not within '{path}', which has {whole} bytes.", path);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public static FileRange OpenToWrite(string path, long offset, long length)
    {
        if (offset < 0 || length < 0 || offset > long.MaxValue - length)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                $"Cannot write {length} bytes at offset {offset} of '{path}': a file begins at 0.", path);
        }

        FileSizeLimit.Require(
            nameof(Libc.pwrite), offset + length, $"write {length} bytes at offset {offset} of '{path}'", path);
        return new FileRange(PlainFile.OpenToWrite(path), path, offset, length);
    }

    public override string ToString() => $"'{_path}'";

    protected override void Dispose(bool isDisposing)
    {
        if (isDisposing)
        {
            _file.Dispose();
        }

        base.Dispose(isDisposing);
    }

    private protected override void Check(ShmProtection need)
    {
    }

    /// <summary>Where the file has to grow, its last byte counts as data: it is written.</summary>
    private protected override IReadOnlyList<ShmRun>? FindData(DataUse use)
    {
        // A device answers every question of this kind, with any number.
        if (Length < BufferedPiece
            || Libc.statx(_file, Libc.STATX_BASIC_STATS, out var facts) < 0
            || (facts.stx_mode & Libc.S_IFMT) != Libc.S_IFREG
            || SegmentExtents.TryOfFile(_file, _offset, Length) is not { } data)
        {
            return null;
        }

        return (long)facts.stx_size >= _offset + Length ? data : [.. data, new ShmRun(Length - 1, 1)];
    }

    private protected override void Read(long position, Span<byte> destination)
    {
        for (var done = 0; done < destination.Length;)
        {
            var count = RandomAccess.Read(_file, destination[done..], _offset + position + done);
            done += count > 0 ? count : throw new ShmException(
                ShmErrorId.OutOfRange,
                $"'{_path}' ended at offset {_offset + position + done}: another process made it smaller.", _path)
            { BytesDone = done };
        }
    }

    private protected override void Write(long position, ReadOnlySpan<byte> source) =>
        RandomAccess.Write(_file, source, _offset + position);
}
