using System;
using System.Diagnostics.CodeAnalysis;
using System.IO;
using System.Runtime.CompilerServices;

namespace PSSharedMemory;

/// <summary>
/// A queue of messages in a segment: any number of processes put and get, messages have any length up to half the
/// capacity, and order is kept. One store commits each change, so a process killed at any instruction leaves nothing to
/// repair: its message is there in full or not at all.
/// </summary>
/// <remarks>
/// Each side has a robust lock, which the kernel releases when its owner dies. A stopped owner (SIGSTOP) blocks its
/// side until it continues; <see cref="PutLock"/> and <see cref="GetLock"/> tell who it is.
/// </remarks>
[SuppressMessage("Naming", "CA1711", Justification = "It is a queue, though not a collection of this process.")]
public sealed partial class ShmQueue : IDisposable, IShmMapped
{
    private const ShmProtection Change = ShmProtection.Read | ShmProtection.Write;

    // One sleep: bounds the cost of a wake lost to a killed sender, and lets Ctrl+C through.
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMilliseconds(50);

    private readonly CollectionLock _putLock;
    private readonly CollectionLock _getLock;

    // What getters sleep on, and what putters do.
    private readonly CollectionSignal _putSignal;
    private readonly CollectionSignal _getSignal;

    private ShmQueue(ShmMapping mapping)
    {
        Mapping = mapping;
        Capacity = CapacityOf(mapping.Length);
        _putLock = new CollectionLock(mapping, QueueLayout.PutLock, QueueLayout.PutSince);
        _getLock = new CollectionLock(mapping, QueueLayout.GetLock, QueueLayout.GetSince);
        _putSignal = new CollectionSignal(mapping, QueueLayout.PutSequence, QueueLayout.GettersAsleep);
        _getSignal = new CollectionSignal(mapping, QueueLayout.GetSequence, QueueLayout.PuttersAsleep);
    }

    /// <summary>The mapping of the whole segment.</summary>
    internal ShmMapping Mapping { get; }

    ShmMapping IShmMapped.GetMapping() => Mapping;

    /// <summary>The segment.</summary>
    public ShmSegment Segment => Mapping.Segment;

    /// <summary>The name of its segment; null if that has a key.</summary>
    public string? Name => Segment.Name;

    /// <summary>Bytes for messages, including 8 for each.</summary>
    public long Capacity { get; }

    /// <summary>The longest message, in bytes.</summary>
    public long MaxMessageLength => Math.Min((Capacity / 2) - CollectionLayout.RecordHeaderSize, Array.MaxLength);

    private static ReadOnlySpan<int> Locks => [QueueLayout.PutLock, QueueLayout.GetLock];

    /// <summary>Segment size for a queue of that capacity.</summary>
    /// <exception cref="ShmException">InvalidSize.</exception>
    public static long SegmentSize(long capacity) => capacity is >= QueueLayout.MinCapacity and <= long.MaxValue / 2
        ? CollectionLayout.HeaderSize + Alignment.RoundUp(capacity, CollectionLayout.Alignment)
        : throw new ShmException(
            ShmErrorId.InvalidSize, $"A queue cannot have {capacity} bytes. Give {QueueLayout.MinCapacity} or more.",
            capacity);

    /// <summary>Makes the segment a queue if this process made it; otherwise opens the queue that is there.</summary>
    /// <param name="segment">
    /// As <see cref="PosixSegments.Create"/> or <see cref="SysVSegments.Create"/> returned it, of
    /// <see cref="SegmentSize"/> bytes.
    /// </param>
    /// <exception cref="ShmException">
    /// InvalidStructure: something else is there; and as <see cref="ShmMapping.Mount"/>.
    /// </exception>
    public static ShmQueue Create(ShmSegment segment) => Mounted(segment, isMaker: true);

    /// <summary>Makes a queue in a POSIX object of its own.</summary>
    /// <param name="name">"/name", which must not exist.</param>
    /// <param name="capacity">Bytes for messages, 64 or more, including 8 for each.</param>
    /// <param name="mode">The exact mode: a user needs read and write access.</param>
    /// <exception cref="ShmException">As <see cref="PosixSegments.Create"/>.</exception>
    public static ShmQueue Create(string name, long capacity, UnixFileMode mode = ShmCreateOptions.DefaultMode) =>
        CollectionSegment.Make(name, SegmentSize(capacity), mode, Create);

    /// <summary>Opens the queue in the POSIX object of a name.</summary>
    /// <exception cref="ShmException">
    /// SegmentNotFound, InvalidName; and as <see cref="Open(ShmSegment)"/>.
    /// </exception>
    public static ShmQueue Open(string name) => Open(PosixSegments.FromName(name));

    /// <summary>Opens the queue in a segment.</summary>
    /// <exception cref="ShmException">
    /// InvalidStructure: none is there, or its locks are of another C library; and as <see cref="ShmMapping.Mount"/>.
    /// </exception>
    public static ShmQueue Open(ShmSegment segment) => Mounted(segment, isMaker: false);

    /// <summary>Unmounts it; the queue and its contents stay.</summary>
    public void Dispose() => Mapping.Dispose();

    /// <summary>"queue /work".</summary>
    public override string ToString() => $"queue {Segment}";

    private static long CapacityOf(long length) => (length - CollectionLayout.HeaderSize) & -CollectionLayout.Alignment;

    private static ShmQueue Mounted(ShmSegment segment, bool isMaker)
    {
        var mapping = ShmMapping.Mount(segment, new ShmMountOptions { Protection = Change });
        try
        {
            var capacity = (ulong)Math.Max(0, CapacityOf(mapping.Length));
            if (isMaker && segment.IsNew)
            {
                CollectionHeader.Make(mapping, QueueLayout.Magic, capacity, Locks);
            }
            else
            {
                CollectionHeader.Check(mapping, "queue", QueueLayout.Magic, capacity, Locks, finishes: isMaker);
            }

            return new ShmQueue(mapping);
        }
        catch
        {
            mapping.Dispose();
            throw;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private MappingLease Begin(out QueueRing ring)
    {
        var lease = CollectionAccess.Begin(Mapping, CollectionLayout.HeaderSize + Capacity, QueueLayout.Magic);
        ring = new QueueRing(Mapping, lease.Address, Capacity);
        return lease;
    }
}
