namespace PSSharedMemory;

/// <summary>Knows which threads of this process hold something in a mapping that must stay where it is.</summary>
internal abstract class RangeHolds
{
    /// <summary>
    /// The offset of a place within a range that is held, and the thread that holds it; null for none. Called while no
    /// access to the mapping is under way, or when it has ended.
    /// </summary>
    public abstract (long Offset, int ThreadId)? Find(ShmMapping mapping, long offset, long length);
}
