using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Pages that were taken away while the mapping was in use: noticed, told, and mapped again.</summary>
public sealed unsafe partial class ShmMapping
{
    private const long NeverSettled = -1;

    private static readonly bool LoadsAreReordered = RuntimeInformation.ProcessArchitecture != Architecture.X64;

    // Where the guard counts, and the count that the page states know of: none while pages are lost, so that every access looks.
    private GuardEntry* _entry = FaultGuard.Nothing;
    private long _settledHits;
    private GuardLoss _howLost;

    /// <summary>Whether the kernel has to copy what is read and written, since no guard stands here.</summary>
    internal bool IsCopiedByKernel => IsGuarded && !FaultGuard.IsActive;

    /// <summary>Whether anything was lost that the page states do not know of, or know of. Within a lease.</summary>
    internal bool HasUnsettled => Volatile.Read(ref _entry->Hits) != _settledHits;

    /// <summary>What stands between this memory and the end of the process, in words.</summary>
    internal static string DescribeGuard(ShmMapping mapping) => !mapping.IsGuarded ? "nobody can take its pages away"
        : FaultGuard.IsActive ? "guarded"
        : $"copied by the kernel, without the guard: {FaultGuard.WhyNot}";

    /// <summary>The signal for which somebody has put a handler before the guard's; told once, else null.</summary>
    internal static string? FindHandlerBeforeGuard() => FaultGuard.FindHandlerBefore();

    private bool IsUnsettled => _end is null && (Volatile.Read(ref _entry->Hits) != _settledHits || _pages.HasLost);

    /// <summary>
    /// The look after an access, within its lease: throws if a page of it was lost, so that what was read there are
    /// zeros and what was written reached nobody.
    /// </summary>
    /// <param name="offset">Where the access began: bytes from the start of the mapping.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="need">What was done.</param>
    /// <param name="doneBefore">Bytes of a longer access that came before, for the exception.</param>
    /// <exception cref="ShmException">SegmentTruncated, NoSpace, PageNotMapped, PageProtected; with BytesDone.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void ThrowIfLost(long offset, long length, ShmProtection need, long doneBefore = 0)
    {
        if (LoadsAreReordered)
        {
            // Loads may be made in another order there: the count after what it is about.
            Thread.MemoryBarrier();
        }

        if (Volatile.Read(ref _entry->Hits) != _settledHits)
        {
            ThrowLost(offset, length, need, doneBefore);
        }
    }

    /// <summary>Whether a page of the range is lost. Within a lease.</summary>
    internal bool IsLost(long offset, long length) => HasUnsettled && FirstLost(offset, length) is not null;

