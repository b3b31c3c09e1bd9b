using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// A mutex that a thread holds, as the thread itself noted it: the bytes in the segment are never asked. The object is
/// used again for the next one. Other threads look for a mapping; that is set last and cleared first.
/// </summary>
internal sealed class HeldLock
{
    private ShmMapping? _mapping;

    /// <summary>The mapping it lies in, which this keeps alive; null for none.</summary>
    public ShmMapping? Mapping
    {
        get => Volatile.Read(ref _mapping);
        set => Volatile.Write(ref _mapping, value);
    }

    /// <summary>Bytes from the start of the mapping.</summary>
    public long Offset { get; set; }

    /// <summary>Where it lies; it stays there, since no mapping with a held lock in it is moved.</summary>
    public nint Address { get; set; }

    /// <summary>What it was when it was locked.</summary>
    public MutexKind Kind { get; set; }

    /// <summary>How often its owner has locked it.</summary>
    public int Depth { get; set; }

    /// <summary>Whether its last owner ended and this one hasn't said that all is well.</summary>
    public bool IsInconsistent { get; set; }

    /// <summary>Whether it can be looked at directly: its memory stays, or the guard stands under it.</summary>
    public bool IsCertain { get; set; }

    /// <summary>What its neighbours' links point to.</summary>
    public nint Place => Address + GlibcMutex.NextOffset;

    /// <summary>The same as the list has it forwards: the lowest bit says that it inherits priority.</summary>
    public nint Marked => Place | (Kind.InheritsPriority ? 1 : 0);
}
