using System.Runtime.InteropServices;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// The calling thread's own stretch of the list by which the kernel finds the robust locks of a thread that ends
/// (get_robust_list(2)). glibc keeps the list, and other code in this thread may have locks in it. Two anchors in
/// private memory enclose our part, so that code's links never lead into a segment, where a peer could overwrite them;
/// ours are written only from private records.
/// </summary>
internal readonly unsafe struct RobustList
{
    private const int AnchorSize = 48;
    private readonly Libc.robust_list_head* _head;
    private readonly GlibcMutex* _front;
    private readonly GlibcMutex* _back;

    /// <exception cref="ShmException">PlatformNotSupported.</exception>
    public RobustList()
    {
        var result = Libc.get_robust_list(out _head);
        if (result < 0 || _head is null)
        {
            _head = FindByLibrary();
        }

        if (_head->futex_offset != -GlibcMutex.NextOffset)
        {
            throw NotSupported("this thread has no list of robust locks as glibc keeps it (get_robust_list)");
        }

        // Their words stay 0: the kernel passes over them.
        _front = (GlibcMutex*)NativeMemory.AllocZeroed(2 * AnchorSize);
        _back = (GlibcMutex*)((byte*)_front + AnchorSize);
        LinkAnchors();
    }

    /// <summary>What the newest links back to.</summary>
    public nint Front => (nint)(&_front->Next);

    /// <summary>What the oldest links to.</summary>
    public nint Back => (nint)(&_back->Next);

    /// <summary>The newest, or <see cref="Back"/>.</summary>
    public nint First => _front->Next;

    /// <summary>Makes one the newest, or <see cref="Back"/>.</summary>
    public void SetFirst(nint link) => Volatile.Write(ref _front->Next, link);

    /// <summary>Makes one the oldest, or <see cref="Front"/>.</summary>
    public void SetLast(nint link) => _back->Previous = link;

    /// <summary>
    /// The lock being taken or released: if the thread is killed midway, the kernel looks at it too. 0 when done.
    /// </summary>
    public void SetPending(nint link) => Volatile.Write(ref _head->list_op_pending, link);

    /// <summary>Frees the anchors, once the thread is gone and the kernel has been through its list.</summary>
    public void Free() => NativeMemory.Free(_front);

    /// <summary>
    /// Where a filter forbids get_robust_list(2): a mutex that the library has just locked is linked back to the head.
    /// The kernel is told of the list once more, for only a list that it knows hands locks on.
    /// </summary>
    private static Libc.robust_list_head* FindByLibrary()
    {
        // In private memory, with room for the largest.
        const int Room = 128;
        var mutex = (GlibcMutex*)NativeMemory.AllocZeroed(Room);
        try
        {
            var isLocked = Libc.IsGnu
                && Libc.pthread_mutex_init((nint)mutex, isRobust: true, inheritsPriority: false) == 0
                && Libc.pthread_mutex_trylock((nint)mutex) == 0;
            var head = (Libc.robust_list_head*)(isLocked ? mutex->Previous : 0);
            var isHead = head is not null && head->list == (nint)(&mutex->Next);
            if (isLocked)
            {
                _ = Libc.pthread_mutex_unlock((nint)mutex);
            }

            if (!isHead)
            {
                throw NotSupported("this thread's list of robust locks cannot be found (get_robust_list)");
            }

            return Libc.set_robust_list(head) >= 0
                ? head
                : throw NotSupported(
                    "the kernel keeps no lists of robust locks, or a filter forbids them (set_robust_list), so it "
                        + "wouldn't hand on the lock of a thread that is killed");
        }
        finally
        {
            NativeMemory.Free(mutex);
        }
    }

    private static ShmException NotSupported(string why) =>
        new(ShmErrorId.PlatformNotSupported, $"Cannot use mutexes: {why}. Semaphores need no such list.");

    private void LinkAnchors()
    {
        var first = _head->list;
        _back->Next = first;
        _back->Previous = Front;
        _front->Next = Back;
        _front->Previous = (nint)_head;
        *(nint*)((first & ~1) - sizeof(nint)) = Back;
        Volatile.Write(ref _head->list, Front);
    }
}
