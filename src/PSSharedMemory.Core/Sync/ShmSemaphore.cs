using System;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// A sem_t in a mapping, process-shared (sem_overview(7)), which C programs use as well; that of a named semaphore
/// lies at offset 0 of its object in /dev/shm. This object is a handle without state.
/// </summary>
/// <remarks>
/// The kernel does not count a semaphore up for a process that is killed: a mutex survives its owner, a semaphore
/// does not. On a mapping that is guarded the memory is looked at before each use; see <see cref="ShmAtomics"/>.
/// </remarks>
public sealed class ShmSemaphore
{
    // One sleep: short enough for Ctrl+C and for a dismount by another thread.
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMilliseconds(50);

    /// <summary>A handle for the semaphore at an offset; whether one is there is seen when it is used.</summary>
    public ShmSemaphore(ShmMapping mapping, long offset)
    {
        Mapping = mapping;
        Offset = offset;
    }

    /// <summary>Bytes of a sem_t.</summary>
    public static int Size => PosixSemaphore.Size;

    /// <summary>The mapping that it lies in.</summary>
    public ShmMapping Mapping { get; }

    /// <summary>Bytes from the start of the mapping.</summary>
    public long Offset { get; }

    /// <summary>How often it can be entered now without waiting.</summary>
    /// <exception cref="ShmException">As for <see cref="Enter"/>.</exception>
    public int Count
    {
        get
        {
            using var lease = Begin();
            return PosixSemaphore.Count(lease.Address);
        }
    }

    /// <summary>Makes a semaphore of <see cref="Size"/> bytes.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="offset">Bytes from its start; a multiple of 8.</param>
    /// <param name="initialCount">From 0 to 2 147 483 647.</param>
    /// <exception cref="ShmException">
    /// OutOfRange (the count as well), PlatformNotSupported, MappingDismounted, InvalidOffset, PageNotMapped,
    /// PageProtected, SegmentTruncated, NoSpace.
    /// </exception>
    public static ShmSemaphore Create(ShmMapping mapping, long offset, int initialCount)
    {
        CheckPlatform();
        if (initialCount < 0)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange, $"Cannot make a semaphore with the count {initialCount}: it is from 0 to {int.MaxValue}.", mapping);
        }

        using var lease = SyncAccess.Begin(
            mapping, offset, PosixSemaphore.Size, PosixSemaphore.Alignment, ShmProtection.Read | ShmProtection.Write);
        var result = Libc.sem_init(lease.Address, (uint)initialCount);
        return result >= 0 ? new ShmSemaphore(mapping, offset) : throw NativeError.From(
            nameof(Libc.sem_init), -result, $"make a semaphore at offset {offset} of {mapping}", mapping);
    }

    /// <summary>Counts it down; waits while the count is 0.</summary>
    /// <param name="timeout">Null waits without end; 0 tries once.</param>
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
                    ShmErrorId.WaitTimeout, $"Timed out after {timeout!.Value.TotalSeconds:0.###} s waiting for the {this}: its count is 0.", this);
            }
        }
    }

    /// <summary>Counts it up, and wakes one who waits.</summary>
    /// <exception cref="ShmException">LimitReached: the count is at its end; and as for <see cref="Enter"/>.</exception>
    public void Exit()
    {
        using var lease = Begin();
        var result = Libc.sem_post(lease.Address);
        if (result < 0)
        {
            throw NativeError.From(nameof(Libc.sem_post), -result, $"exit the {this}", this);
        }
    }

    /// <summary>"semaphore at 64 of /name at 0x7f…".</summary>
    public override string ToString() => $"semaphore at offset {Offset} of {Mapping}";

    private static void CheckPlatform()
    {
        if (!Libc.IsGnu)
        {
            throw PthreadMutex.NotSupported();
        }
    }

    /// <summary>
    /// Counts it down, or sleeps a little. Not in sem_timedwait(3), which writes to the semaphore when it ends: the
    /// memory could be gone by then.
    /// </summary>
    private bool TryOrSleep(Deadline deadline)
    {
        using var lease = Begin();
        var semaphore = lease.Address;
        var result = Libc.sem_trywait(semaphore);
        if (result >= 0)
        {
            return true;
        }

        if (result != -(int)Errno.EAGAIN)
        {
            throw NativeError.From(nameof(Libc.sem_trywait), -result, $"enter the {this}", this);
        }

        if (deadline.HasPassed)
        {
            return false;
        }

        PosixSemaphore.AddWaiter(semaphore);
        _ = Libc.futex_wait(semaphore, 0, deadline.Slice(LongestSleep));
        if (SyncAccess.IsThere(Mapping, semaphore, Offset, PosixSemaphore.Size))
        {
            PosixSemaphore.RemoveWaiter(semaphore);
        }

        return false;
    }

    /// <summary>A lease of the bytes, which are a semaphore.</summary>
    private MappingLease Begin()
    {
        CheckPlatform();
        var lease = SyncAccess.Begin(
            Mapping, Offset, PosixSemaphore.Size, PosixSemaphore.Alignment, ShmProtection.Read | ShmProtection.Write);
        if (PosixSemaphore.IsUsable(lease.Address))
        {
            return lease;
        }

        lease.Dispose();
        throw new ShmException(
            ShmErrorId.InvalidStructure,
            $"No semaphore at offset {Offset} of {Mapping}: it was never initialised, or is not shared between processes.",
            this);
    }
}
