using System;

namespace PSSharedMemory;

/// <summary>The byte order of a type: its own if its name implies one (__be32), otherwise the requested one.</summary>
public static class TypeByteOrder
{
    /// <summary>Whether values of the type are byte-swapped on this host.</summary>
    public static bool IsSwappedFor(this ShmByteOrder order, ShmType type) =>
        type.IsBigEndian is { } big ? big == BitConverter.IsLittleEndian : order.IsSwapped();
}

/// <summary>Values in the opposite byte order of this host.</summary>
internal sealed class SwappedReader(ValueReader reader, int size) : ValueReader
{
    public override Type ElementType => reader.ElementType;

    public override object Read(ReadOnlySpan<byte> bytes)
    {
        Span<byte> turned = stackalloc byte[16];
        turned = turned[..size];
        bytes[..size].CopyTo(turned);
        turned.Reverse();
        return reader.Read(turned);
    }

    public override Array ReadArray(ReadOnlySpan<byte> bytes, int count)
    {
        var turned = bytes[..(count * size)].ToArray();
        for (var i = 0; i < turned.Length; i += size)
        {
            turned.AsSpan(i, size).Reverse();
        }

        return reader.ReadArray(turned, count);
    }
}
