namespace PSSharedMemory.Commands;

/// <summary>
/// A cmdlet for a semaphore, given as New-ShmSemaphore gave it or by its place: that of a named one is offset 0 of
/// its object in /dev/shm.
/// </summary>
public abstract class SemaphoreTargetCmdlet : PlaceTargetCmdlet
{
    private protected sealed override ShmProtection Need => ShmProtection.Read | ShmProtection.Write;

    private protected sealed override void Serve(ShmMapping mapping) =>
        Serve(GivenHandle<ShmSemaphore>() ?? new ShmSemaphore(mapping, Offset));

    /// <summary>What -WhatIf calls it: its place, and not the address that it is mounted at for this call.</summary>
    private protected static string Asked(ShmSemaphore semaphore) =>
        $"semaphore at offset {semaphore.Offset} of {semaphore.Segment}";

    /// <summary>Does it to the semaphore.</summary>
    private protected abstract void Serve(ShmSemaphore semaphore);
}
