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

        var result = ChangePages(
            nameof(Libc.mprotect), offset, length, region => region with { Protection = protection },
            () => IsMoreThanMounted(protection) && _pages.FindLost(offset, length) is not null
                ? -(int)Errno.EACCES
                : Libc.mprotect(Address + (nint)offset, (nuint)length, (int)protection));
        if (result < 0)
        {
            // The kernel may have changed the first of several areas before it refused.
            Restore(offset, length);
            throw NativeError.From(
                nameof(Libc.mprotect), -result, $"give {length} bytes at offset {offset} of {this} the protection {protection}", this);
        }
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

    /// <summary>The kernel refuses that for the object's pages, and would not for the zeros in the place of lost ones.</summary>
    private bool IsMoreThanMounted(ShmProtection protection) =>
        protection.HasFlag(ShmProtection.Write) && !Protection.HasFlag(ShmProtection.Write) && !IsCopyOnWrite;

    private void MakeHole(long offset, long length)
    {
        var result = ChangePages(
            nameof(Libc.mmap), offset, length,
            static region => region with { State = ShmRegionState.Hole, Protection = ShmProtection.None, Advice = 0 },
            () => (int)Math.Min(0, Libc.mmap(Address + (nint)offset, (nuint)length, Libc.PROT_NONE, HoleFlags, -1, 0)));
        if (result < 0)
        {
            throw NativeError.From(nameof(Libc.mmap), -result, $"unmap {length} bytes at offset {offset} of {this}", this);
        }
    }

    /// <summary>Adds seals to the memfd under it, and knows them from then on.</summary>
    /// <exception cref="ShmException">As <see cref="MemFdSegments.AddSeals(ShmSegment, ShmSeals)"/>; MappingDismounted.</exception>
    internal void Seal(ShmSeals seals) => Change(() =>
    {
        MemFdSegments.AddSeals(Segment, seals);
        Segment = ShmSegments.Refresh(Segment);
    });

    /// <summary>
    /// The one way to give pages another state: it asks for the areas that this splits off, has the kernel do it, and
    /// keeps the books. A change that merges areas is never refused.
    /// </summary>
    /// <param name="function">What is called, for the exception.</param>
    /// <param name="offset">The start of a page.</param>
    /// <param name="length">Bytes, in whole pages.</param>
    /// <param name="change">What becomes of each run of like pages.</param>
    /// <param name="call">Makes the change; 0, or minus errno.</param>
    /// <returns>What the call gave.</returns>
    /// <exception cref="ShmException">LimitReached.</exception>
    private int ChangePages(string function, long offset, long length, Func<ShmRegion, ShmRegion> change, Func<int> call)
    {
        const int MostAreasAdded = 2;
        if (!AreaBudget.Has(MostAreasAdded) && _pages.Growth(offset, length, change) > 0)
        {
            AreaBudget.Require(MostAreasAdded, function, $"change {length} bytes at offset {offset} of {this}", this);
        }

        var result = call();
        if (result >= 0)
        {
            _pages.Change(offset, length, change);
            _handle.SetAreas(_pages.Count);
        }

        return result;
    }

    /// <summary>Gives the pages back what the books say of them.</summary>
    private void Restore(long offset, long length)
    {
        foreach (var region in _pages.Within(offset, length))
        {
            _ = Libc.mprotect(Address + (nint)region.Offset, (nuint)region.Length, (int)region.Protection);
        }
    }

    /// <summary>Runs a change alone: no copy is under way, and none begins.</summary>
    private void Change(Action change)
    {
        _lock.EnterWriteLock();
        try
        {
            CheckMounted();
            SettleWithin();
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
