using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Makes a range of addresses safe for MREMAP_FIXED, MAP_FIXED or SHM_REMAP: the mappings there are all ours and stay
/// locked until the new one is in place; free parts are reserved, so that nobody else can get in between.
/// </summary>
internal sealed class Replacement : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    private readonly List<Replaceable> _replaced = [];
    private readonly List<(nint Address, nint Length)> _reserved = [];
    private readonly List<Replaceable> _lenders = [];
    private readonly nint _start;
    private readonly nint _end;
    private bool _isCommitted;
    private bool _isTried;

    private Replacement(nint start, nint end)
    {
        _start = start;
        _end = end;
    }

    /// <exception cref="ShmException">
    /// AddressInUse: something that is not a mapping of this module lies there; SegmentInUse; InvalidAddress: no
    /// program can have it.
    /// </exception>
    public static Replacement Begin(nint address, long length)
    {
        if (address > nint.MaxValue - length)
        {
            throw NoPlace(address);
        }

        try
        {
            return BeginNow(address, length);
        }
        catch (ShmException error) when (error.ErrorId == ShmErrorId.AddressInUse)
        {
            // A mapping that was dropped is no longer listed once it's collected, but its finalizer gives the addresses
            // back. Finalizers of others may take long.
            Task.Run(GC.WaitForPendingFinalizers).Wait(LongestWait);
            return BeginNow(address, length);
        }
    }

    /// <summary>
    /// Unlocks the memory of what will be replaced, so that the new mapping can lock as much. It's locked again if that
    /// fails.
    /// </summary>
    /// <returns>Whether there was any.</returns>
    public bool LendLocks()
    {
        _lenders.AddRange(_replaced.Where(static held => held.IsLocked));
        _lenders.ForEach(static held => held.Unlock());
        return _lenders.Count > 0;
    }

    /// <summary>
    /// Makes the one call that puts the new mapping in place; where it succeeds, the old ones give way.
    /// </summary>
    /// <param name="call">An address, or minus errno.</param>
    /// <param name="committed">Called as soon as it's there.</param>
    /// <returns>What the call gave.</returns>
    public nint Commit(Func<nint> call, Action committed)
    {
        _isTried = true;
        var address = call();
        if (!Libc.IsError(address))
        {
            _isCommitted = true;
            committed();
            _replaced.ForEach(static held => held.GiveUp());
        }

        return address;
    }

    public void Dispose()
    {
        if (!_isCommitted)
        {
            Undo();
        }

        _replaced.ForEach(static held => held.Release());
    }

    private static Replacement BeginNow(nint address, long length)
    {
        var replacement = new Replacement(address, address + (nint)length);
        try
        {
            // Locks are taken in mounting order, as everywhere.
            foreach (var mapping in LiveMappings.All)
            {
                if (Replaceable.TryHold(mapping, replacement._start, replacement._end) is { } held)
                {
                    replacement._replaced.Add(held);
                }
            }

            replacement.ReserveGaps();
            return replacement;
        }
        catch
        {
            replacement.Dispose();
            throw;
        }
    }

    private void Undo()
    {
        // The kernel unmaps all of the range or nothing. So if anything of it can be reserved now, what cannot be is
        // somebody's who was faster.
        var taken = _reserved.FindAll(gap => _isTried && AddressReservation.TryTake(gap.Address, gap.Length) == 0);
        var wasEmptied = taken.Count > 0;
        foreach (var held in _isTried ? _replaced : [])
        {
            wasEmptied |= held.Recover();
        }

        (wasEmptied ? taken : _reserved).ForEach(static gap => AddressReservation.Give(gap.Address, gap.Length));
        _lenders.ForEach(static held => held.LockAgain());
    }

    private void ReserveGaps()
    {
        // One for each gap; and what is left of the first and last at the ends of the range is split off.
        var parts = _replaced.SelectMany(static held => held.Parts).OrderBy(static part => part.Start).ToArray();
        AreaBudget.Require(parts.Length + 3, nameof(Libc.mmap), $"replace what lies at 0x{_start:x}", _start);
        var next = _start;
        foreach (var (start, length) in parts.Append((_end, 0)))
        {
            if (start > next)
            {
                Reserve(next, start - next);
            }

            next = start + length;
        }
    }

    private void Reserve(nint address, nint length)
    {
        var result = AddressReservation.TryTake(address, length);
        if (result == -(int)Errno.ENOMEM && address + length > MountErrors.UserSpaceEnd)
        {
            throw NoPlace(address);
        }

        if (result < 0)
        {
            var attempted = $"mount at 0x{_start:x}";
            throw result == -(int)Errno.EEXIST
                ? NativeError.From(
                    ShmErrorId.AddressInUse, nameof(Libc.mmap), -result, attempted,
                    $"what lies at 0x{address:x} isn't a mapping of this module", "", null)
                : NativeError.From(nameof(Libc.mmap), -result, attempted, null);
        }

        _reserved.Add((address, length));
    }

    private static ShmException NoPlace(nint address) => NativeError.From(
        ShmErrorId.InvalidAddress, nameof(Libc.mmap), (int)Errno.ENOMEM, $"mount at 0x{address:x}",
        "a program cannot have a mapping there",
        "", null);
}
