namespace PSSharedMemory;

/// <summary>Where a queue keeps what: about_ShmQueue and include/pssharedmemory.h have the same numbers.</summary>
internal static class QueueLayout
{
    /// <summary>"PSHMQ", two zeros and a one, as a little-endian number.</summary>
    public const ulong Magic = 0x0100_0051_4D48_5350;

    public const int PutLock = 64;
    public const int Tail = 128;
    public const int PutSequence = 136;
    public const int GettersAsleep = 140;
    public const int PutSince = 144;

    public const int GetLock = 192;
    public const int Head = 256;
    public const int GetSequence = 264;
    public const int PuttersAsleep = 268;

    /// <summary>No message in front of it is there for the taking.</summary>
    public const int Cursor = 272;

    public const int GetSince = 280;

    /// <summary>
    /// Claims: <c>{uint32 pid; uint32 pid_namespace; uint64 start; uint64 position; uint64 lease_end}</c>.
    /// </summary>
    public const int Claims = 512;

    public const int ClaimSize = 32;
    public const int ClaimCount = (CollectionLayout.HeaderSize - Claims) / ClaimSize;

    /// <summary>In place of a length: the rest of the ring is not used.</summary>
    public const uint Padding = uint.MaxValue;

    /// <summary>Bits 0 to 15 of a record's type word.</summary>
    public const uint TypeMask = 0xFFFF;

    /// <summary>Bits 16 to 30: one more than the number of the claim that has it.</summary>
    public const int ClaimShift = 16;

    /// <summary>Bit 31: done, though something in front of it is not.</summary>
    public const uint Done = 0x8000_0000;

    /// <summary>The smallest ring.</summary>
    public const long MinCapacity = 64;
}
