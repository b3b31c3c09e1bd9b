using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace PSSharedMemory;

/// <summary>
/// Writes values to a mapping at offsets in bytes from its start, which need not be aligned. Each method checks the
/// whole range first, and writes nothing if any of it is refused; it may throw <see cref="ShmException"/>:
/// MappingDismounted, OutOfRange, PageNotMapped, PageProtected, SegmentTruncated, NoSpace. An object that a peer made
/// smaller is never made larger by writing. Safe from any thread. Numbers are in the host's byte order.
/// </summary>
public sealed unsafe class ShmWriter
{
    private readonly ShmMapping _mapping;

    internal ShmWriter(ShmMapping mapping) => _mapping = mapping;

    /// <summary>Writes 1 byte.</summary>
    public void WriteByte(long offset, byte value) => Write(offset, value);

    /// <summary>Writes 1 byte, signed.</summary>
    public void WriteSByte(long offset, sbyte value) => Write(offset, value);

    /// <summary>Writes 2 bytes.</summary>
    public void WriteInt16(long offset, short value) => Write(offset, value);

    /// <summary>Writes 2 bytes, unsigned.</summary>
    public void WriteUInt16(long offset, ushort value) => Write(offset, value);

    /// <summary>Writes 4 bytes.</summary>
    public void WriteInt32(long offset, int value) => Write(offset, value);

    /// <summary>Writes 4 bytes, unsigned.</summary>
    public void WriteUInt32(long offset, uint value) => Write(offset, value);

    /// <summary>Writes 8 bytes.</summary>
    public void WriteInt64(long offset, long value) => Write(offset, value);

    /// <summary>Writes 8 bytes, unsigned.</summary>
    public void WriteUInt64(long offset, ulong value) => Write(offset, value);

    /// <summary>Writes 4 bytes of floating point.</summary>
    public void WriteSingle(long offset, float value) => Write(offset, value);

    /// <summary>Writes 8 bytes of floating point.</summary>
    public void WriteDouble(long offset, double value) => Write(offset, value);

    /// <summary>Writes one value of any unmanaged type, laid out as .NET does.</summary>
    public void Write<T>(long offset, T value)
        where T : unmanaged
    {
        var mapping = _mapping;
        var slot = mapping.Gate.Enter();
        if (!mapping.IsPlain(offset, sizeof(T), ShmProtection.Write))
        {
            MappingGate.Exit(mapping.Gate, slot);
            WriteOther(offset, value);
            return;
        }

        var lease = new MappingLease(mapping.Gate, slot, mapping.Start + (nint)offset);
        Unsafe.WriteUnaligned((void*)lease.Address, value);
        mapping.EndLease(lease, offset, sizeof(T), ShmProtection.Write);
    }

    /// <summary>Writes all values in one copy.</summary>
    public void WriteArray<T>(long offset, ReadOnlySpan<T> values)
        where T : unmanaged => MappingCopy.Write(_mapping, offset, MemoryMarshal.AsBytes(values));

    /// <summary>Writes all values in one copy.</summary>
    public void WriteArray<T>(long offset, T[] values)
        where T : unmanaged => WriteArray(offset, new ReadOnlySpan<T>(values));

    /// <summary>Writes the bytes.</summary>
    public void WriteBytes(long offset, byte[] values) => MappingCopy.Write(_mapping, offset, values);

    /// <summary>Writes the bytes.</summary>
    public void WriteBytes(long offset, ReadOnlySpan<byte> values) => MappingCopy.Write(_mapping, offset, values);

    /// <summary>Writes text without a trailing NUL; the bytes written.</summary>
    /// <param name="offset">Bytes from the start of the mapping.</param>
    /// <param name="text">The text.</param>
    /// <param name="encoding">UTF-8 if not given; no byte order mark is written.</param>
    public int WriteString(long offset, string text, Encoding? encoding = null)
    {
        var bytes = (encoding ?? Encoding.UTF8).GetBytes(text);
        MappingCopy.Write(_mapping, offset, bytes);
        return bytes.Length;
    }

    /// <summary>Writes text followed by one NUL of the encoding's width; the bytes written, with the NUL.</summary>
    /// <param name="offset">Bytes from the start of the mapping.</param>
    /// <param name="text">The text; a NUL within it would end it early for every C reader, so it is refused.</param>
    /// <param name="encoding">UTF-8 if not given; no byte order mark is written.</param>
    /// <exception cref="ShmException">InvalidStructure: the text has a NUL in it; and as all methods here.</exception>
    public int WriteCString(long offset, string text, Encoding? encoding = null) => text.Contains('\0')
        ? throw new ShmException(
            ShmErrorId.InvalidStructure,
            "A C string cannot have a NUL in it: its readers would stop there. Write it as a string of a known length.",
            text)
        : WriteString(offset, text + '\0', encoding);

    /// <summary>The same where pages differ or are lost, or the kernel copies.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteOther<T>(long offset, T value)
        where T : unmanaged
    {
        if (_mapping.IsCopiedByKernel)
        {
            MappingCopy.Write(_mapping, offset, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));
            return;
        }

        var lease = _mapping.Lease(offset, sizeof(T), ShmProtection.Write);
        Unsafe.WriteUnaligned((void*)lease.Address, value);
        _mapping.EndLease(lease, offset, sizeof(T), ShmProtection.Write);
    }
}
