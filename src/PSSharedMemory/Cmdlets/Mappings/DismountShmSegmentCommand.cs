using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Detaches mappings, or unmaps a part of one.</summary>
[Cmdlet(VerbsData.Dismount, "ShmSegment", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Mapping)]
public sealed class DismountShmSegmentCommand : ShmCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ParameterSets.Mapping)]
    public ShmMapping[] Mapping { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.All)]
    public SwitchParameter All { get; set; }

    [Parameter(ParameterSetName = ParameterSets.Mapping)]
    public long? Offset { get; set; }

    [Parameter(ParameterSetName = ParameterSets.Mapping)]
    public long? Length { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var mapping in All ? LiveMappings.All : Mapping)
        {
            Attempt(mapping, () => Dismount(mapping));
        }
    }

    private void Dismount(ShmMapping mapping)
    {
        mapping.ThrowIfDismounted();
        if (Offset is null && Length is null)
        {
            if (ShouldProcess($"{mapping}", "Dismount shared memory segment"))
            {
                mapping.Dismount();
            }

            return;
        }

        if (Length <= 0)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange, $"Cannot unmap {Length} bytes of {mapping}: a part has 1 byte or more. Leave -Length out for all to the end.", mapping);
        }

        var what = Length is null ? $"from offset {Offset} to the end" : $"{Length} bytes at offset {Offset ?? 0}";
        if (ShouldProcess($"{mapping}", $"Unmap {what}"))
        {
            mapping.Unmap(Offset ?? 0, Length ?? 0);
        }
    }
}
