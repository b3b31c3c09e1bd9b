using System;
using System.Runtime.CompilerServices;
using System.Threading;

namespace PSSharedMemory;

/// <content>The links by which the kernel finds the robust ones.</content>
internal sealed unsafe partial class HeldLocks
{
    /// <summary>Unlinks the only one from the kernel's list; its record stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void UnlinkOnly()
    {
        List.SetFirst(List.Back);
        List.SetLast(List.Front);
    }

    /// <summary>Unlinks one from the kernel's list; its record stays.</summary>
    public void Unlink(HeldLock held)
    {
        if (!held.Kind.IsRobust)
        {
            return;
        }

        if (_count == 1)
        {
            UnlinkOnly();
        }
        else
        {
            UnlinkAmong(held);
        }
    }

    /// <summary>
    /// Repairs links of held locks that others have overwritten; locks they took over are dropped. Not within a lease.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Repair()
    {
        if (_count != 0)
        {
            RepairAll();
        }
    }

    /// <summary>The next robust lock that was taken after the one at an index.</summary>
    private HeldLock? NewerRobust(int index)
    {
        for (var i = index + 1; i < _count; i++)
        {
            if (_all[i].Kind.IsRobust)
            {
                return _all[i];
            }
        }

        return null;
    }

    /// <summary>The last robust lock that was taken before the one at an index.</summary>
    private HeldLock? OlderRobust(int index)
    {
        for (var i = index - 1; i >= 0; i--)
        {
            if (_all[i].Kind.IsRobust)
            {
                return _all[i];
            }
        }

        return null;
    }

    private static void WriteLink(HeldLock held, nint address, nint value)
    {
        if (held.IsCertain)
        {
            Volatile.Write(ref *(nint*)address, value);
        }
        else
        {
            _ = GuardedCopy.Write(address, new ReadOnlySpan<byte>(&value, sizeof(nint)));
        }
    }

    /// <summary>The kernel walks the list from the front, so the front changes last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void LinkOnly(GlibcMutex* mutex, nint marked)
    {
        mutex->Next = List.Back;
        mutex->Previous = List.Front;
        List.SetLast((nint)(&mutex->Next));
        List.SetFirst(marked);
    }

    private void Link(int index, GlibcMutex* mutex)
    {
        if (OlderRobust(index) is not { } older)
        {
            LinkOnly(mutex, _all[index].Marked);
            return;
        }

        mutex->Next = older.Marked;
        mutex->Previous = List.Front;
        WriteLink(older, older.Place - sizeof(nint), _all[index].Place);
        List.SetFirst(_all[index].Marked);
    }

    private void UnlinkAmong(HeldLock held)
    {
        var index = Array.IndexOf(_all, held, 0, _count);
        var (newer, older) = (NewerRobust(index), OlderRobust(index));
        if (newer is null)
        {
            List.SetFirst(older?.Marked ?? List.Back);
        }
        else
        {
            WriteLink(newer, newer.Place, older?.Marked ?? List.Back);
        }

        if (older is null)
        {
            List.SetLast(newer?.Place ?? List.Front);
        }
        else
        {
            WriteLink(older, older.Place - sizeof(nint), newer?.Place ?? List.Front);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RepairAll()
    {
        GlibcMutex copy;
        for (var index = _count - 1; index >= 0; index--)
        {
            var held = _all[index];
            if (!TryRead(held, &copy) || !IsMine(held, &copy))
            {
                Lose(held);
            }
            else if (held.Kind.IsRobust)
            {
                RepairLinks(index, &copy);
            }
        }
    }

    private void RepairLinks(int index, GlibcMutex* found)
    {
        var held = _all[index];
        var next = OlderRobust(index)?.Marked ?? List.Back;
        var previous = NewerRobust(index)?.Place ?? List.Front;
        if (found->Next != next)
        {
            WriteLink(held, held.Place, next);
        }

        if (found->Previous != previous)
        {
            WriteLink(held, held.Place - sizeof(nint), previous);
        }
    }

    private void Lose(HeldLock held)
    {
        var mapping = held.Mapping;
        Unlink(held);
        Forget(held);
        mapping?.EndLostHold();
    }
}
