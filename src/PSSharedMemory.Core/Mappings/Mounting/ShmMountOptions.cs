using System.Threading;

namespace PSSharedMemory;

/// <summary>How a segment is attached to this process: shmat(2), mmap(2).</summary>
public sealed record ShmMountOptions
{
    /// <summary>Reading and writing the whole segment, wherever the kernel finds room.</summary>
    public static ShmMountOptions Default { get; } = new();

    /// <summary>Reading only.</summary>
    public static ShmMountOptions ReadOnly { get; } = new() { Protection = ShmProtection.Read };

    /// <summary>What the pages allow at first.</summary>
    public ShmProtection Protection { get; init; } = ShmProtection.Read | ShmProtection.Write;

    /// <summary>POSIX and memfd: writes stay in this mapping (MAP_PRIVATE).</summary>
    public bool CopyOnWrite { get; init; }

    /// <summary>POSIX and memfd: bytes from the start of the segment; a multiple of its page size.</summary>
    public long Offset { get; init; }

    /// <summary>POSIX and memfd: bytes; 0 for everything up to the end.</summary>
    public long Length { get; init; }

    /// <summary>The address; 0 leaves it to the kernel. A multiple of the page size.</summary>
    public nint Address { get; init; }

    /// <summary>Rounds the address down to a multiple of the page size (SHM_RND).</summary>
    public bool RoundAddress { get; init; }

    /// <summary>Replaces mappings of this library at the address (SHM_REMAP, MAP_FIXED).</summary>
    public bool Replace { get; init; }

    /// <summary>Brings all pages into memory at once.</summary>
    public bool Populate { get; init; }

    /// <summary>Keeps all pages in RAM (mlock(2)) until it is dismounted.</summary>
    public bool Lock { get; init; }

    /// <summary>Ends a long populating.</summary>
    public CancellationToken Cancellation { get; init; }
}
