using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>A cmdlet for what lies at one place of a mapping: a value, a mutex, a semaphore.</summary>
public abstract class PlaceTargetCmdlet : MappingTargetCmdlet
{
    /// <summary>Bytes from the start of the mapping.</summary>
    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [WholeNumber]
    public long Offset { get; set; }

    private protected sealed override string[] OwnPositions => [nameof(Offset)];
}