    /// <summary>
    /// Before a thread takes leases of two mappings: what is lost is looked at and mapped again while it has none.
    /// </summary>
    internal void SettleFirst()
    {
        if (IsUnsettled)
        {
            Settle();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ThrowLost(long offset, long length, ShmProtection need, long doneBefore)
    {
        if (FirstLost(offset, length) is { } lost)
        {
            throw ExplainLoss(Math.Max(lost, offset), offset, doneBefore, need, HowLost() | _howLost);
        }
    }

    /// <summary>Brings the page states up to date with what the guard has noted, and maps again what the object has.</summary>
    private void Settle()
    {
        if (MappingGate.IsWithinAny)
        {
            // A change waits for accesses; a thread that is within one itself would wait for ever, or have others do so.
            return;
        }

        _lock.EnterWriteLock();
        try
        {
            SettleWithin();
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    /// <summary>The same within a change.</summary>
    private void SettleWithin()
    {
        if (!IsUnsettled)
        {
            return;
        }

        _settledHits = Volatile.Read(ref _entry->Hits);
        _howLost |= (GuardLoss)Interlocked.Exchange(ref _entry->HowLost, 0);
        MarkLost(_pages, take: true);
        if (_howLost.HasFlag(GuardLoss.Whole))
        {
            CloseHoles();
            _howLost &= ~GuardLoss.Whole;
        }

        MapAgain();
        if (_pages.HasLost)
        {
            _settledHits = NeverSettled;
        }
        else
        {
            _howLost = GuardLoss.None;
            _handle.RestoreAreas();
        }

        _handle.SetAreas(_pages.Count);
    }

    /// <summary>Lost pages that the object has are mapped once more.</summary>
    private void MapAgain()
    {
        if (!_pages.HasLost || _descriptor is null)
        {
            return;
        }

        var backed = RoundUp(BackedLength(), PageSize);
        using var reader = Protection.HasFlag(ShmProtection.Write) && !IsCopyOnWrite ? null : MemFdSegments.TryReopenForReading(_descriptor);
        foreach (var lost in _pages.ToArray())
        {
            var length = Math.Min(lost.Offset + lost.Length, backed) - lost.Offset;
            if (lost.State != ShmRegionState.Lost || length <= 0)
            {
                continue;
            }

            var flags = Libc.MAP_FIXED | Libc.MAP_NORESERVE | (IsCopyOnWrite ? Libc.MAP_PRIVATE : Libc.MAP_SHARED);
            var address = Libc.mmap(
                Address + (nint)lost.Offset, (nuint)length, (int)lost.Protection, flags, reader ?? _descriptor, Offset + lost.Offset);
            if (Libc.IsError(address))
            {
                continue;
            }

            _pages.Change(lost.Offset, length, static region => region with { State = ShmRegionState.Mapped, Advice = 0 });
            if (_isLocked)
            {
                _ = Libc.mlock2(address, (nuint)length, Libc.MLOCK_ONFAULT);
            }
        }

        // One that began before may put zeros over a page again, and has counted that by then.
        FaultGuard.WaitForHandlers();
    }

    /// <summary>Where all of the range became zeros, the holes did too.</summary>
    private void CloseHoles()
    {
        foreach (var region in _pages.ToArray())
        {
            if (region.State == ShmRegionState.Hole)
            {
                _ = Libc.mprotect(Address + (nint)region.Offset, (nuint)region.Length, Libc.PROT_NONE);
            }
        }
    }

    /// <summary>The page states with what has been noted since.</summary>
    private PageStates ShownPages()
    {
        if (_end is not null || Volatile.Read(ref _entry->Hits) == _settledHits)
        {
            return _pages;
        }

        var shown = _pages.Copy();
        MarkLost(shown, take: false);
        return shown;
    }

    private GuardLoss HowLost() => (GuardLoss)Volatile.Read(ref _entry->HowLost);

    /// <summary>The first offset within the range that is lost, noted or not.</summary>
    private long? FirstLost(long offset, long length)
    {
        if (HowLost().HasFlag(GuardLoss.Whole))
        {
            return offset;
        }

        var lost = _pages.FindLost(offset, length)?.Offset;
        for (var page = offset / PageSize; page * PageSize < offset + length; page++)
        {
            var rest = Volatile.Read(ref _entry->Lost[page / 64]) >> (int)(page % 64);
            if (rest == 0)
            {
                page |= 63;
                continue;
            }

            page += BitOperations.TrailingZeroCount(rest);
            return page * PageSize < offset + length ? Math.Min(lost ?? long.MaxValue, page * PageSize) : lost;
        }

        return lost;
    }

    /// <summary>Marks what the guard has noted; takes the notes, or leaves them.</summary>
    private void MarkLost(PageStates pages, bool take)
    {
        if ((HowLost() | _howLost).HasFlag(GuardLoss.Whole))
        {
            Mark(pages, 0, MappedLength);
        }

        var count = MappedLength / PageSize;
        long first = -1;
        for (long word = 0; word * 64 < count; word++)
        {
            if (Volatile.Read(ref _entry->Lost[word]) == 0)
            {
                Flush(word * 64);
                continue;
            }

            var bits = take ? Interlocked.Exchange(ref _entry->Lost[word], 0) : Volatile.Read(ref _entry->Lost[word]);
            for (var bit = 0; bit < 64; bit++)
            {
                if ((bits >> bit & 1) == 0)
                {
                    Flush((word * 64) + bit);
                }
                else if (first < 0)
                {
                    first = (word * 64) + bit;
                }
            }
        }

        Flush(count);

        void Flush(long end)
        {
            if (first >= 0)
            {
                Mark(pages, first * PageSize, (end - first) * PageSize);
                first = -1;
            }
        }
    }

    private static void Mark(PageStates pages, long offset, long length) => pages.Change(
        offset, length, static region => region.State == ShmRegionState.Hole ? region : region with { State = ShmRegionState.Lost });
}
