using System;

namespace PSSharedMemory;

/// <summary>A range of an array.</summary>
internal sealed class ArrayRange(byte[] bytes, long offset, long length) : ShmRange(length)
{
    public Span<byte> Span => bytes.AsSpan((int)offset, (int)Length);

    private protected override int Piece => DirectPiece;

    public override string ToString() => "the array";

    private protected override void Check(ShmProtection need)
    {
    }

    private protected override void Read(long position, Span<byte> destination) =>
        Load(position, destination.Length).CopyTo(destination);

    private protected override void Write(long position, ReadOnlySpan<byte> source) =>
        source.CopyTo(Span[(int)position..]);

    private protected override ReadOnlySpan<byte> Load(long position, int count) => Span.Slice((int)position, count);
}
