using System;
using System.Collections.Generic;
using System.Linq;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Makes a range of addresses safe for MREMAP_FIXED, MAP_FIXED or SHM_REMAP: the mappings there are all ours and stay
/// locked until the new one is in place; free parts are reserved, so that nobody else can get in between.
/// </summary>
internal sealed class Replacement : IDisposable
{
    private readonly List<Replaceable> _replaced = [];
    private readonly List<(nint Address, nint Length)> _reserved = [];
    private readonly List<Replaceable> _lenders = [];
    private readonly nint _start;
    private readonly nint _end;
    private bool _isCommitted;

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

    /// <summary>The new mapping is in place: the old ones are gone, including their parts outside the range.</summary>
    public void Commit()
    {
        _isCommitted = true;
        foreach (var held in _replaced)
        {
            held.GiveUpRange(_start, _end);
        }
    }

    public void Dispose()
    {
        if (!_isCommitted)
        {
            foreach (var (address, length) in _reserved)
            {
                _ = Libc.munmap(address, (nuint)length);
            }

            _lenders.ForEach(static held => held.LockAgain());
        }

        foreach (var held in _replaced)
        {
            held.Release();
        }
    }

    private void ReserveGaps()
    {
        // One for each gap; and the parts of the first and last that stick out are split off.
        AreaBudget.Require(_replaced.Count + 3, nameof(Libc.mmap), $"replace what lies at 0x{_start:x}", _start);
        var next = _start;
        foreach (var (from, to) in _replaced.Select(static held => held.Range)
            .OrderBy(static range => range.Start).Append((_end, _end)))
        {
            if (from > next)
            {
                Reserve(next, from - next);
            }

            next = Math.Max(next, to);
        }
    }

    private void Reserve(nint address, nint length)
    {
        const int Flags = Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE | Libc.MAP_FIXED_NOREPLACE;
        var result = Libc.mmap(address, (nuint)length, Libc.PROT_NONE, Flags, -1, 0);
        if (result == -(int)Errno.ENOMEM && address + length > MountErrors.UserSpaceEnd)
        {
            throw NoPlace(address);
        }

        if (Libc.IsError(result))
        {
            throw NativeError.From(
                nameof(Libc.mmap), (int)-result,
                $"replace what lies at 0x{address:x}: it isn't a mapping of this module", null);
        }

        _reserved.Add((address, length));
    }

    private static ShmException NoPlace(nint address) => NativeError.From(
        ShmErrorId.InvalidAddress, nameof(Libc.mmap), (int)Errno.ENOMEM, $"mount at 0x{address:x}",
        "a program cannot have a mapping there",
        "", null);
}
