using System;
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

    /// <summary>Another mapping has replaced it. Within a change.</summary>
    internal void BecomeReplaced() => End("another mapping replaced it");

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
        Handle.Move(address, (nuint)after);
        Start = address;
        _entry = Handle.Entry;
        Pages.Resize(before, after, protection);
        NotePages(0);
    }

    /// <summary>The page states have changed. Within a change.</summary>
    /// <param name="settledHits">The guard's count that they reflect; -1 makes every access check.</param>
    internal void NotePages(long settledHits)
    {
        _settledHits = settledHits;
        NotePages();
    }

    /// <summary>The same if nothing turned out to be lost.</summary>
    internal void NotePages()
    {
        Handle.SetAreas(Pages.Count);
        SetReach();
    }

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
