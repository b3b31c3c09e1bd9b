using System;
using System.IO;

namespace PSSharedMemory;

/// <summary>How a segment is made.</summary>
public sealed record ShmCreateOptions
{
    /// <summary>0600: read and write for the owner, nothing for others.</summary>
    public const UnixFileMode DefaultMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Bytes, 1 or more.</summary>
    public required long Size { get; init; }

    /// <summary>The exact mode, whatever the umask.</summary>
    public UnixFileMode Mode { get; init; } = DefaultMode;

    /// <summary>Opens the segment if it exists. It's never resized: a smaller one is SizeMismatch.</summary>
    public bool AllowExisting { get; init; }

    /// <summary>
    /// Doesn't reserve the pages now (SHM_NORESERVE; ftruncate without fallocate). If memory then runs out at a later
    /// access, that is NoSpace.
    /// </summary>
    public bool Sparse { get; init; }

    /// <summary>
    /// System V and memfd: bytes of one huge page, a power of two that this host offers; 0 for ordinary pages.
    /// </summary>
    public long HugePageSize { get; init; }

    /// <summary>memfd: seals to set once it has its size.</summary>
    public ShmSeals Seal { get; init; }

    /// <summary>Receives the number of bytes reserved so far.</summary>
    public IProgress<long>? Progress { get; init; }

    internal void Check(object target)
    {
        if (Size <= 0)
        {
            throw new ShmException(
                ShmErrorId.InvalidSize,
                $"Cannot make {target}: a size of {Size} bytes is not possible. Give 1 or more.",
                target);
        }

        SegmentMode.Require(Mode, $"make {target}", target);
        if (HugePageSize != 0 && (HugePageSize <= Environment.SystemPageSize || !long.IsPow2(HugePageSize)))
        {
            throw new ShmException(
                ShmErrorId.InvalidSize,
                $"Cannot make {target}: {HugePageSize} bytes is not the size of a huge page.",
                target);
        }
    }

    /// <summary>An existing segment, if it's large enough.</summary>
    /// <param name="existing">Opened instead of making one.</param>
    /// <param name="target">What a message calls it.</param>
    /// <exception cref="ShmException">SizeMismatch.</exception>
    internal ShmSegment Accept(ShmSegment existing, string target) => existing.Size >= Size
        ? existing
        : throw new ShmException(
            ShmErrorId.SizeMismatch,
            $"Cannot open {target}: it has {existing.Size} bytes, fewer than the {Size} asked. Existing segments are "
                + "never resized.",
            existing);

    /// <summary>The binary logarithm of the huge page size, where mmap(2) wants it.</summary>
    internal int HugePageFlag(int shift) => HugePageSize == 0 ? 0 : (int)long.Log2(HugePageSize) << shift;
}
