using System;
using System.Diagnostics.CodeAnalysis;
using System.IO;
using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// A dictionary in a segment that any number of processes can read and change at once. One store commits each change: a
/// killed writer leaves the old value or the new one. Readers take no lock and never see half a value.
/// </summary>
[SuppressMessage("Naming", "CA1711", Justification = "It is one, and the derived class has the interface.")]
public partial class ShmDictionary : IDisposable, IShmMapped
{
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMilliseconds(50);

    private readonly Action _waiting;
    private readonly CollectionLock _lock;
    private readonly CollectionSignal _signal;

    /// <summary>
    /// Makes the segment a dictionary if this process made it; otherwise opens the dictionary that is there.
    /// </summary>
    /// <param name="segment">Of <see cref="SegmentSize"/> bytes.</param>
    /// <param name="isMaker">Whether it may be made here.</param>
    /// <exception cref="ShmException">InvalidStructure; and as <see cref="ShmMapping.Mount"/>.</exception>
    protected ShmDictionary(ShmSegment segment, bool isMaker)
    {
        Mapping = ShmMapping.Mount(
            segment, new ShmMountOptions { Protection = ShmProtection.Read | ShmProtection.Write });
        try
        {
            Capacity = Math.Max(0, (Mapping.Length - CollectionLayout.HeaderSize) / 2) & -CollectionLayout.Alignment;
            if (isMaker && segment.IsNew)
            {
                CollectionHeader.Make(Mapping, DictionaryLayout.Magic, (ulong)Capacity, [DictionaryLayout.WriteLock]);
            }
            else
            {
                CollectionHeader.Check(
                    Mapping, "dictionary", DictionaryLayout.Magic, (ulong)Capacity, [DictionaryLayout.WriteLock],
                    finishes: isMaker);
            }
        }
        catch
        {
            Mapping.Dispose();
            throw;
        }

        _waiting = OnWaiting;
        _lock = new CollectionLock(Mapping, DictionaryLayout.WriteLock, DictionaryLayout.WriteSince);
        _signal = new CollectionSignal(Mapping, DictionaryLayout.ChangeSequence, DictionaryLayout.WaitersAsleep);
    }

    /// <summary>The mapping of the whole segment.</summary>
    internal ShmMapping Mapping { get; }

    ShmMapping IShmMapped.GetMapping() => Mapping;

    /// <summary>The segment.</summary>
    public ShmSegment Segment => Mapping.Segment;

    /// <summary>Bytes for keys, values and their index.</summary>
    public long Capacity { get; }

    /// <summary>How long a change waits for another to finish; null, the default, waits forever.</summary>
    public TimeSpan? WriteTimeout { get; set; }

    /// <summary>Who is writing right now; null for nobody.</summary>
    public ShmLockHolder? WriteLock => _lock.Holder();

    /// <summary>
    /// Segment size for a dictionary of that capacity: twice as much, since it's compacted by copying.
    /// </summary>
    /// <exception cref="ShmException">InvalidSize.</exception>
    public static long SegmentSize(long capacity) => capacity is >= DictionaryLayout.MinCapacity
        and <= long.MaxValue / 4
        ? CollectionLayout.HeaderSize + (2 * Alignment.RoundUp(capacity, CollectionLayout.Alignment))
        : throw new ShmException(
            ShmErrorId.InvalidSize,
            $"A dictionary cannot have {capacity} bytes. Give {DictionaryLayout.MinCapacity} or more.", capacity);

    /// <summary>Makes the segment a dictionary, or opens the one that is there.</summary>
    /// <exception cref="ShmException">InvalidStructure; and as <see cref="ShmMapping.Mount"/>.</exception>
    public static ShmDictionary Create(ShmSegment segment) => new(segment, isMaker: true);

    /// <summary>Makes a dictionary in a POSIX object of its own.</summary>
    /// <param name="name">"/name", which must not exist.</param>
    /// <param name="capacity">Bytes for keys, values and their index, 256 or more.</param>
    /// <param name="mode">The exact mode: a user needs read and write access.</param>
    /// <exception cref="ShmException">As <see cref="PosixSegments.Create"/>.</exception>
    public static ShmDictionary Create(
        string name, long capacity, UnixFileMode mode = ShmCreateOptions.DefaultMode) =>
        CollectionSegment.Make(name, SegmentSize(capacity), mode, Create);

    /// <summary>Opens the dictionary in the POSIX object of a name.</summary>
    /// <exception cref="ShmException">
    /// SegmentNotFound, InvalidName; and as <see cref="Open(ShmSegment)"/>.
    /// </exception>
    public static ShmDictionary Open(string name) => Open(PosixSegments.FromName(name));

    /// <summary>Opens the dictionary in a segment.</summary>
    /// <exception cref="ShmException">InvalidStructure; and as <see cref="ShmMapping.Mount"/>.</exception>
    public static ShmDictionary Open(ShmSegment segment) => new(segment, isMaker: false);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(isDisposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>"dictionary /state".</summary>
    public override string ToString() => $"dictionary {Segment}";

    /// <summary>Unmounts it; the dictionary and its contents stay.</summary>
    protected virtual void Dispose(bool isDisposing)
    {
        if (isDisposing)
        {
            Mapping.Dispose();
        }
    }

    /// <summary>Waits until a value, or its absence, meets a condition.</summary>
    /// <param name="isMet">Whether it's met; called on this thread after each change of the dictionary.</param>
    /// <param name="timeout">Null waits forever; 0 checks once.</param>
    /// <param name="cancellation">Ends the wait within some 50 ms.</param>
    /// <exception cref="ShmException">WaitTimeout; and what <paramref name="isMet"/> throws.</exception>
    protected void Wait(Func<bool> isMet, TimeSpan? timeout, CancellationToken cancellation)
    {
        var deadline = new Deadline(timeout);
        while (true)
        {
            var seen = _signal.Sequence;
            if (isMet())
            {
                return;
            }

            cancellation.ThrowIfCancellationRequested();
            if (deadline.HasPassed)
            {
                throw new ShmException(
                    ShmErrorId.WaitTimeout,
                    $"Timed out after {Deadline.Seconds(timeout!.Value)} waiting for a change of {this}.", this);
            }

            if (!_signal.Wait(seen, deadline.Slice(LongestSleep), cancellation))
            {
                CollectionAccess.ThrowIfTruncated(Mapping, Size);
            }
        }
    }

    /// <summary>
    /// Called every 50 ms while a change waits for another to finish, on a thread that holds nothing. Throwing ends the
    /// wait.
    /// </summary>
    protected virtual void OnWaiting()
    {
    }

    private long Size => CollectionLayout.HeaderSize + (2 * Capacity);

    private MappingLease Begin() => CollectionAccess.Begin(Mapping, Size, DictionaryLayout.Magic);

    private void ThrowIfLost() => CollectionAccess.ThrowIfLost(Mapping, Size);

    private DictionaryHalf Half(nint segment, ulong root) => new(segment, Capacity, (int)(root & 1));

    private ShmException Damaged(string what)
    {
        ThrowIfLost();
        return new(ShmErrorId.InvalidStructure, $"The dictionary in {Segment} is damaged: {what}.", Segment);
    }
}
