using System;
using System.Linq;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Changes to the pages of a mapping. Each waits for copies under way and updates the page states.</summary>
internal static class MappingChanges
{
    /// <summary>See <see cref="ShmMapping.Protect"/>.</summary>
    public static void Protect(ShmMapping mapping, ShmProtection protection, long offset, long length)
    {
        using var change = mapping.BeginChange();
        length = CheckPages(mapping, offset, length);
        if (mapping.Pages.FindHole(offset, length) is { } hole)
        {
            throw MappingFaults.Refused(mapping, hole, Math.Max(offset, hole.Offset), protection);
        }

        const ShmProtection NeededByLocks = ShmProtection.Read | ShmProtection.Write;
        if ((protection & NeededByLocks) != NeededByLocks)
        {
            mapping.ThrowIfHeld("close pages of", offset, length);
        }

        var result = Make(
            mapping, nameof(Libc.mprotect), offset, length, region => region with { Protection = protection },
            () => IsMoreThanMounted(mapping, protection) && mapping.Pages.FindLost(offset, length) is not null
                ? -(int)Errno.EACCES
                : Libc.mprotect(mapping.Start + (nint)offset, (nuint)length, (int)protection));
        if (result < 0)
        {
            // The kernel may have changed some of several areas before it refused.
            Restore(mapping, offset, length);
            throw NativeError.From(
                nameof(Libc.mprotect), -result,
                $"give {length} bytes at offset {offset} of {mapping} the protection {protection}", mapping);
        }
    }

    /// <summary>See <see cref="ShmMapping.Unmap"/>.</summary>
    public static void Unmap(ShmMapping mapping, long offset, long length)
    {
        if (mapping.Segment.Kind == ShmKind.SysV)
        {
            throw new ShmException(
                ShmErrorId.NotSupportedByKind,
                $"Cannot unmap a part of {mapping}: a System V segment is detached as a whole.",
                mapping);
        }

        using var change = mapping.BeginChange();
        length = CheckPages(mapping, offset, length);
        mapping.ThrowIfHeld("unmap a part of", offset, length);
        MakeHole(mapping, offset, length);
    }

    /// <summary>
    /// Leaves a hole whose addresses stay reserved, but for those that another mapping has replaced. Within a change.
    /// </summary>
    public static void MakeHole(ShmMapping mapping, long offset, long length)
    {
        var start = mapping.Start + (nint)offset;
        foreach (var part in mapping.Handle.Ranges.Within(start, start + (nint)length).ToArray())
        {
            var result = Make(
                mapping, nameof(Libc.mmap), part.Start - mapping.Start, part.Length,
                static region => region.Unmapped(), () => AddressReservation.Cover(part.Start, part.Length));
            NativeError.ThrowIf(
                result, nameof(Libc.mmap), $"unmap {length} bytes at offset {offset} of {mapping}", mapping);
        }
    }

    /// <summary>
    /// The only way to change the state of pages: it requests the areas that the change splits off, makes the change
    /// and updates the page states. A change that merges areas is never refused. Within a change.
    /// </summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="function">The function called, for the exception.</param>
    /// <param name="offset">The start of a page.</param>
    /// <param name="length">Bytes, in whole pages.</param>
    /// <param name="change">The new state of each run of equal pages.</param>
    /// <param name="call">Makes the change; 0, or minus errno.</param>
    /// <returns>What the call gave.</returns>
    /// <exception cref="ShmException">LimitReached.</exception>
    public static int Make(
        ShmMapping mapping, string function, long offset, long length, Func<ShmRegion, ShmRegion> change,
        Func<int> call)
    {
        const int MostAreasAdded = 2;
        if (!AreaBudget.Has(MostAreasAdded) && mapping.Pages.Growth(offset, length, change) > 0)
        {
            AreaBudget.Require(
                MostAreasAdded, function, $"change {length} bytes at offset {offset} of {mapping}", mapping);
        }

        var result = call();
        if (result >= 0)
        {
            mapping.Pages.Change(offset, length, change);
            mapping.NotePages();
        }

        return result;
    }

    /// <summary>Checks a range of pages; returns its length in whole pages.</summary>
    /// <exception cref="ShmException">InvalidOffset, OutOfRange.</exception>
    public static long CheckPages(ShmMapping mapping, long offset, long length)
    {
        if (offset % mapping.PageSize != 0)
        {
            throw new ShmException(
                ShmErrorId.InvalidOffset,
                $"Offset {offset} is not the start of a page of {mapping}: pages have {mapping.PageSize} bytes.",
                mapping);
        }

        mapping.CheckRange(offset, length);
        if (length == 0)
        {
            mapping.CheckRange(offset, 1);
            return mapping.MappedLength - offset;
        }

        return Alignment.RoundUp(offset + length, mapping.PageSize) - offset;
    }

    /// <summary>
    /// The kernel would refuse this for the object's pages, but not for the zeros that replace lost ones.
    /// </summary>
    private static bool IsMoreThanMounted(ShmMapping mapping, ShmProtection protection) =>
        protection.HasFlag(ShmProtection.Write)
        && !mapping.Protection.HasFlag(ShmProtection.Write)
        && !mapping.IsCopyOnWrite;

    /// <summary>Gives the pages the protection and advice that the page states record.</summary>
    private static void Restore(ShmMapping mapping, long offset, long length)
    {
        foreach (var region in mapping.Pages.Within(offset, length))
        {
            _ = Libc.mprotect(mapping.Start + (nint)region.Offset, (nuint)region.Length, (int)region.Protection);
        }
    }
}
