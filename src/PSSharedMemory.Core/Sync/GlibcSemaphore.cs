using System;
using System.Runtime.InteropServices;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// The fields of a sem_t of the GNU C library on 64-bit Linux, and what it does to them. Checked once against the
/// library (<see cref="GlibcLayout"/>).
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct GlibcSemaphore
{
    public const int Size = 32;
    public const int Alignment = 8;

    /// <summary>One sleeper, in <see cref="Data"/>.</summary>
    public const long OneWaiter = 1L << 32;

    private const int SharedMark = 128;

    /// <summary>The count in the low half, the number of sleepers in the high half.</summary>
    [FieldOffset(0)]
    public long Data;

    /// <summary>Whether processes share it.</summary>
    [FieldOffset(8)]
    public int Shared;

    /// <summary>How many times it can be entered now.</summary>
    public static int CountOf(long data) => (int)data;

    /// <summary>How many sleep; a sleeper that was killed still counts.</summary>
    public static int WaitersOf(long data) => (int)(data >> 32);

    /// <summary>Whether the bytes are a process-shared semaphore.</summary>
    public static unsafe bool IsUsable(GlibcSemaphore* semaphore) =>
        Volatile.Read(ref semaphore->Shared) == SharedMark && CountOf(Volatile.Read(ref semaphore->Data)) >= 0;

    /// <summary>Makes it.</summary>
    public static unsafe void Initialize(GlibcSemaphore* semaphore, int count)
    {
        new Span<byte>(semaphore, Size).Clear();
        Volatile.Write(ref semaphore->Data, count);
        Volatile.Write(ref semaphore->Shared, SharedMark);
    }

    /// <summary>Decrements it; false if it's 0.</summary>
    public static unsafe bool TryEnter(GlibcSemaphore* semaphore)
    {
        // No bound: to make this fail twice in a row, a peer must hit the moment between two instructions each time.
        var seen = Volatile.Read(ref semaphore->Data);
        while (CountOf(seen) > 0)
        {
            var found = Interlocked.CompareExchange(ref semaphore->Data, seen - 1, seen);
            if (found == seen)
            {
                return true;
            }

            seen = found;
        }

        return false;
    }

    /// <summary>Increments it and wakes one sleeper; false if it's at its maximum.</summary>
    public static unsafe bool TryExit(GlibcSemaphore* semaphore)
    {
        var seen = Volatile.Read(ref semaphore->Data);
        while (true)
        {
            if (CountOf(seen) == int.MaxValue)
            {
                return false;
            }

            var found = Interlocked.CompareExchange(ref semaphore->Data, seen + 1, seen);
            if (found == seen)
            {
                break;
            }

            seen = found;
        }

        if (WaitersOf(seen) != 0)
        {
            _ = Libc.futex_wake((nint)semaphore, 1);
        }

        return true;
    }
}
