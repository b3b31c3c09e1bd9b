using System;
using System.Buffers;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>
/// A range of bytes to search, compare, fill and copy: of a mapping, of an array, or of a file. Memory that cannot
/// vanish is looked at in place, under a lease for each piece; the rest is copied to a buffer first, by the kernel
/// where it could vanish. Offsets are in bytes from the start of the range. One thread at a time uses one.
/// </summary>
public abstract partial class ShmRange : IDisposable
{
    /// <summary>
    /// Bytes looked at in place under one lease: a dismount or Ctrl+C never waits for more, a few milliseconds.
    /// </summary>
    private protected const int DirectPiece = 32 << 20;

    /// <summary>Bytes copied first: they are looked at while they are still in the cache.</summary>
    private protected const int BufferedPiece = 256 << 10;

    private byte[]? _buffer;

    private protected ShmRange(long length) => Length = length;

    /// <summary>Bytes.</summary>
    public long Length { get; }

    /// <summary>The mapping whose memory is looked at in place, if this is one.</summary>
    private protected virtual MappingRange? Direct => null;

    /// <summary>The most bytes of one view.</summary>
    private protected virtual int Piece => BufferedPiece;

    /// <summary>A range of a mapping.</summary>
    /// <param name="mapping">Stays the caller's: disposing of the range does not dismount it.</param>
    /// <param name="offset">Bytes from the start of the mapping.</param>
    /// <param name="length">Bytes; null for all to the end.</param>
    /// <exception cref="ShmException">MappingDismounted, OutOfRange.</exception>
    public static ShmRange Of(ShmMapping mapping, long offset = 0, long? length = null)
    {
        mapping.ThrowIfDismounted();
        return new MappingRange(mapping, offset, CheckedLength(mapping, mapping.Length, offset, length));
    }

    /// <summary>A range of an array.</summary>
    /// <param name="bytes">The array itself: writing to the range writes to it.</param>
    /// <param name="offset">Index of the first byte.</param>
    /// <param name="length">Bytes; null for all to the end.</param>
    /// <exception cref="ShmException">OutOfRange.</exception>
    public static ShmRange Of(byte[] bytes, long offset = 0, long? length = null) =>
        new ArrayRange(bytes, offset, CheckedLength(bytes, bytes.Length, offset, length));

    /// <summary>A range of a file that exists, for reading.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="offset">Bytes from its start.</param>
    /// <param name="length">Bytes; null for all to its end.</param>
    /// <exception cref="ShmException">OutOfRange.</exception>
    /// <exception cref="System.IO.IOException">As File.Open; also UnauthorizedAccessException.</exception>
    public static ShmRange OfFile(string path, long offset = 0, long? length = null) =>
        FileRange.OpenToRead(path, offset, length);

    /// <summary>A range of a file to copy to; the file grows where the range ends behind it.</summary>
    /// <param name="path">Its path; it is made if it does not exist.</param>
    /// <param name="offset">Bytes from its start.</param>
    /// <param name="length">Bytes.</param>
    /// <exception cref="ShmException">OutOfRange.</exception>
    /// <exception cref="System.IO.IOException">As File.Open; also UnauthorizedAccessException.</exception>
    public static ShmRange ToFile(string path, long offset, long length) => FileRange.OpenToWrite(path, offset, length);

    /// <summary>Reads some of its bytes.</summary>
    /// <param name="offset">Bytes from the start of the range.</param>
    /// <param name="length">Bytes.</param>
    /// <exception cref="ShmException">
    /// OutOfRange, MappingDismounted, PageNotMapped, PageProtected, SegmentTruncated, NoSpace.
    /// </exception>
    public byte[] ReadBytes(long offset, int length)
    {
        CheckWithin(offset, length);
        var bytes = new byte[length];
        Read(offset, bytes);
        return bytes;
    }

    /// <summary>Gives back the buffer; closes the file.</summary>
    public void Dispose()
    {
        Dispose(isDisposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what it holds.</summary>
    protected virtual void Dispose(bool isDisposing)
    {
        if (isDisposing && _buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
        }
    }

    /// <summary>Checks the whole range before anything is done to a part of it.</summary>
    private protected abstract void Check(ShmProtection need);

    /// <summary>
    /// The runs that have pages, in order; all else is zeros, and touching it would give it pages. Null where
    /// that cannot be known, or isn't worth asking.
    /// </summary>
    /// <param name="use">What for.</param>
    private protected virtual IReadOnlyList<ShmRun>? FindData(DataUse use) => null;

    /// <summary>What is done to the runs that have pages.</summary>
    private protected enum DataUse
    {
        /// <summary>They are looked at. Asking takes calls: it pays for large ranges.</summary>
        Look,

        /// <summary>
        /// They are copied or cleared, and nothing else may get memory. Where all has some, reserved or touched,
        /// nothing is to be found out; nor for less than a page, which takes a tenth of the time of asking.
        /// </summary>
        Change,
    }

    /// <summary>Where a part is left as it is, since it's zeros already: checks that it is still there.</summary>
    /// <param name="offset">Bytes from the start of the range.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="need">What is left undone.</param>
    /// <param name="done">Bytes done before, for the exception.</param>
    private protected virtual void CheckUntouched(long offset, long length, ShmProtection need, long done)
    {
    }

    /// <summary>The run at or behind a position; null if only zeros are left.</summary>
    private protected static ShmRun? NextData(IReadOnlyList<ShmRun> data, long position)
    {
        var (low, high) = (0, data.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = data[middle].Offset + data[middle].Length <= position ? (middle + 1, high) : (low, middle);
        }

        return low < data.Count ? data[low] : null;
    }

    /// <summary>Fills the span.</summary>
    private protected abstract void Read(long offset, Span<byte> destination);

    /// <summary>Writes the span.</summary>
    private protected abstract void Write(long offset, ReadOnlySpan<byte> source);

    /// <summary>The bytes of a range that is not looked at in place.</summary>
    private protected virtual ReadOnlySpan<byte> Load(long offset, int length)
    {
        if (_buffer is null || _buffer.Length < length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(length);
            if (_buffer is not null)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
            }

            _buffer = larger;
        }

        var bytes = _buffer.AsSpan(0, length);
        Read(offset, bytes);
        return bytes;
    }

    private static long CheckedLength(object target, long whole, long offset, long? length)
    {
        var bytes = length ?? whole - offset;
        return offset >= 0 && bytes >= 0 && offset <= whole - bytes ? bytes : throw new ShmException(
            ShmErrorId.OutOfRange,
            offset < 0 ? $"Offset {offset} is negative: offsets count from the start of {Name(target)}."
                : length is null
                ? $"Offset {offset} is not within {Name(target)}, which has {whole} bytes."
                : $"{length} bytes at offset {offset} are not within {Name(target)}, which has {whole} bytes.",
            target);
    }

    // Not where it is mapped: that may be for this one call.
    private static string Name(object target) => target switch
    {
        byte[] => "the array",
        ShmMapping mapping => $"{mapping.Segment}",
        _ => $"{target}",
    };

    private void CheckWithin(long offset, long length) => _ = CheckedLength(this, Length, offset, length);
}
