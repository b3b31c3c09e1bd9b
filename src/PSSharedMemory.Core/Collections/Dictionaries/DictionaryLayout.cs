using System;
using System.Numerics;

namespace PSSharedMemory;

/// <summary>
/// Where a dictionary keeps what. Behind the header lie two halves, of which one is in use: <c>{uint64 used; uint64
/// zero; uint64 buckets[]; log}</c>. In the log are entries <c>{uint64 next; uint64 value; uint32 hash; uint32
/// key_length; uint32 key_type; uint32 zero; key}</c> and values <c>{uint32 length; uint32 type; bytes}</c>. Links
/// count bytes from the start of the segment, 0 for none.
/// </summary>
internal static class DictionaryLayout
{
    /// <summary>"PSHMD", two zeros and a one, as a little-endian number.</summary>
    public const ulong Magic = 0x0100_0044_4D48_5350;

    public const int WriteLock = 64;

    /// <summary>Bit 0: the half in use; the rest counts compactions.</summary>
    public const int Root = 128;

    public const int ChangeSequence = 136;
    public const int WaitersAsleep = 140;
    public const int WriteSince = 144;

    public const int HalfHeaderSize = 16;
    public const int EntryHeaderSize = 32;

    /// <summary>The smallest half.</summary>
    public const long MinCapacity = 256;

    private const int BytesPerBucket = 256;

    /// <summary>How many buckets a half has: a power of two.</summary>
    public static uint BucketCount(long capacity) =>
        (uint)Math.Clamp(BitOperations.RoundUpToPowerOf2((ulong)(capacity / BytesPerBucket)), 1, 1 << 30);

    /// <summary>Bytes of an entry with a key of so many bytes.</summary>
    public static ulong EntrySize(int keyLength) =>
        (ulong)Alignment.RoundUp(EntryHeaderSize + keyLength, CollectionLayout.Alignment);

    /// <summary>FNV-1a.</summary>
    public static uint Hash(uint type, ReadOnlySpan<byte> key)
    {
        const uint Prime = 16777619;
        var hash = (2166136261u ^ (byte)type) * Prime;
        foreach (var octet in key)
        {
            hash = (hash ^ octet) * Prime;
        }

        return hash;
    }
}
