using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>A mapping about to be replaced: nobody reads, writes or dismounts it meanwhile.</summary>
internal sealed class Replaceable
{
    private readonly ShmMapping _mapping;

    private Replaceable(ShmMapping mapping) => _mapping = mapping;

    /// <summary>Where it lies.</summary>
    public (nint Start, nint End) Range => (_mapping.Start, _mapping.Start + (nint)_mapping.MappedLength);

    /// <summary>Whether it was mounted with its pages locked in RAM.</summary>
    public bool IsLocked => _mapping.IsLocked;

    /// <summary>Locks the mapping if it overlaps the range; null if it doesn't.</summary>
    /// <exception cref="ShmException">SegmentInUse.</exception>
    public static Replaceable? TryHold(ShmMapping mapping, nint start, nint end)
    {
        mapping.Gate.EnterWriteLock();
        try
        {
            if (mapping.IsMounted && mapping.Start < end && mapping.Start + (nint)mapping.MappedLength > start)
            {
                mapping.ThrowIfHeld("replace", 0, mapping.MappedLength);
                return new Replaceable(mapping);
            }
        }
        catch
        {
            mapping.Gate.ExitWriteLock();
            throw;
        }

        mapping.Gate.ExitWriteLock();
        return null;
    }

    /// <summary>Unlocks its memory.</summary>
    public void Unlock() => _ = Libc.munlock(_mapping.Start, (nuint)_mapping.MappedLength);

    /// <summary>Takes it back.</summary>
    public void LockAgain() => _ = Libc.mlock(_mapping.Start, (nuint)_mapping.MappedLength);

    /// <summary>
    /// The range belongs to the new mapping: the handle releases it without detaching. What sticks out is unmapped.
    /// </summary>
    public void GiveUpRange(nint start, nint end)
    {
        var (from, to) = Range;
        _mapping.Handle.LetGo();
        if (from < start)
        {
            _ = Libc.munmap(from, (nuint)(start - from));
        }

        if (to > end)
        {
            _ = Libc.munmap(end, (nuint)(to - end));
        }

        _mapping.BecomeReplaced();
    }

    /// <summary>Lets accesses begin again, or discover that it's gone.</summary>
    public void Release() => _mapping.Gate.ExitWriteLock();
}
