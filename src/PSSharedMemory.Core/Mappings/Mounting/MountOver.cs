using System;
using System.Collections.Generic;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Mounts over other mappings: attaches elsewhere, gets everything ready there, and moves it into place in one step.
/// Whatever can fail fails before that and leaves the old mappings as they were; the step itself needs nothing but a
/// little of the kernel's own memory. Of the old mappings, exactly the range goes.
/// </summary>
internal static class MountOver
{
    /// <summary>Attaches anywhere but at the final place, which the kernel may choose while it's free.</summary>
    public static MappingHandle AttachAside(MountAttempt attempt)
    {
        var place = attempt.Options.Address;
        var inTheWay = new List<MappingHandle>();
        try
        {
            // At most two can overlap the place, one at each end.
            while (true)
            {
                AreaBudget.Require(1, nameof(Libc.mmap), $"mount {attempt.Segment}", attempt.Segment);
                var handle = attempt.Attach(0);
                var reach = attempt.Source is null
                    ? Alignment.RoundUp(attempt.Segment.Size, HugePageProbe.PageSizeOf(handle.Address))
                    : attempt.MappedLength;
                if (handle.Address == place || Math.Abs(handle.Address - place) >= reach)
                {
                    return handle;
                }

                inTheWay.Add(handle);
            }
        }
        finally
        {
            inTheWay.ForEach(static handle => handle.Dispose());
        }
    }

    /// <summary>Moves the finished mapping into place, locking its pages on the way.</summary>
    /// <exception cref="ShmException">
    /// InvalidAddress, AddressInUse, SegmentInUse, LimitReached, NoSpace; nothing has changed then.
    /// </exception>
    public static void TakePlace(MountAttempt attempt)
    {
        var (segment, handle, place) = (attempt.Segment, attempt.Handle, attempt.Options.Address);
        if (place % attempt.PageSize != 0)
        {
            throw new ShmException(
                ShmErrorId.InvalidAddress,
                $"Cannot mount {segment} at 0x{place:x}: an address of this segment is a multiple of "
                    + $"{attempt.PageSize}, the size of its pages.",
                segment);
        }

        var refusal = TryLock(attempt);
        if (handle.Address == place)
        {
            if (refusal is not null)
            {
                throw refusal;
            }

            return;
        }

        var length = attempt.MappedLength;
        using var replacement = Replacement.Begin(place, length);
        if (refusal is not null && (!replacement.LendLocks() || TryLock(attempt) is not null))
        {
            throw refusal;
        }

        var address = replacement.Commit(
            () => HugePageProbe.CanMove || attempt.PageSize == Environment.SystemPageSize
                ? Libc.mremap(
                    handle.Address, (nuint)length, (nuint)length, Libc.MREMAP_MAYMOVE | Libc.MREMAP_FIXED, place)
                : AttachAgain(attempt),
            () => handle.Move(place, length, length));
        if (Libc.IsError(address))
        {
            throw NativeError.From(nameof(Libc.mremap), (int)-address, $"mount {segment} at 0x{place:x}", segment);
        }
    }

    /// <summary>
    /// Locks the pages in RAM if requested; returns a limit's refusal, since the replaced mapping may lend its share.
    /// </summary>
    private static ShmException? TryLock(MountAttempt attempt)
    {
        try
        {
            if (attempt.Options.Lock)
            {
                PagePopulation.Lock(
                    attempt.Handle.Address, attempt.MappedLength, attempt.Options.Protection, attempt.Segment);
            }

            return null;
        }
        catch (ShmException error) when (error.ErrorId == ShmErrorId.LimitReached)
        {
            return error;
        }
    }

    /// <summary>
    /// Where huge pages cannot be moved, attaches them again, in place. What was populated or locked is in memory by
    /// then, and huge pages stay there.
    /// </summary>
    private static nint AttachAgain(MountAttempt attempt)
    {
        var address = attempt.AttachOver();
        if (!Libc.IsError(address))
        {
            // As when it's dismounted: a filter may refuse shmdt, and the attachment would stay.
            var (aside, length) = (attempt.Handle.Address, (nuint)attempt.MappedLength);
            var result = attempt.Source is null ? Libc.shmdt(aside) : Libc.munmap(aside, length);
            if (result < 0 && Libc.munmap(aside, length) < 0)
            {
                throw NativeError.From(
                    nameof(Libc.shmdt), -result, $"detach {attempt.Segment} from 0x{aside:x}, where it was mounted first",
                    attempt.Segment);
            }
        }

        return address;
    }
}
