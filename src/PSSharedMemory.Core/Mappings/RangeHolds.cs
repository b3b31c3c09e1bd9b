namespace PSSharedMemory;

/// <summary>
/// Knows which threads of this process hold something in a mapping, so that it must stay where it is.
/// </summary>
internal abstract class RangeHolds
{
    /// <summary>
    /// The offset of a held place within a range, and the thread that holds it; null for none. Called while no access
    /// to the mapping is under way, or after it has ended.
    /// </summary>
    public abstract (long Offset, int ThreadId)? Find(ShmMapping mapping, long offset, long length);
}
