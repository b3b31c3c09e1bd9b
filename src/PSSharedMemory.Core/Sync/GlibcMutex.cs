using System;
using System.Runtime.InteropServices;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// The fields of a pthread_mutex_t of the GNU C library on 64-bit Linux. The word and the links are the kernel's own
/// interface (robust futexes); the rest is checked against the library once (<see cref="GlibcLayout"/>). Anybody may
/// have written these bytes: nothing read from them is ever used as an address.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = SmallestSize)]
internal struct GlibcMutex
{
    public const int Alignment = 8;

    /// <summary>Bytes from the start to the link by which the kernel knows a mutex.</summary>
    public const int NextOffset = 32;

    /// <summary>
    /// In <see cref="Owner"/>: the last owner died, and the present one hasn't marked it consistent.
    /// </summary>
    public const int Inconsistent = int.MaxValue;

    /// <summary>In <see cref="Owner"/>: abandoned; nobody can take it any more.</summary>
    public const int Unrecoverable = int.MaxValue - 1;

    private const int SmallestSize = 40;

    /// <summary>
    /// Robust or inheriting: the owner's thread id and the kernel's two flags. Plain: 0, 1, or 2 with waiters.
    /// </summary>
    [FieldOffset(0)]
    public int Word;

    /// <summary>How many times it's locked; more than 1 only if recursive.</summary>
    [FieldOffset(4)]
    public int Count;

    /// <summary>The owner's thread id as the library notes it.</summary>
    [FieldOffset(8)]
    public int Owner;

    /// <summary>Threads that use it.</summary>
    [FieldOffset(12)]
    public int Users;

    /// <summary>What kind it is.</summary>
    [FieldOffset(16)]
    public int Kind;

    /// <summary>The link to the newer neighbour in its owner's list.</summary>
    [FieldOffset(24)]
    public nint Previous;

    /// <summary>The link to the older neighbour, which the kernel follows.</summary>
    [FieldOffset(NextOffset)]
    public nint Next;

    /// <summary>sizeof(pthread_mutex_t).</summary>
    public static int Size { get; } = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 48 : SmallestSize;

    /// <summary>The id of the thread that the bytes name as the holder; 0 for none.</summary>
    public static unsafe int HolderOf(GlibcMutex* mutex, MutexKind kind) =>
        HolderOf(Volatile.Read(ref mutex->Word), mutex->Owner, kind);

    /// <summary>The same from the two fields that name it.</summary>
    public static int HolderOf(int word, int owner, MutexKind kind) =>
        kind.HasThreadInWord ? word & Libc.FUTEX_TID_MASK : word == 0 ? 0 : owner;

    /// <summary>Initializes it, unlocked, over whatever was there.</summary>
    public static unsafe void Initialize(GlibcMutex* mutex, MutexKind kind)
    {
        // Nobody can take it before its kind is written.
        Volatile.Write(ref mutex->Kind, 0);
        new Span<byte>(mutex, Size).Clear();
        Volatile.Write(ref mutex->Kind, kind.Bits);
    }
}
