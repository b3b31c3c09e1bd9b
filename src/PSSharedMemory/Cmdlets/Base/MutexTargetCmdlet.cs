using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>A cmdlet for a mutex, given as New-ShmMutex gave it, or by its place in a segment or mapping.</summary>
public abstract class MutexTargetCmdlet : MappingTargetCmdlet
{
    /// <summary>Bytes from the start of the mapping.</summary>
    [Parameter(Position = 1, ParameterSetName = ParameterSets.Name)]
    [Parameter(Position = 1, ParameterSetName = ParameterSets.Id)]
    [Parameter(Position = 1, ParameterSetName = ParameterSets.Key)]
    [Parameter(Position = 1, ParameterSetName = ParameterSets.Segment)]
    [Parameter(Position = 1, ParameterSetName = ParameterSets.Mapping)]
    [Parameter(ParameterSetName = ParameterSets.Block)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [WholeNumber]
    public long Offset { get; set; }

    private protected override string[] OwnPositions => [nameof(Offset)];

    private protected sealed override ShmProtection Need => ShmProtection.Read | ShmProtection.Write;

    private protected sealed override void Serve(ShmMapping mapping) =>
        Serve(GivenHandle<ShmMutex>() ?? new ShmMutex(mapping, Offset));

    /// <summary>What -WhatIf calls it: its place, and not the address that it is mounted at for this call.</summary>
    private protected static string Asked(ShmMutex mutex) => $"mutex at offset {mutex.Offset} of {mutex.Segment}";

    /// <summary>Does it to the mutex.</summary>
    private protected abstract void Serve(ShmMutex mutex);
}
