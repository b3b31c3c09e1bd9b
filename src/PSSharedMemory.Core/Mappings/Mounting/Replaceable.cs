using System;
using System.Collections.Generic;
using System.Linq;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// A mapping of which a part is about to be replaced: nobody reads, writes, changes or dismounts it meanwhile.
/// </summary>
internal sealed class Replaceable
{
    private readonly ShmMapping _mapping;
    private readonly nint _start;
    private readonly nint _end;

    private Replaceable(ShmMapping mapping, nint start, nint end) => (_mapping, _start, _end) = (mapping, start, end);

    /// <summary>What it owns of the range.</summary>
    public IEnumerable<(nint Start, nint Length)> Parts => _mapping.Handle.Ranges.Within(_start, _end);

    /// <summary>Whether it was mounted with its pages locked in RAM.</summary>
    public bool IsLocked => _mapping.IsLocked;

    /// <summary>
    /// Locks the mapping if something of it lies in the range; null if nothing does, without waiting for its accesses.
    /// </summary>
    /// <exception cref="ShmException">SegmentInUse; InvalidAddress: a huge page would be cut.</exception>
    public static Replaceable? TryHold(ShmMapping mapping, nint start, nint end)
    {
        if (!LiesWithin())
        {
            return null;
        }

        mapping.Gate.EnterWriteLock();
        try
        {
            // It may have gone or moved meanwhile. One that moved into the range is found when its gaps are reserved.
            if (LiesWithin())
            {
                var held = new Replaceable(mapping, start, end);
                held.Prepare();
                return held;
            }
        }
        catch
        {
            mapping.Gate.ExitWriteLock();
            throw;
        }

        mapping.Gate.ExitWriteLock();
        return null;

        bool LiesWithin() => mapping.IsMounted && mapping.Handle.Ranges.Within(start, end).Any();
    }

    /// <summary>Unlocks the memory that will go.</summary>
    public void Unlock()
    {
        foreach (var (start, length) in PagesThere())
        {
            _ = Libc.munlock(start, (nuint)length);
        }
    }

    /// <summary>Takes it back.</summary>
    public void LockAgain()
    {
        foreach (var (start, length) in PagesThere())
        {
            _ = Libc.mlock(start, (nuint)length);
        }
    }

    /// <summary>
    /// The range is the new mapping's. What is left of this one stays as it is; where nothing is, it has ended.
    /// </summary>
    public void GiveUp() => _mapping.BecomeReplaced(_start, _end);

    /// <summary>
    /// The new mapping hasn't come. Holds the place of what the kernel has unmapped for it all the same, which it does
    /// only if it runs out of memory then.
    /// </summary>
    /// <returns>Whether there was any.</returns>
    public bool Recover()
    {
        var wasEmptied = false;
        foreach (var (start, length) in Parts)
        {
            if (AddressReservation.TryTake(start, length) == 0)
            {
                _mapping.BecomeEmptied(start, length);
                wasEmptied = true;
            }
        }

        return wasEmptied;
    }

    /// <summary>Lets accesses begin again, or discover what is gone.</summary>
    public void Release()
    {
        _mapping.Handle.Ranges.Join();
        if (_mapping.IsMounted)
        {
            _mapping.NoteRanges();
        }

        _mapping.Gate.ExitWriteLock();
    }

    private void Prepare()
    {
        var from = Math.Max(0, _start - _mapping.Start);
        var to = Math.Min(_mapping.MappedLength, _end - _mapping.Start);
        if (from % _mapping.PageSize != 0 || to % _mapping.PageSize != 0)
        {
            throw new ShmException(
                ShmErrorId.InvalidAddress,
                $"Cannot replace bytes {from} to {to} of {_mapping}: its pages have {_mapping.PageSize} bytes, and the "
                    + "kernel cannot split one.",
                _mapping);
        }

        _mapping.ThrowIfHeld("replace", from, to - from);
        _mapping.Lost.SettleWithin();

        // From here on the guard doesn't cover what is left and what goes with one stroke.
        _mapping.Handle.Ranges.Divide(_start, _end);
        _mapping.NoteRanges();
    }

    private (nint Start, nint Length)[] PagesThere() => Parts
        .SelectMany(part => _mapping.Pages.Within(part.Start - _mapping.Start, part.Length))
        .Where(static region => region.State != ShmRegionState.Hole)
        .Select(region => (_mapping.Start + (nint)region.Offset, (nint)region.Length))
        .ToArray();
}
