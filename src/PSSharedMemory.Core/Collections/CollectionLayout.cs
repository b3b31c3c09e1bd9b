using System.Runtime.InteropServices;

namespace PSSharedMemory;

/// <summary>
/// What the header of a queue and that of a dictionary have in common: <c>{char magic[8]; uint32 version; uint32
/// header; uint64 capacity; uint32 lock_abi}</c>. Every field has one right value for a size of the segment, and never
/// changes.
/// </summary>
internal static class CollectionLayout
{
    public const int HeaderSize = 4096;
    public const uint Version = 1;

    public const int MagicOffset = 0;
    public const int VersionOffset = 8;
    public const int HeaderSizeOffset = 12;
    public const int CapacityOffset = 16;
    public const int LockAbiOffset = 24;

    /// <summary>Records, entries and values begin at a multiple of this.</summary>
    public const int Alignment = 8;

    /// <summary>A length and a type in front of the bytes.</summary>
    public const int RecordHeaderSize = 8;

    /// <summary>
    /// PTHREAD_MUTEX_NORMAL, robust and process-shared, in __kind: all that an unlocked mutex has besides zeros.
    /// </summary>
    public const int MutexKind = 16 + 128;

    public const int MutexKindOffset = 16;

    /// <summary>1: glibc on x64; 2: glibc on arm64. Other C libraries lay a robust mutex out differently.</summary>
    public static uint LockAbi { get; } = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 2u : 1u;

    /// <summary>Bytes of a record with so many bytes in it.</summary>
    public static long RecordSize(long length) => (RecordHeaderSize + length + Alignment - 1) & -Alignment;
}
