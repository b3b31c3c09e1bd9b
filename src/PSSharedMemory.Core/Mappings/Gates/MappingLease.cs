using System.Runtime.CompilerServices;

namespace PSSharedMemory;

/// <summary>
/// The right to touch a range of a mapping: until it's disposed, nobody unmaps, protects or replaces pages. Held for
/// one copy, or one piece of a long one; never while foreign code runs.
/// </summary>
internal readonly ref struct MappingLease
{
    private readonly MappingGate _gate;
    private readonly ThreadSlot? _slot;

    /// <param name="gate">Of the mapping, entered.</param>
    /// <param name="slot">What entering it gave.</param>
    /// <param name="address">Where the range begins.</param>
    public MappingLease(MappingGate gate, ThreadSlot? slot, nint address)
    {
        _gate = gate;
        _slot = slot;
        Address = address;
    }

    /// <summary>Where the range begins in this process.</summary>
    public nint Address { get; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Dispose() => MappingGate.Exit(_gate, _slot);
}
