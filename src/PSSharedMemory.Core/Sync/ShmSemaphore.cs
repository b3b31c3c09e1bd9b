using System;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// A sem_t in a mapping, process-shared (sem_overview(7)), shared with C programs. A named semaphore lies at offset 0
/// of its object in /dev/shm. This object is a handle without state.
/// </summary>
/// <remarks>
/// The kernel releases nothing when a process is killed inside a semaphore; only a robust mutex survives its owner. The
/// C library is never called on it, since it would trust bytes that a peer can write.
/// </remarks>
public sealed unsafe class ShmSemaphore : IShmMapped
{
    private const ShmProtection Need = ShmProtection.Read | ShmProtection.Write;

    // One sleep: short enough for Ctrl+C and for a dismount by another thread.
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMilliseconds(50);

    /// <summary>A handle for the semaphore at an offset; whether there is one shows on first use.</summary>
    public ShmSemaphore(ShmMapping mapping, long offset)
    {
        Mapping = mapping;
        Offset = offset;
    }

    /// <summary>Bytes of a sem_t.</summary>
    public static int Size => GlibcSemaphore.Size;

    /// <summary>The mapping that it lies in.</summary>
    internal ShmMapping Mapping { get; }

    ShmMapping IShmMapped.GetMapping() => Mapping;

    /// <summary>The segment that it lies in.</summary>
    public ShmSegment Segment => Mapping.Segment;

    /// <summary>Bytes from the start of the mapping.</summary>
    public long Offset { get; }

    /// <summary>How many times it can be entered now without waiting.</summary>
    /// <exception cref="ShmException">As for <see cref="Enter"/>.</exception>
    public int Count
    {
        get
        {
            using var lease = Begin();
            return GlibcSemaphore.CountOf(Volatile.Read(ref ((GlibcSemaphore*)lease.Address)->Data));
        }
    }

    /// <summary>Makes a semaphore of <see cref="Size"/> bytes.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="offset">Bytes from its start; a multiple of 8.</param>
    /// <param name="initialCount">From 0 to 2 147 483 647.</param>
    /// <param name="force">Overwrites an existing semaphore, even one in use.</param>
    /// <exception cref="ShmException">
    /// SegmentInUse (a semaphore is there: nobody can tell who has entered it), OutOfRange (the count as well),
    /// PlatformNotSupported, MappingDismounted, InvalidOffset, PageNotMapped, PageProtected, SegmentTruncated, NoSpace.
    /// </exception>
    public static ShmSemaphore Create(ShmMapping mapping, long offset, int initialCount, bool force = false)
    {
        GlibcLayout.RequireSemaphore();
        if (initialCount < 0)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                $"Cannot make a semaphore with the count {initialCount}: use 0 to {int.MaxValue}.", mapping);
        }

        using var lease = SyncAccess.Begin(mapping, offset, Size, GlibcSemaphore.Alignment, Need);
        var semaphore = (GlibcSemaphore*)lease.Address;
        if (!force && GlibcSemaphore.IsUsable(semaphore))
        {
            var data = Volatile.Read(ref semaphore->Data);
            throw new ShmException(
                ShmErrorId.SegmentInUse,
                $"Cannot make a semaphore at offset {offset} of {mapping.Segment}: one is there (count "
                    + $"{GlibcSemaphore.CountOf(data)}, waiters {GlibcSemaphore.WaitersOf(data)}), and who has entered "
                    + "it cannot be known. Use it, choose another offset, or overwrite it if nobody else uses it.",
                mapping);
        }

        GlibcSemaphore.Initialize(semaphore, initialCount);
        SyncAccess.End(mapping, offset, Size, Need);
        return new ShmSemaphore(mapping, offset);
    }

    /// <summary>Decrements it; waits while it's 0.</summary>
    /// <param name="timeout">Null waits forever; 0 tries once.</param>
    /// <param name="cancellation">Ends the wait within some 50 ms.</param>
    /// <exception cref="ShmException">
    /// WaitTimeout, InvalidStructure (no semaphore, or not one of processes), PlatformNotSupported, MappingDismounted
    /// (also while it waits), OutOfRange, InvalidOffset, PageNotMapped, PageProtected, SegmentTruncated, NoSpace.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Enter(TimeSpan? timeout = null, CancellationToken cancellation = default)
    {
        var deadline = new Deadline(timeout);
        while (!TryOrSleep(deadline))
        {
            cancellation.ThrowIfCancellationRequested();
            if (deadline.HasPassed && !TryOrSleep(deadline))
            {
                throw new ShmException(
                    ShmErrorId.WaitTimeout,
                    $"Timed out after {Deadline.Seconds(timeout!.Value)} waiting for the {this}: its count is 0.",
                    this);
            }
        }
    }

    /// <summary>Increments it and wakes one waiter.</summary>
    /// <exception cref="ShmException">
    /// LimitReached: the count is at its end; and as for <see cref="Enter"/>.
    /// </exception>
    public void Exit()
    {
        using var lease = Begin();
        if (!GlibcSemaphore.TryExit((GlibcSemaphore*)lease.Address))
        {
            throw new ShmException(
                ShmErrorId.LimitReached,
                $"Cannot exit the {this}: its count is as high as it can be (SEM_VALUE_MAX). Somebody must enter it "
                    + "first.",
                this);
        }

        SyncAccess.End(Mapping, Offset, Size, Need);
    }

    /// <summary>"semaphore at 64 of /name at 0x7f…".</summary>
    public override string ToString() => $"semaphore at offset {Offset} of {Mapping.Segment}";

    /// <summary>Decrements it, or sleeps briefly; the memory may be gone afterwards.</summary>
    private bool TryOrSleep(Deadline deadline)
    {
        using var lease = Begin();
        var semaphore = (GlibcSemaphore*)lease.Address;
        if (GlibcSemaphore.TryEnter(semaphore))
        {
            SyncAccess.End(Mapping, Offset, Size, Need);
            return true;
        }

        if (deadline.HasPassed)
        {
            return false;
        }

        _ = Interlocked.Add(ref semaphore->Data, GlibcSemaphore.OneWaiter);
        var until = Libc.timespec.FromTimestamp(deadline.EndOfSlice(LongestSleep));
        _ = Libc.futex_wait_bitset(lease.Address, 0, until);
        if (SyncAccess.IsThere(Mapping, lease.Address, Offset, Size))
        {
            _ = Interlocked.Add(ref semaphore->Data, -GlibcSemaphore.OneWaiter);
        }

        return false;
    }

    /// <summary>A lease of the bytes, once they are known to be a semaphore.</summary>
    private MappingLease Begin()
    {
        GlibcLayout.RequireSemaphore();
        var lease = SyncAccess.Begin(Mapping, Offset, Size, GlibcSemaphore.Alignment, Need);
        if (GlibcSemaphore.IsUsable((GlibcSemaphore*)lease.Address))
        {
            return lease;
        }

        using var ended = lease;
        SyncAccess.End(Mapping, Offset, Size, Need);
        throw new ShmException(
            ShmErrorId.InvalidStructure,
            $"Cannot use the {this}: none was made there, or it isn't shared between processes.",
            this);
    }
}
