using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace PSSharedMemory;

/// <summary>
/// Reads values of a mapping at offsets in bytes from its start, which need not be aligned. Each method checks the
/// range first, and may throw <see cref="ShmException"/>: MappingDismounted, OutOfRange, PageNotMapped, PageProtected,
/// SegmentTruncated, NoSpace. Safe from any thread. Numbers are in the host's byte order.
/// </summary>
public sealed unsafe class ShmReader
{
    // Divides every page size, so that a text which ends before a hole is read without touching it.
    private const int TextPiece = 256;

    private const long LargeArray = 64 << 10;

    private readonly ShmMapping _mapping;

    internal ShmReader(ShmMapping mapping) => _mapping = mapping;

    /// <summary>Reads 1 byte.</summary>
    public byte ReadByte(long offset) => Read<byte>(offset);

    /// <summary>Reads 1 byte, signed.</summary>
    public sbyte ReadSByte(long offset) => Read<sbyte>(offset);

    /// <summary>Reads 2 bytes.</summary>
    public short ReadInt16(long offset) => Read<short>(offset);

    /// <summary>Reads 2 bytes, unsigned.</summary>
    public ushort ReadUInt16(long offset) => Read<ushort>(offset);

    /// <summary>Reads 4 bytes.</summary>
    public int ReadInt32(long offset) => Read<int>(offset);

    /// <summary>Reads 4 bytes, unsigned.</summary>
    public uint ReadUInt32(long offset) => Read<uint>(offset);

    /// <summary>Reads 8 bytes.</summary>
    public long ReadInt64(long offset) => Read<long>(offset);

    /// <summary>Reads 8 bytes, unsigned.</summary>
    public ulong ReadUInt64(long offset) => Read<ulong>(offset);

    /// <summary>Reads 4 bytes of floating point.</summary>
    public float ReadSingle(long offset) => Read<float>(offset);

    /// <summary>Reads 8 bytes of floating point.</summary>
    public double ReadDouble(long offset) => Read<double>(offset);

    /// <summary>Reads one value of any unmanaged type, laid out as .NET does.</summary>
    public T Read<T>(long offset)
        where T : unmanaged
    {
        var mapping = _mapping;
        var slot = mapping.Gate.Enter();
        if (!mapping.IsPlain(offset, sizeof(T), ShmProtection.Read))
        {
            MappingGate.Exit(mapping.Gate, slot);
            return ReadOther<T>(offset);
        }

        var lease = new MappingLease(mapping.Gate, slot, mapping.Start + (nint)offset);
        var value = Unsafe.ReadUnaligned<T>((void*)lease.Address);
        mapping.EndLease(lease, offset, sizeof(T), ShmProtection.Read);
        return value;
    }

    /// <summary>Reads this many values in one copy.</summary>
    public T[] ReadArray<T>(long offset, int count)
        where T : unmanaged
    {
        // Checked first, so that no large array is made only to be thrown away.
        if ((long)count * sizeof(T) is < 0 or > LargeArray)
        {
            CheckWithin(offset, (long)count * sizeof(T));
        }

        var values = GC.AllocateUninitializedArray<T>(count);
        MappingCopy.Read(_mapping, offset, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>Reads this many bytes.</summary>
    public byte[] ReadBytes(long offset, int count) => ReadArray<byte>(offset, count);

    /// <summary>Fills the span.</summary>
    public void ReadBytes(long offset, Span<byte> destination) => MappingCopy.Read(_mapping, offset, destination);

    /// <summary>Reads text of exactly this many bytes; NUL characters are kept.</summary>
    /// <param name="offset">Bytes from the start of the mapping.</param>
    /// <param name="byteCount">Bytes, not characters.</param>
    /// <param name="encoding">UTF-8 if not given.</param>
    public string ReadString(long offset, int byteCount, Encoding? encoding = null) =>
        (encoding ?? Encoding.UTF8).GetString(ReadBytes(offset, byteCount));

    /// <summary>Reads text to its first NUL, or to the end of the mapping where none is.</summary>
    /// <param name="offset">Bytes from the start of the mapping.</param>
    /// <param name="encoding">UTF-8 if not given. A NUL has as many bytes as this encoding gives it.</param>
    public string ReadCString(long offset, Encoding? encoding = null) =>
        ReadCString(offset, _mapping.Length - offset, encoding);

    /// <summary>Reads text to its first NUL, or all of these bytes if there is none among them.</summary>
    /// <param name="offset">Bytes from the start of the mapping.</param>
    /// <param name="maxBytes">The room that the text has there.</param>
    /// <param name="encoding">UTF-8 if not given. A NUL has as many bytes as this encoding gives it.</param>
    public string ReadCString(long offset, long maxBytes, Encoding? encoding = null)
    {
        encoding ??= Encoding.UTF8;
        var unit = encoding.GetByteCount("\0");
        CheckWithin(offset, 0);
        var end = offset + Math.Min(maxBytes, _mapping.Length - offset);
        var text = Array.Empty<byte>();
        var length = 0;
        while (offset + length < end)
        {
            var position = offset + length;
            var part = (int)Math.Min(TextPiece - (position % TextPiece), end - position);
            if (text.Length < length + part)
            {
                Array.Resize(ref text, (int)Math.Max(Math.Min(text.Length * 2L, Array.MaxLength), length + part));
            }

            MappingCopy.Read(_mapping, position, text.AsSpan(length, part));
            length += part;
            var terminator = FindTerminator(text.AsSpan(0, length), Math.Max(0, length - part - unit + 1), unit);
            if (terminator >= 0)
            {
                return encoding.GetString(text, 0, terminator);
            }
        }

        return encoding.GetString(text, 0, length);
    }

    /// <summary>The same where pages differ or are lost, or the kernel copies.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private T ReadOther<T>(long offset)
        where T : unmanaged
    {
        Unsafe.SkipInit(out T value);
        if (_mapping.IsCopiedByKernel)
        {
            MappingCopy.Read(_mapping, offset, MemoryMarshal.AsBytes(new Span<T>(ref value)));
            return value;
        }

        var lease = _mapping.Lease(offset, sizeof(T), ShmProtection.Read);
        value = Unsafe.ReadUnaligned<T>((void*)lease.Address);
        _mapping.EndLease(lease, offset, sizeof(T), ShmProtection.Read);
        return value;
    }

    private void CheckWithin(long offset, long length) =>
        _mapping.Lease(offset, length, ShmProtection.Read).Dispose();

    /// <summary>The index of the first character of only zero bytes, or -1.</summary>
    private static int FindTerminator(ReadOnlySpan<byte> text, int from, int unit)
    {
        for (var i = from / unit * unit; i + unit <= text.Length; i += unit)
        {
            if (unit == 1)
            {
                var index = text[i..].IndexOf((byte)0);
                return index < 0 ? -1 : i + index;
            }

            if (text.Slice(i, unit).IndexOfAnyExcept((byte)0) < 0)
            {
                return i;
            }
        }

        return -1;
    }
}
