using System;
using System.Threading;

namespace PSSharedMemory;

/// <summary>A place of the header that says whose a claim is. Used by who holds the getters' lock.</summary>
internal readonly unsafe struct QueueClaim(nint place)
{
    private const int NamespaceOffset = 4;
    private const int StartOffset = 8;
    private const int PositionOffset = 16;
    private const int LeaseOffset = 24;

    private readonly byte* _place = (byte*)place;

    public int ProcessId => Volatile.Read(ref *(int*)_place);

    public ulong Position => *(ulong*)(_place + PositionOffset);

    public bool IsFree => ProcessId == 0;

    public bool IsMine =>
        ProcessId == Environment.ProcessId && Namespace == ProcessStart.OwnNamespace && Start == ProcessStart.OwnStart;

    /// <summary>
    /// Whether its process has died, or its lease is over. A process of another pid namespace cannot be seen from here:
    /// it counts as alive.
    /// </summary>
    public bool HasEnded =>
        (LeaseEnd != 0 && Environment.TickCount64 >= LeaseEnd)
        || (Namespace == ProcessStart.OwnNamespace && !ProcessStart.IsAlive(ProcessId, Start));

    private uint Namespace => *(uint*)(_place + NamespaceOffset);

    private ulong Start => *(ulong*)(_place + StartOffset);

    private long LeaseEnd => *(long*)(_place + LeaseOffset);

    /// <summary>Whether a process has it, for the record at that position.</summary>
    public bool IsOf(ulong position) => !IsFree && Position == position;

    /// <summary>Says whose it will be; it stays free.</summary>
    public void Fill(ulong position, long leaseEnd)
    {
        *(uint*)(_place + NamespaceOffset) = ProcessStart.OwnNamespace;
        *(ulong*)(_place + StartOffset) = ProcessStart.OwnStart;
        *(ulong*)(_place + PositionOffset) = position;
        *(long*)(_place + LeaseOffset) = leaseEnd;
    }

    public void Commit() => Volatile.Write(ref *(int*)_place, Environment.ProcessId);

    public void Free() => Volatile.Write(ref *(int*)_place, 0);
}
