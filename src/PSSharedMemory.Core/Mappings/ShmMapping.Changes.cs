using System;
using System.Linq;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <content>What becomes of a mapping: changes keep all accesses out.</content>
public sealed unsafe partial class ShmMapping
{
    // The size this process last gave the object, if the mapping keeps no descriptor to ask.
    private long _backed = long.MaxValue;

    /// <summary>Keeps all accesses out until the returned object is disposed; lost pages are settled first.</summary>
    /// <exception cref="ShmException">MappingDismounted.</exception>
    internal MappingChange BeginChange()
    {
        Gate.EnterWriteLock();
        try
        {
            ThrowIfDismounted();
            Lost.SettleWithin();
            return new MappingChange(Gate);
        }
        catch
        {
            Gate.ExitWriteLock();
            throw;
        }
    }

    /// <summary>
    /// Bytes of the mapping that the object still backs: all, unless a peer has truncated the object.
    /// </summary>
    internal long BackedLength()
    {
        if (!IsGuarded || Descriptor is null)
        {
            return Math.Min(_backed, Length);
        }

        var result = Libc.statx(Descriptor, Libc.STATX_SIZE, out var data);
        return result < 0
            ? throw NativeError.From(nameof(Libc.statx), -result, $"look at the size of {Segment}", this)
            : Math.Clamp((long)data.stx_size - Offset, 0, Length);
    }

    /// <summary>
    /// Another mapping lies in a part of it now. Without a page that is left, this one has ended. Within a change.
    /// </summary>
    /// <param name="start">The first address of the part, which the addresses were divided at.</param>
    /// <param name="end">The address behind its last.</param>
    internal void BecomeReplaced(nint start, nint end)
    {
        Handle.Ranges.GiveUp(start, end);
        var offset = Math.Max(0, start - Start);
        var length = Math.Min(MappedLength, end - Start) - offset;
        Pages.Change(offset, length, static region => region.Unmapped());
        NoteRanges();
        if (Pages.Single is { State: ShmRegionState.Hole })
        {
            End("another mapping replaced it");
            Handle.Dispose();
        }
    }

    /// <summary>
    /// The kernel has emptied a part of it, for a mapping that then didn't come: an object that has the pages gives
    /// them again. Within a change.
    /// </summary>
    /// <param name="start">The first address of the part.</param>
    /// <param name="length">Its bytes.</param>
    internal void BecomeEmptied(nint start, nint length)
    {
        Pages.Change(start - Start, length, static region => region.WithLoss());
        NotePages(LostPages.NeverSettled);
    }

    /// <summary>The addresses are divided in another way, and the guard counts from 0. Within a change.</summary>
    internal void NoteRanges()
    {
        _entry = Handle.Ranges.OnlyEntry;
        NotePages(Pages.HasLost ? LostPages.NeverSettled : 0);
    }

    /// <summary>Its memory can vanish from now on.</summary>
    internal void BecomeGuarded()
    {
        SetGuarded(true);
        SetReach();
    }

    /// <summary>The object's size, if no descriptor tells. Within a change.</summary>
    internal void SetBacked(long length) => _backed = length;

    /// <summary>The object has another size, and the mapping as well. Within a change.</summary>
    internal void BecomeSized(ShmSegment now, long length)
    {
        Segment = now;
        Length = length;
        SetReach();
    }

    /// <summary>Its address or end has changed. Within a change.</summary>
    /// <param name="address">Where it begins.</param>
    /// <param name="before">Bytes it had, in whole pages.</param>
    /// <param name="after">Bytes it has, in whole pages.</param>
    /// <param name="protection">What the added pages allow.</param>
    internal void BecomeMoved(nint address, long before, long after, ShmProtection protection)
    {
        Handle.Move(address, before, after);
        Start = address;
        Pages.Resize(before, after, protection);
        NoteRanges();
    }

    /// <summary>The page states have changed. Within a change.</summary>
    /// <param name="settledHits">The guard's count that they reflect; -1 makes every access check.</param>
    internal void NotePages(long settledHits)
    {
        // The counts of several ranges are too many to look at behind each access: then every access checks.
        Lost.SettledHits = settledHits;
        _settledHits = Handle.Ranges.Count > 1 && FaultGuard.IsActive ? LostPages.NeverSettled : settledHits;
        NotePages();
    }

    /// <summary>The same if nothing turned out to be lost.</summary>
    internal void NotePages()
    {
        Handle.SetAreas(AreaCount());
        SetReach();
    }

    /// <summary>The runs of like pages; those that another mapping has replaced are its.</summary>
    private int AreaCount() => !Handle.Ranges.HasGivenUp ? Pages.Count : Handle.Ranges.All.Sum(
        range => Pages.Within(range.Start - Start, range.Length).Count());

    private void SetGuarded(bool isGuarded)
    {
        IsGuarded = isGuarded;
        IsCopiedByKernel = isGuarded && !FaultGuard.IsActive;
    }

    private void SetReach()
    {
        var isPlain = _end is null && !IsCopiedByKernel;
        _readable = isPlain && Pages.AllAllow(ShmProtection.Read) ? Length : 0;
        _writable = isPlain && Pages.AllAllow(ShmProtection.Write) ? Length : 0;
        _changeable = Math.Min(_readable, _writable);
    }

    /// <summary>A memfd's descriptor is the segment's own and outlives the mapping. Within a change.</summary>
    private void End(string reason)
    {
        Volatile.Write(ref _end, reason);
        SetReach();
        if (!ReferenceEquals(Descriptor, Segment.Descriptor))
        {
            Descriptor?.Dispose();
        }
    }
}
