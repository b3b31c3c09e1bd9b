using System.Runtime.InteropServices;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>The state of a mutex at one moment.</summary>
public enum ShmMutexState : long
{
    /// <summary>Nobody holds it.</summary>
    Unlocked,

    /// <summary>A thread holds it.</summary>
    Locked,

    /// <summary>
    /// Its last owner died holding it, and nobody has marked it consistent since. Somebody may hold it.
    /// </summary>
    OwnerDied,

    /// <summary>It was abandoned: nobody can lock it any more.</summary>
    NotRecoverable,
}

/// <summary>
/// What the bytes of a pthread_mutex_t said at one moment. Nothing was locked or written to look; others may have
/// changed it since.
/// </summary>
public sealed class ShmMutexInfo
{
    private ShmMutexInfo(ShmMapping mapping, long offset, in GlibcMutex bytes, MutexKind kind)
    {
        var isPlain = !kind.HasThreadInWord;
        Segment = mapping.Segment;
        Offset = offset;
        IsRobust = kind.IsRobust;
        InheritsPriority = kind.InheritsPriority;
        Type = kind.Type.ToString();
        var holder = GlibcMutex.HolderOf(bytes.Word, bytes.Owner, kind);
        State = StateOf(bytes, kind, isPlain ? bytes.Word != 0 : holder != 0);
        HasWaiters = isPlain ? bytes.Word > 1 : (bytes.Word & Libc.FUTEX_WAITERS) != 0;
        Count = kind.Type == MutexType.Recursive ? bytes.Count : holder == 0 ? 0 : 1;
        if (holder > 0)
        {
            var owner = ThreadOwner.Find(holder);
            (OwnerThreadId, OwnerProcessId, OwnerCommand) = (holder, owner?.ProcessId, owner?.Command);
            IsOwnerAlive = owner is not null || ProcessLife.Exists(holder);
        }
    }

    /// <summary>The segment that it lies in.</summary>
    public ShmSegment Segment { get; }

    /// <summary>Bytes from the start of the mapping.</summary>
    public long Offset { get; }

    /// <summary>Whether somebody holds it, and whether it can be locked.</summary>
    public ShmMutexState State { get; }

    /// <summary>Whether the kernel passes it on when its owner dies.</summary>
    public bool IsRobust { get; }

    /// <summary>Whether its owner inherits the priority of its waiters.</summary>
    public bool InheritsPriority { get; }

    /// <summary>Normal, Recursive, ErrorCheck or Adaptive (pthread_mutexattr_settype(3)).</summary>
    public string Type { get; }

    /// <summary>How many times its owner has locked it.</summary>
    public int Count { get; }

    /// <summary>Whether somebody may be waiting for it.</summary>
    public bool HasWaiters { get; }

    /// <summary>
    /// The id (gettid(2)) of the thread that holds it, in that thread's own pid namespace; null if nobody holds it.
    /// </summary>
    public int? OwnerThreadId { get; }

    /// <summary>The process that this thread belongs to; null if it isn't found here.</summary>
    public int? OwnerProcessId { get; }

    /// <summary>The name of that thread; null if it isn't found here.</summary>
    public string? OwnerCommand { get; }

    /// <summary>Whether a thread with that id runs in this pid namespace; null if nobody holds it.</summary>
    public bool? IsOwnerAlive { get; }

    /// <summary>Looks at the mutex at an offset.</summary>
    /// <exception cref="ShmException">
    /// InvalidStructure, PlatformNotSupported, MappingDismounted, OutOfRange, InvalidOffset, PageNotMapped,
    /// PageProtected, SegmentTruncated.
    /// </exception>
    public static ShmMutexInfo Look(ShmMapping mapping, long offset)
    {
        GlibcLayout.Require();
        SyncAccess.CheckAligned(mapping, offset, GlibcMutex.Alignment);
        var bytes = MemoryMarshal.Read<GlibcMutex>(mapping.Reader.ReadBytes(offset, GlibcMutex.Size));
        var kind = new MutexKind(bytes.Kind);
        return kind.IsUsable ? new ShmMutexInfo(mapping, offset, bytes, kind) : throw new ShmException(
            ShmErrorId.InvalidStructure, $"No mutex at offset {offset} of {mapping.Segment}: {MutexKind.WhatElse(bytes)}.",
            mapping);
    }

    /// <summary>"mutex at offset 64 of /name: Locked".</summary>
    public override string ToString() => $"mutex at offset {Offset} of {Segment}: {State}";

    private static ShmMutexState StateOf(in GlibcMutex bytes, MutexKind kind, bool isHeld) =>
        kind.IsRobust && bytes.Owner == GlibcMutex.Unrecoverable ? ShmMutexState.NotRecoverable
        : kind.HasThreadInWord && ((bytes.Word & Libc.FUTEX_OWNER_DIED) != 0 || bytes.Owner == GlibcMutex.Inconsistent)
        ? ShmMutexState.OwnerDied
        : isHeld ? ShmMutexState.Locked
        : ShmMutexState.Unlocked;
}
