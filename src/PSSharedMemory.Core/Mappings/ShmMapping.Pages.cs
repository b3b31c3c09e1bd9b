using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Changes to the pages of a mapping. Each waits for copies that are under way, and keeps the books.</summary>
public sealed partial class ShmMapping
{
    private const int HoleFlags = Libc.MAP_FIXED | Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE;

    /// <summary>Changes what pages allow: mprotect(2).</summary>
    /// <param name="protection">What they allow from now on.</param>
    /// <param name="offset">Bytes from the start of the mapping; a multiple of the page size.</param>
    /// <param name="length">Bytes, rounded up to whole pages; 0 for all to the end.</param>
    /// <exception cref="ShmException">
    /// MappingDismounted, InvalidOffset, OutOfRange, PageNotMapped, AccessDenied (more than it was mounted for),
    /// LimitReached (vm.max_map_count), SegmentInUse (a lock there is held).
    /// </exception>
    public void Protect(ShmProtection protection, long offset = 0, long length = 0) => Change(() =>
    {
        length = CheckPages(offset, length);
        if (_pages.FindHole(offset, length) is { } hole)
        {
            throw Refused(hole, Math.Max(offset, hole.Offset), protection);
        }

        const ShmProtection NeededByLocks = ShmProtection.Read | ShmProtection.Write;
        if ((protection & NeededByLocks) != NeededByLocks)
        {
            ThrowIfHeld("close pages of", offset, length);
        }

        RequireAreas(nameof(Libc.mprotect), offset, length, ShmRegionState.Mapped, protection);
        var result = Libc.mprotect(Address + (nint)offset, (nuint)length, (int)protection);
        if (result < 0)
        {
            // The kernel may have changed the first of several areas before it refused.
            Restore(offset, length);
            throw NativeError.From(
                nameof(Libc.mprotect), -result, $"give {length} bytes at offset {offset} of {this} the protection {protection}", this);
        }

        _pages.Set(offset, length, ShmRegionState.Mapped, protection);
        _handle.SetAreas(_pages.Count);
    });

    /// <summary>
    /// Unmaps pages and leaves a hole. Its addresses stay reserved until the rest goes: otherwise the runtime could
    /// place its own memory there, and a later unmapping would hit it.
    /// </summary>
    /// <param name="offset">Bytes from the start of the mapping; a multiple of the page size.</param>
    /// <param name="length">Bytes, rounded up to whole pages; 0 for all to the end.</param>
    /// <exception cref="ShmException">
    /// NotSupportedByKind (System V), MappingDismounted, InvalidOffset, OutOfRange, LimitReached, SegmentInUse (a lock
    /// there is held).
    /// </exception>
    public void Unmap(long offset, long length)
    {
        if (Segment.Kind == ShmKind.SysV)
        {
            throw new ShmException(
                ShmErrorId.NotSupportedByKind,
                $"Cannot unmap a part of {this}: a System V segment is detached as a whole.",
                this);
        }

        Change(() =>
        {
            length = CheckPages(offset, length);
            ThrowIfHeld("unmap a part of", offset, length);
            MakeHole(offset, length);
        });
    }

    private void MakeHole(long offset, long length)
    {
        var result = Libc.mmap(Address + (nint)offset, (nuint)length, Libc.PROT_NONE, HoleFlags, -1, 0);
        if (Libc.IsError(result))
        {
            throw NativeError.From(nameof(Libc.mmap), (int)-result, $"unmap {length} bytes at offset {offset} of {this}", this);
        }

        _pages.Set(offset, length, ShmRegionState.Hole, ShmProtection.None);
        _handle.SetAreas(_pages.Count);
    }

    /// <summary>Adds seals to the memfd under it, and knows them from then on.</summary>
    /// <exception cref="ShmException">As <see cref="MemFdSegments.AddSeals(ShmSegment, ShmSeals)"/>; MappingDismounted.</exception>
    internal void Seal(ShmSeals seals) => Change(() =>
    {
        MemFdSegments.AddSeals(Segment, seals);
        Segment = ShmSegments.Refresh(Segment);
    });

    /// <summary>Refuses a change that would leave the runtime without areas; one that merges areas is never refused.</summary>
    private void RequireAreas(string function, long offset, long length, ShmRegionState state, ShmProtection protection)
    {
        const int MostAreasAdded = 2;
        if (!AreaBudget.Has(MostAreasAdded) && _pages.Growth(offset, length, state, protection) > 0)
        {
            throw AreaBudget.Spent(function, $"change {length} bytes at offset {offset} of {this}", this);
        }
    }

    /// <summary>Gives the pages back what the books say of them.</summary>
    private void Restore(long offset, long length)
    {
        foreach (var region in _pages.ToArray())
        {
            var start = Math.Max(offset, region.Offset);
            var end = Math.Min(offset + length, region.Offset + region.Length);
            if (start < end)
            {
                _ = Libc.mprotect(Address + (nint)start, (nuint)(end - start), (int)region.Protection);
            }
        }
    }

    /// <summary>Runs a change alone: no copy is under way, and none begins.</summary>
    private void Change(Action change)
    {
        _lock.EnterWriteLock();
        try
        {
            CheckMounted();
            change();
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    /// <summary>Checks a range of pages; its length in whole pages.</summary>
    private long CheckPages(long offset, long length)
    {
        if (offset % PageSize != 0)
        {
            throw new ShmException(
                ShmErrorId.InvalidOffset,
                $"Offset {offset} is not the start of a page of {this}: pages have {PageSize} bytes.",
                this);
        }

        CheckRange(offset, length);
        if (length == 0)
        {
            CheckRange(offset, 1);
            return MappedLength - offset;
        }

        return RoundUp(offset + length, PageSize) - offset;
    }
}
