namespace PSSharedMemory;

/// <summary>
/// The right to touch a range of a mapping: while it lasts nobody unmaps, protects or replaces pages. Held for one
/// copy, or one piece of a long one; never while foreign code runs.
/// </summary>
internal readonly ref struct MappingLease
{
    private readonly ShmMapping _mapping;

    public MappingLease(ShmMapping mapping, nint address)
    {
        _mapping = mapping;
        Address = address;
    }

    /// <summary>Where the range begins in this process.</summary>
    public nint Address { get; }

    public void Dispose() => _mapping.EndLease();
}
