using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// What the GNU C library keeps in a sem_t on 64-bit Linux, as far as it must be known here: the count in the low
/// half of 64 bits, how many sleep in the high half, and whether processes share it.
/// </summary>
internal static unsafe class PosixSemaphore
{
    public const int Size = 32;
    public const int Alignment = 8;

    private const int SharedOffset = 8;
    private const int Shared = 128;
    private const long OneWaiter = 1L << 32;

    /// <summary>Whether the bytes are a semaphore that processes share.</summary>
    public static bool IsUsable(nint semaphore) => *(int*)(semaphore + SharedOffset) == Shared && Count(semaphore) >= 0;

    public static int Count(nint semaphore) => Volatile.Read(ref *(int*)semaphore);

    /// <summary>Says to those who post that somebody sleeps.</summary>
    public static void AddWaiter(nint semaphore) => Interlocked.Add(ref *(long*)semaphore, OneWaiter);

    public static void RemoveWaiter(nint semaphore) => Interlocked.Add(ref *(long*)semaphore, -OneWaiter);
}
