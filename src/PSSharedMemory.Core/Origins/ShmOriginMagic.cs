using System;

namespace PSSharedMemory;

/// <summary>Bytes that identify memory of an origin.</summary>
/// <param name="Offset">Bytes from the start.</param>
/// <param name="Bytes">What stands there.</param>
public sealed record ShmOriginMagic(int Offset, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The most that may lie before the end of a magic: 4096 bytes.</summary>
    public const int Reach = 4096;

    /// <summary>Whether the first bytes of an object have it.</summary>
    public bool IsIn(ReadOnlySpan<byte> start) =>
        Offset <= start.Length && start[Offset..].StartsWith(Bytes.Span);

    /// <summary>"0: 5053484d51000001".</summary>
    public override string ToString() =>
        FormattableString.Invariant($"{Offset}: {Convert.ToHexString(Bytes.Span).ToLowerInvariant()}");
}
