using System;

namespace PSSharedMemory;

/// <summary>
/// The order of bytes of a type: its own where its name says one (__be32), else the one that is asked for.
/// </summary>
public static class TypeByteOrder
{
    /// <summary>Whether values of the type are reversed on this host.</summary>
    public static bool IsSwappedFor(this ShmByteOrder order, ShmType type) =>
        type.IsBigEndian is { } big ? big == BitConverter.IsLittleEndian : order.IsSwapped();
}

/// <summary>Values whose bytes stand the other way round than this host has them.</summary>
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
