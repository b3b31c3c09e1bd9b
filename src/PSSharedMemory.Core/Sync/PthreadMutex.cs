using System;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// What the GNU C library keeps in a pthread_mutex_t on 64-bit Linux, as far as it must be known here: to tell a
/// mutex from other bytes before they are handed to a function that trusts them, and to read who holds it. The word
/// and the links are the kernel's own interface (robust futexes), which cannot change.
/// </summary>
internal static unsafe class PthreadMutex
{
    public const int Alignment = 8;

    // __lock, __count, __owner, __nusers, __kind, then the links to the neighbours in the owner's list.
    private const int CountOffset = 4;
    private const int OwnerOffset = 8;
    private const int KindOffset = 16;
    internal const int PreviousOffset = 24;
    internal const int NextOffset = 32;

    private const int TypeBits = 3;
    private const int RecursiveType = 1;
    private const int RobustBit = 16;
    private const int InheritBit = 32;
    private const int CeilingBit = 64;

    // Set in every robust mutex, also in one of which PTHREAD_PROCESS_SHARED was not asked for: the two are the same
    // bytes, and what the library does with them serves several processes.
    private const int SharedBit = 128;

    // What pthread_mutexattr_settype(3) leaves where PTHREAD_MUTEX_NORMAL is asked for by name.
    private const int NoElisionBit = 512;

    // In __owner after its owner ended: the next owner has not said yet that all is well again.
    private const int Inconsistent = int.MaxValue;

    /// <summary>sizeof(pthread_mutex_t).</summary>
    public static int Size { get; } =
        System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? 48 : 40;

    /// <summary>The kernel's id of the calling thread.</summary>
    public static int ThreadId => CurrentThread.Id;

    public static ShmException NotSupported() => new(
        ShmErrorId.PlatformNotSupported, "Mutexes and semaphores are those of the GNU C library, and this host has another one.");

    /// <summary>Whether the bytes are a mutex that processes share and that survives its owner.</summary>
    public static bool IsUsable(nint mutex)
    {
        var kind = *(int*)(mutex + KindOffset);
        return (kind & ~(TypeBits | InheritBit)) == (RobustBit | SharedBit)
            || (kind & ~InheritBit) == (RobustBit | SharedBit | NoElisionBit);
    }

    /// <summary>What the bytes are instead, for a message.</summary>
    public static string WhatElse(nint mutex)
    {
        var kind = *(int*)(mutex + KindOffset);
        const int Known = TypeBits | RobustBit | InheritBit | CeilingBit | SharedBit | NoElisionBit;
        return kind == 0 ? "it was never initialised, or is not shared between processes"
            : (kind & ~Known) != 0 ? "the bytes there aren't a mutex"
            : (kind & SharedBit) == 0 ? "it is not shared between processes (PTHREAD_PROCESS_SHARED)"
            : "it is not robust (PTHREAD_MUTEX_ROBUST): an owner that is killed would block all others for ever";
    }

    public static bool InheritsPriority(nint mutex) => (*(int*)(mutex + KindOffset) & InheritBit) != 0;

    /// <summary>The thread that holds it; 0 for none.</summary>
    public static int HolderOf(nint mutex) => Volatile.Read(ref *(int*)mutex) & Libc.FUTEX_TID_MASK;

    /// <summary>
    /// Whether the thread is linked to it. Its word alone does not tell, for anybody may have written over it: a thread
    /// takes out of its list what it has lost, and until then the memory must stay. One that ends has its locks taken
    /// from it by the kernel.
    /// </summary>
    public static bool IsHeldBy(nint mutex, int threadId)
    {
        if (threadId == ThreadId)
        {
            return RobustLinks.Mine.IsLinked(mutex);
        }

        var word = 0;
        return GuardedCopy.Read(mutex, new Span<byte>(&word, sizeof(int))) < sizeof(int) || (word & Libc.FUTEX_TID_MASK) == threadId
            ? ThreadLife.Exists(threadId)
            : ThreadLife.Runs(threadId);
    }

    /// <summary>Whether one unlocking leaves it locked.</summary>
    public static bool IsNested(nint mutex) =>
        (*(int*)(mutex + KindOffset) & TypeBits) == RecursiveType && *(int*)(mutex + CountOffset) > 1;

    /// <summary>Whether the last owner ended with it and the present one has not said that all is well.</summary>
    public static bool IsInconsistent(nint mutex) => *(int*)(mutex + OwnerOffset) == Inconsistent;

    /// <summary>Makes the next unlocking the last: the mutex is then not recoverable.</summary>
    public static void MarkInconsistent(nint mutex) => *(int*)(mutex + OwnerOffset) = Inconsistent;

    /// <summary>
    /// Takes this thread's id out of the word of a mutex that is not recoverable: pthread_mutex_trylock(3) of glibc
    /// reports that and forgets to, and whoever locks it next would wait for ever instead of hearing the same.
    /// </summary>
    public static void LeaveUnrecoverable(nint mutex)
    {
        ref var word = ref *(int*)mutex;
        if (HolderOf(mutex) == ThreadId && (Interlocked.Exchange(ref word, 0) & Libc.FUTEX_WAITERS) != 0)
        {
            _ = Libc.futex_wake(mutex, int.MaxValue);
        }
    }

    /// <summary>
    /// Lets go of a mutex that this thread got after its owner had ended, and leaves it so for the next: what the
    /// kernel does for a thread that ends, and the C library has no function for. Not for one that inherits priority.
    /// </summary>
    public static void GiveBackAsFound(nint mutex)
    {
        var result = Libc.get_robust_list(out var head);
        if (result < 0)
        {
            throw NativeError.From(nameof(Libc.get_robust_list), -result, "give a mutex back");
        }

        // From here to the end the kernel would finish the work if this thread were killed.
        Volatile.Write(ref head->list_op_pending, mutex + NextOffset);
        var next = *(nint*)(mutex + NextOffset);
        var previous = *(nint*)(mutex + PreviousOffset);
        *(nint*)((next & ~1) - (NextOffset - PreviousOffset)) = previous;
        *(nint*)(previous & ~1) = next;
        *(nint*)(mutex + NextOffset) = 0;
        *(nint*)(mutex + PreviousOffset) = 0;

        ref var word = ref *(int*)mutex;
        int old;
        do
        {
            old = Volatile.Read(ref word);
        }
        while (Interlocked.CompareExchange(ref word, Libc.FUTEX_OWNER_DIED | (old & Libc.FUTEX_WAITERS), old) != old);

        if ((old & Libc.FUTEX_WAITERS) != 0)
        {
            _ = Libc.futex_wake(mutex, 1);
        }

        Volatile.Write(ref head->list_op_pending, 0);
    }

    /// <summary>By itself, since a class with other statics is slower to reach.</summary>
    private static class CurrentThread
    {
        [ThreadStatic]
        private static int t_id;

        public static int Id => t_id != 0 ? t_id : t_id = Libc.gettid();
    }
}
