using System.Runtime.CompilerServices;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// A robust mutex held for a few instructions within one lease. The lease keeps the memory in place, so nothing is
/// recorded or linked. If the thread is killed, the kernel finds the mutex as the one being locked (list_op_pending)
/// and passes it on. Nothing else may be locked meanwhile.
/// </summary>
internal readonly unsafe ref struct QuickHold
{
    private readonly GlibcMutex* _mutex;
    private readonly RobustList _list;

    private QuickHold(GlibcMutex* mutex, RobustList list)
    {
        _mutex = mutex;
        _list = list;
    }

    /// <summary>Whether it was free and is now held.</summary>
    public bool IsHeld => _mutex is not null;

    /// <summary>
    /// Takes a free normal robust mutex. Everything else, such as a dead owner's mutex or foreign bytes, is left to
    /// <see cref="RobustLock"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static QuickHold Try(nint address)
    {
        var mutex = (GlibcMutex*)address;
        if (mutex->Kind != MutexKind.Robust.Bits)
        {
            return default;
        }

        var mine = HeldLocks.Mine;
        mine.List.SetPending((nint)(&mutex->Next));
        if (Interlocked.CompareExchange(ref mutex->Word, mine.ThreadId, 0) != 0)
        {
            mine.List.SetPending(0);
            return default;
        }

        var hold = new QuickHold(mutex, mine.List);
        if (mutex->Owner == GlibcMutex.Unrecoverable)
        {
            hold.Release();
            return default;
        }

        return hold;
    }

    /// <summary>Releases it; what it protects is consistent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Release()
    {
        if ((Interlocked.Exchange(ref _mutex->Word, 0) & Libc.FUTEX_WAITERS) != 0)
        {
            _ = Libc.futex_wake((nint)_mutex, 1);
        }

        _list.SetPending(0);
    }
}
