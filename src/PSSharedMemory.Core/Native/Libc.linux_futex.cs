using System;
using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>linux/futex.h and the thread's id: calls that the C library has no function for, by syscall(2).</summary>
internal static unsafe partial class Libc
{
    // Without FUTEX_PRIVATE_FLAG: the one who waits and the one who wakes are two processes.
    private const int FUTEX_WAIT = 0;
    private const int FUTEX_WAKE = 1;
    private const int FUTEX_UNLOCK_PI = 7;
    private const int FUTEX_TRYLOCK_PI = 8;
    private const int FUTEX_WAIT_BITSET = 9;
    private const int FUTEX_LOCK_PI2 = 13;
    private const int FUTEX_BITSET_MATCH_ANY = -1;
    private const int FUTEX_REQUEUE = 3;

    /// <summary>In the word of a robust lock: somebody sleeps.</summary>
    public const int FUTEX_WAITERS = unchecked((int)0x80000000);

    /// <summary>In the word of a robust lock: its owner ended and held it.</summary>
    public const int FUTEX_OWNER_DIED = 0x40000000;

    /// <summary>In the word of a robust lock: the id of the thread that holds it.</summary>
    public const int FUTEX_TID_MASK = 0x3fffffff;

    /// <summary>The links by which the kernel finds the locks of a thread that ends (get_robust_list(2)).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct robust_list_head
    {
        public nint list;
        public long futex_offset;
        public nint list_op_pending;
    }

    /// <summary>
    /// Sleeps while the word has the value, and no longer than the time, which no change of the clock stretches.
    /// -EAGAIN, -EINTR and -ETIMEDOUT are for the caller to look again; -EFAULT says that the memory is gone.
    /// </summary>
    public static int futex_wait(nint uaddr, int val, TimeSpan timeout)
    {
        var time = timespec.From(timeout);
        return (int)Fold(syscall(SyscallNumbers.Futex, uaddr, FUTEX_WAIT, val, (nint)(&time), 0, 0));
    }

    /// <summary>
    /// Sleeps while the word has the value, until a time of CLOCK_MONOTONIC. Any end of it means to look again.
    /// </summary>
    public static int futex_wait_bitset(nint uaddr, int val, in timespec until)
    {
        fixed (timespec* time = &until)
        {
            return (int)Fold(syscall(
                SyscallNumbers.Futex, uaddr, FUTEX_WAIT_BITSET, val, (nint)time, 0, FUTEX_BITSET_MATCH_ANY));
        }
    }

    /// <summary>
    /// Takes a lock that inherits priority, or sleeps for it until a time of CLOCK_MONOTONIC; -ENOSYS before Linux
    /// 5.14. (The older FUTEX_LOCK_PI knows only the clock that people set.)
    /// </summary>
    public static int futex_lock_pi2(nint uaddr, in timespec until)
    {
        fixed (timespec* time = &until)
        {
            return (int)Fold(syscall(SyscallNumbers.Futex, uaddr, FUTEX_LOCK_PI2, 0, (nint)time, 0, 0));
        }
    }

    /// <summary>Takes a lock that inherits priority if nobody holds it, also one whose owner ended.</summary>
    public static int futex_trylock_pi(nint uaddr) =>
        (int)Fold(syscall(SyscallNumbers.Futex, uaddr, FUTEX_TRYLOCK_PI, 0, 0, 0, 0));

    /// <summary>Hands a lock that inherits priority to the next who waits.</summary>
    public static int futex_unlock_pi(nint uaddr) =>
        (int)Fold(syscall(SyscallNumbers.Futex, uaddr, FUTEX_UNLOCK_PI, 0, 0, 0, 0));

    /// <summary>Wakes this many sleepers on the word; returns how many there were.</summary>
    public static int futex_wake(nint uaddr, int count) =>
        (int)Fold(syscall(SyscallNumbers.Futex, uaddr, FUTEX_WAKE, count, 0, 0, 0));

    /// <summary>
    /// How many sleep on the word: requeueing them onto the same word counts them and wakes nobody.
    /// </summary>
    public static int futex_waiters(nint uaddr) =>
        (int)Fold(syscall(SyscallNumbers.Futex, uaddr, FUTEX_REQUEUE, 0, int.MaxValue, uaddr, 0));

    /// <summary>The id of the calling thread.</summary>
    public static int gettid() => (int)Fold(syscall(SyscallNumbers.GetTid, 0, 0, 0, 0, 0, 0));

    /// <summary>The calling thread's list of robust locks, which the C library keeps.</summary>
    public static int get_robust_list(out robust_list_head* head)
    {
        robust_list_head* found;
        nuint length;
        var result = (int)Fold(syscall(SyscallNumbers.GetRobustList, 0, (nint)(&found), (nint)(&length), 0, 0, 0));
        head = found;
        return result;
    }

    /// <summary>Tells the kernel the calling thread's list of robust locks.</summary>
    public static int set_robust_list(robust_list_head* head) => (int)Fold(
        syscall(SyscallNumbers.SetRobustList, (nint)head, sizeof(robust_list_head), 0, 0, 0, 0));

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial long syscall(long number, nint a, nint b, nint c, nint d, nint e, nint f);

    private static class SyscallNumbers
    {
        private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

        public static long Futex { get; } = IsArm ? 98 : 202;

        public static long GetTid { get; } = IsArm ? 178 : 186;

        public static long SetRobustList { get; } = IsArm ? 99 : 273;

        public static long GetRobustList { get; } = IsArm ? 100 : 274;
    }
}
