using System;
using System.Runtime.Intrinsics;
using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// Copies what is larger than the caches past them: a plain store would first read each line of the destination, which
/// costs half as much traffic again. memcpy(3) does so too, but only for lengths that no piece of a long copy has.
/// </summary>
internal static unsafe class StreamingCopy
{
    /// <summary>Smaller copies are better left in the caches.</summary>
    public const long Threshold = 32 << 20;

    /// <summary>Copies bytes that do not overlap.</summary>
    public static void Copy(nint source, nint destination, int length)
    {
        if (!Vector256.IsHardwareAccelerated || length < 4 * Vector256<byte>.Count)
        {
            new ReadOnlySpan<byte>((void*)source, length).CopyTo(new Span<byte>((void*)destination, length));
            return;
        }

        // Such stores need aligned addresses; the bytes before the first and behind the last are stored plainly.
        const int Line = 32;
        const int Step = 4 * Line;
        var from = (byte*)source;
        var to = (byte*)destination;
        var head = (int)(-destination & (Line - 1));
        new ReadOnlySpan<byte>(from, head).CopyTo(new Span<byte>(to, head));
        var done = head;
        for (; done <= length - Step; done += Step)
        {
            var first = Vector256.Load(from + done);
            var second = Vector256.Load(from + done + Line);
            var third = Vector256.Load(from + done + (2 * Line));
            var fourth = Vector256.Load(from + done + (3 * Line));
            first.StoreAlignedNonTemporal(to + done);
            second.StoreAlignedNonTemporal(to + done + Line);
            third.StoreAlignedNonTemporal(to + done + (2 * Line));
            fourth.StoreAlignedNonTemporal(to + done + (3 * Line));
        }

        new ReadOnlySpan<byte>(from + done, length - done).CopyTo(new Span<byte>(to + done, length - done));

        // These stores are not ordered with others: what this thread writes next must not be seen before them.
        Thread.MemoryBarrier();
    }
}
