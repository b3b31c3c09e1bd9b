namespace PSSharedMemory;

/// <summary>Exclusive access for one thread that changes a mapping: no access is under way, and none begins.</summary>
internal readonly ref struct MappingChange
{
    private readonly MappingGate _gate;

    /// <param name="gate">Of the mapping, entered for a change.</param>
    public MappingChange(MappingGate gate) => _gate = gate;

    public void Dispose() => _gate.ExitWriteLock();
}
