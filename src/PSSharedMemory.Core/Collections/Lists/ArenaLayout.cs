namespace PSSharedMemory;

/// <summary>
/// The C header that arena and list share with other programs, on 64-bit hosts:
/// <c>struct { uint32_t magic; uint32_t version; int32_t head; int32_t free_list; size_t next_free_offset; }</c> at
/// offset 0, and nodes <c>struct { int32_t data; int32_t next; }</c>. Links are offsets from the start of the segment.
/// </summary>
internal static class ArenaLayout
{
    public const uint Magic = 0x534D454D;
    public const uint Version = 1;

    /// <summary>Stands in for the magic while an arena is being made.</summary>
    public const uint UnderConstruction = ~Magic;

    public const long MagicOffset = 0;
    public const long VersionOffset = 4;
    public const long HeadOffset = 8;
    public const long FreeListOffset = 12;
    public const long NextFreeOffset = 16;
    public const int HeaderSize = 24;

    public const long DataOffset = 0;
    public const long NextOffset = 4;
    public const int NodeSize = 8;

    /// <summary>Allocations are rounded up to this, and begin at a multiple of it.</summary>
    public const int Alignment = 8;

    /// <summary>The null link.</summary>
    public const int None = -1;

    /// <summary>Links are signed 32-bit numbers: what lies beyond cannot be linked.</summary>
    public const long LongestReach = 1L << 31;
}
