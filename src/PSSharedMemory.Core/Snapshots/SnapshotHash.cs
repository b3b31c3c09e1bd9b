using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;

namespace PSSharedMemory;

/// <summary>
/// The SHA-256 of a snapshot's bytes. Holes count as zeros, so that sha256sum prints the same; only large ones are left
/// out, because a hash of 200 GB of zeros takes minutes.
/// </summary>
internal sealed class SnapshotHash(bool skipsHoles) : IDisposable
{
    /// <summary>Bytes: what is hashed in a few tenths of a second.</summary>
    private const long MostHoles = 256L << 20;

    private static readonly byte[] Zeros = new byte[1 << 16];

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Whether holes are left out.</summary>
    public bool SkipsHoles => skipsHoles;

    /// <summary>Whether a snapshot with these parts leaves its holes out.</summary>
    public static bool HasLargeHoles(IReadOnlyList<ShmRun> extents, long size) =>
        size - extents.Sum(static extent => extent.Length) > MostHoles;

    /// <summary>Bytes of a part that had memory.</summary>
    public void Add(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

    /// <summary>A hole.</summary>
    public void AddHole(long length)
    {
        for (var left = skipsHoles ? 0 : length; left > 0; left -= Zeros.Length)
        {
            _hash.AppendData(Zeros, 0, (int)Math.Min(Zeros.Length, left));
        }
    }

    /// <summary>In lower-case hex.</summary>
    public string Finish() => Convert.ToHexString(_hash.GetHashAndReset()).ToLowerInvariant();

    public void Dispose() => _hash.Dispose();
}
