using System.Globalization;

namespace PSSharedMemory;

/// <summary>A run of bytes within a range.</summary>
/// <param name="Offset">Bytes from the start of the range.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct ShmRun(long Offset, long Length)
{
    /// <summary>"4096 bytes at 8192".</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Length} {(Length == 1 ? "byte" : "bytes")} at {Offset}");
}
