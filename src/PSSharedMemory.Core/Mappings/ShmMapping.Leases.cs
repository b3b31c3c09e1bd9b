using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <content>The right to touch a range: checked before an access; lost pages are looked for after it.</content>
public sealed unsafe partial class ShmMapping
{
    private static readonly bool LoadsAreReordered = RuntimeInformation.ProcessArchitecture != Architecture.X64;

    // How far a common access may go without further checks: 0 while pages differ, where the kernel copies, or after a
    // dismount.
    private long _readable;
    private long _writable;
    private long _changeable;

    // The guard's counter, and the count that the page states reflect.
    private GuardEntry* _entry;
    private long _settledHits;

    /// <summary>The same behind an access.</summary>
    internal bool HasLostBy
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (LoadsAreReordered)
            {
                // Loads may be made in another order there: the count after what it is about.
                Thread.MemoryBarrier();
            }

            return HasLost;
        }
    }

    /// <summary>Whether anything is lost. Within a lease.</summary>
    internal bool HasLost
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Volatile.Read(ref _entry->Hits) != _settledHits;
    }

    /// <summary>The right to touch a range, checked.</summary>
    /// <param name="offset">Bytes from the start of the mapping.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="need">What is going to be done.</param>
    /// <exception cref="ShmException">MappingDismounted, OutOfRange, PageNotMapped, PageProtected.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal MappingLease Lease(long offset, long length, ShmProtection need)
    {
        // The most common case first: an atomic instruction takes no longer than all of this.
        var slot = Gate.Enter();
        return IsPlain(offset, length, need)
            ? new MappingLease(Gate, slot, Start + (nint)offset)
            : CheckedLease(offset, length, need, slot);
    }

    /// <summary>Whether a range can be touched without further checks. Within a lease.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsPlain(long offset, long length, ShmProtection need)
    {
        var reach = need switch
        {
            ShmProtection.Read => _readable,
            ShmProtection.Write => _writable,
            ShmProtection.Read | ShmProtection.Write => _changeable,
            _ => 0,
        };
        return offset >= 0 && length > 0 && offset <= reach - length && !HasLost;
    }

    /// <summary>The slow path of <see cref="Lease"/>, once the gate is entered.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal MappingLease CheckedLease(long offset, long length, ShmProtection need, ThreadSlot? slot)
    {
        if (Lost.IsUnsettled)
        {
            MappingGate.Exit(Gate, slot);
            Lost.Settle();
            slot = Gate.Enter();
        }

        try
        {
            return new MappingLease(Gate, slot, LeasedAddress(offset, length, need));
        }
        catch
        {
            MappingGate.Exit(Gate, slot);
            throw;
        }
    }

    /// <summary>
    /// Ends the lease of an access that cannot have thrown, with the check of
    /// <see cref="ThrowIfLost(long, long, ShmProtection, long)"/>.
    /// </summary>
    /// <exception cref="ShmException">SegmentTruncated, NoSpace, PageNotMapped, PageProtected.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void EndLease(MappingLease lease, long offset, long length, ShmProtection need)
    {
        if (HasLostBy)
        {
            EndLostLease(lease, offset, length, need);
        }
        else
        {
            lease.Dispose();
        }
    }

    /// <summary>The checked address of a range, for callers that already hold a lease of this mapping.</summary>
    /// <exception cref="ShmException">MappingDismounted, OutOfRange, PageNotMapped, PageProtected.</exception>
    internal nint LeasedAddress(long offset, long length, ShmProtection need)
    {
        ThrowIfDismounted();
        CheckRange(offset, length);
        return length != 0 && Pages.FindRefusal(offset, length, need) is { } refusal
            ? throw MappingFaults.Refused(this, refusal, Math.Max(offset, refusal.Offset), need)
            : Start + (nint)offset;
    }

    /// <summary>A lease of a place that the calling thread holds: it exists even after a dismount.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal MappingLease LeaseOfHeld(nint address) => LeaseOfHeld(ThreadSlot.Mine, address);

    /// <summary>The same for callers that know the thread's slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal MappingLease LeaseOfHeld(ThreadSlot mine, nint address) =>
        new(Gate, Gate.Enter(mine), address);

    /// <summary>
    /// The check after an access, within its lease: throws if one of its pages was lost, so that zeros were read and
    /// nobody sees what was written.
    /// </summary>
    /// <param name="offset">Where the access began: bytes from the start of the mapping.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="need">What was done.</param>
    /// <param name="doneBefore">Bytes of a longer access that came before, for the exception.</param>
    /// <exception cref="ShmException">
    /// SegmentTruncated, NoSpace, PageNotMapped, PageProtected; with BytesDone.
    /// </exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void ThrowIfLost(long offset, long length, ShmProtection need, long doneBefore = 0)
    {
        if (HasLostBy)
        {
            Lost.Throw(offset, length, need, doneBefore);
        }
    }

    /// <exception cref="ShmException">OutOfRange.</exception>
    internal void CheckRange(long offset, long length)
    {
        if (offset < 0 || length < 0 || offset > Length - length)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                offset < 0 ? $"Offset {offset} is negative: offsets count from the start of the mapping of {Segment}."
                    : $"{length} bytes at offset {offset} are not within the mapping of {Segment}, which has {Length} "
                        + "bytes.",
                this);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EndLostLease(MappingLease lease, long offset, long length, ShmProtection need)
    {
        using (lease)
        {
            Lost.Throw(offset, length, need, 0);
        }
    }
}
