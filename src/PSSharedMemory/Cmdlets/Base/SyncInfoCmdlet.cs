namespace PSSharedMemory.Commands;

/// <summary>
/// A cmdlet that looks at a mutex or semaphore, given as a handle or by its place, without touching it.
/// </summary>
public abstract class SyncInfoCmdlet : PlaceTargetCmdlet
{
    private protected sealed override ShmProtection Need => ShmProtection.Read;

    /// <summary>Where the handle is that was given; null where it was a place.</summary>
    private protected abstract long? HandleOffset { get; }

    /// <summary>What is there.</summary>
    private protected abstract object Look(ShmMapping mapping, long offset);

    private protected sealed override void Serve(ShmMapping mapping) =>
        WriteRow(Look(mapping, HandleOffset ?? Offset));
}
