using System;
using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// Makes and checks the header of a queue or a dictionary. Making it stores a few numbers that never change again into
/// zeroed memory, the magic last. If the maker was killed halfway, anyone may finish the work, and two that do so at
/// once write the same.
/// </summary>
internal static unsafe class CollectionHeader
{
    private static readonly TimeSpan LongestMaking = TimeSpan.FromMilliseconds(250);

    /// <summary>Writes the header of a segment that this process has just made.</summary>
    public static void Make(ShmMapping mapping, ulong magic, ulong capacity, ReadOnlySpan<int> locks)
    {
        using var lease = mapping.Lease(0, CollectionLayout.HeaderSize, ShmProtection.Read | ShmProtection.Write);
        Write((byte*)lease.Address, magic, capacity, locks);
    }

    /// <summary>
    /// Checks the header; if it's still unfinished after a moment and nothing else is there, finishes it where that is
    /// allowed.
    /// </summary>
    /// <exception cref="ShmException">InvalidStructure.</exception>
    public static void Check(
        ShmMapping mapping, string what, ulong magic, ulong capacity, ReadOnlySpan<int> locks, bool finishes)
    {
        if (mapping.Offset != 0 || mapping.Length < CollectionLayout.HeaderSize + QueueLayout.MinCapacity)
        {
            throw Damaged(
                mapping, what,
                $"it has {mapping.Length} bytes, and the header alone takes {CollectionLayout.HeaderSize}");
        }

        var deadline = new Deadline(LongestMaking);
        while (Difference(mapping, magic, capacity, locks, out var isUnfinished) is { } difference)
        {
            if (!isUnfinished)
            {
                throw Damaged(mapping, what, difference);
            }

            if (deadline.HasPassed)
            {
                if (!finishes)
                {
                    throw Damaged(mapping, what, "its first bytes are zero");
                }

                Make(mapping, magic, capacity, locks);
                return;
            }

            Thread.Sleep(1);
        }
    }

    private static ShmException Damaged(ShmMapping mapping, string what, string why) => new(
        ShmErrorId.InvalidStructure, $"There is no {what} in {mapping.Segment}: {why}.", mapping.Segment);

    private static void Write(byte* header, ulong magic, ulong capacity, ReadOnlySpan<int> locks)
    {
        *(uint*)(header + CollectionLayout.VersionOffset) = CollectionLayout.Version;
        *(uint*)(header + CollectionLayout.HeaderSizeOffset) = CollectionLayout.HeaderSize;
        *(ulong*)(header + CollectionLayout.CapacityOffset) = capacity;
        *(uint*)(header + CollectionLayout.LockAbiOffset) = CollectionLayout.LockAbi;
        foreach (var place in locks)
        {
            *(int*)(header + place + CollectionLayout.MutexKindOffset) = CollectionLayout.MutexKind;
        }

        Volatile.Write(ref *(ulong*)(header + CollectionLayout.MagicOffset), magic);
    }

    /// <summary>
    /// What is wrong; null for nothing. Unfinished: the magic is not there yet, and all else is right or zero.
    /// </summary>
    private static string? Difference(
        ShmMapping mapping, ulong magic, ulong capacity, ReadOnlySpan<int> locks, out bool isUnfinished)
    {
        using var lease = mapping.Lease(0, CollectionLayout.HeaderSize, ShmProtection.Read);
        var header = (byte*)lease.Address;
        var found = Volatile.Read(ref *(ulong*)(header + CollectionLayout.MagicOffset));
        isUnfinished = found == 0 && IsBlank(header, capacity, locks);
        var abi = *(uint*)(header + CollectionLayout.LockAbiOffset);
        return found != magic ? $"its magic is 0x{found:x16}, not 0x{magic:x16}"
            : *(uint*)(header + CollectionLayout.VersionOffset) is var version and not CollectionLayout.Version
                ? $"it has version {version}, and only version {CollectionLayout.Version} is known"
            : *(uint*)(header + CollectionLayout.HeaderSizeOffset) is var size and not CollectionLayout.HeaderSize
                ? $"its header says that it has {size} bytes, not {CollectionLayout.HeaderSize}"
            : *(ulong*)(header + CollectionLayout.CapacityOffset) is var said && said != capacity
                ? $"its header says {said} bytes, and the segment has room for {capacity}"
            : abi != CollectionLayout.LockAbi
                ? $"its locks are laid out by another C library (lock layout {abi}, here {CollectionLayout.LockAbi}): "
                    + "glibc and musl, x64 and arm64 cannot share one"
            : LockDifference(header, locks);
    }

    private static string? LockDifference(byte* header, ReadOnlySpan<int> locks)
    {
        foreach (var place in locks)
        {
            var kind = *(int*)(header + place + CollectionLayout.MutexKindOffset);
            if (kind != CollectionLayout.MutexKind)
            {
                return $"the lock at offset {place} is of kind {kind}, not {CollectionLayout.MutexKind}";
            }
        }

        return null;
    }

    private static bool IsBlank(byte* header, ulong capacity, ReadOnlySpan<int> locks)
    {
        const int Words = CollectionLayout.HeaderSize / sizeof(uint);
        Span<uint> blank = stackalloc uint[Words];
        blank.Clear();
        fixed (uint* made = blank)
        {
            Write((byte*)made, 0, capacity, locks);
        }

        for (var i = 0; i < Words; i++)
        {
            var word = ((uint*)header)[i];
            if (word != 0 && word != blank[i])
            {
                return false;
            }
        }

        return true;
    }
}
