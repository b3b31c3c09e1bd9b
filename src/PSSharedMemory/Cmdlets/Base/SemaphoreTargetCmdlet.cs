using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// A cmdlet for a semaphore, given as New-ShmSemaphore gave it or by its place: that of a named one is offset 0 of
/// its object in /dev/shm.
/// </summary>
public abstract class SemaphoreTargetCmdlet : MappingTargetCmdlet
{
    /// <summary>A semaphore as New-ShmSemaphore gives it.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ParameterSets.Semaphore)]
    public ShmSemaphore? Semaphore { get; set; }

    /// <summary>Bytes from the start of the mapping.</summary>
    [Parameter(Position = 1, ParameterSetName = ParameterSets.Mapping)]
    [Parameter(ParameterSetName = ParameterSets.Name)]
    [Parameter(ParameterSetName = ParameterSets.Id)]
    [Parameter(ParameterSetName = ParameterSets.Key)]
    [Parameter(ParameterSetName = ParameterSets.Segment)]
    public long Offset { get; set; }

    private protected sealed override ShmProtection Need => ShmProtection.Read | ShmProtection.Write;

    private protected sealed override ShmMapping? MappingOfHandle => Semaphore?.Mapping;

    private protected sealed override void Serve(ShmMapping mapping) =>
        Serve(ParameterSetName == ParameterSets.Semaphore ? Semaphore! : new ShmSemaphore(mapping, Offset));

    /// <summary>Does it to the semaphore.</summary>
    private protected abstract void Serve(ShmSemaphore semaphore);
}
