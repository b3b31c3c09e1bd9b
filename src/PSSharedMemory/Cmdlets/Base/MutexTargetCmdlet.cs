using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>A cmdlet for a mutex, given as New-ShmMutex gave it or by its place.</summary>
public abstract class MutexTargetCmdlet : ShmCmdlet
{
    /// <summary>A live mapping.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ParameterSets.Mapping)]
    public ShmMapping Mapping { get; set; } = null!;

    /// <summary>Bytes from the start of the mapping.</summary>
    [Parameter(Position = 1, ParameterSetName = ParameterSets.Mapping)]
    public long Offset { get; set; }

    /// <summary>A mutex as New-ShmMutex gives it.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ParameterSets.Mutex)]
    public ShmMutex Mutex { get; set; } = null!;

    /// <inheritdoc/>
    protected sealed override void ProcessRecord() =>
        Serve(ParameterSetName == ParameterSets.Mutex ? Mutex : new ShmMutex(Mapping, Offset));

    /// <summary>Does it to the mutex.</summary>
    private protected abstract void Serve(ShmMutex mutex);
}
