using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// A mutex that a thread holds, as the thread itself recorded it: the bytes in the segment aren't consulted. The object
/// is reused for the next one. Other threads search by mapping, which is therefore set last and cleared first.
/// </summary>
internal sealed class HeldLock
{
    private ShmMapping? _mapping;

    /// <summary>The mapping it lies in, which this keeps alive; null if unused.</summary>
    public ShmMapping? Mapping
    {
        get => Volatile.Read(ref _mapping);
        set => Volatile.Write(ref _mapping, value);
    }

    /// <summary>Bytes from the start of the mapping.</summary>
    public long Offset { get; set; }

    /// <summary>Its address, which is stable: a mapping with a held lock in it isn't moved.</summary>
    public nint Address { get; set; }

    /// <summary>What it was when it was locked.</summary>
    public MutexKind Kind { get; set; }

    /// <summary>How many times its owner has locked it.</summary>
    public int Depth { get; set; }

    /// <summary>Whether its last owner died and this one hasn't marked it consistent.</summary>
    public bool IsInconsistent { get; set; }

    /// <summary>
    /// Whether it's a plain robust mutex, locked once and alone, that can be read directly: nearly all are.
    /// </summary>
    public bool IsPlain { get; set; }

    /// <summary>Whether it can be read directly: its memory cannot vanish, or the guard protects the access.</summary>
    public bool IsCertain { get; set; }

    /// <summary>The address that its neighbours' links hold.</summary>
    public nint Place => Address + GlibcMutex.NextOffset;

    /// <summary>The same for forward links, whose lowest bit means priority inheritance.</summary>
    public nint Marked => Place | (Kind.InheritsPriority ? 1 : 0);
}
