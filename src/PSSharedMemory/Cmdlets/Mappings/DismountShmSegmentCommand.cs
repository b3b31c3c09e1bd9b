using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Detaches mappings, or unmaps a part of one.</summary>
[Cmdlet(VerbsData.Dismount, "ShmSegment", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
public sealed class DismountShmSegmentCommand : LiveMappingCmdlet
{
    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.All, HelpMessage = "All mappings of this session.")]
    public SwitchParameter All { get; set; }

    [Parameter(ParameterSetName = ParameterSets.Name)]
    [Parameter(ParameterSetName = ParameterSets.Mapping)]
    [ByteCount]
    [ArgumentCompleter(typeof(NoCompleter))]
    public long? Offset { get; set; }

    [Parameter(ParameterSetName = ParameterSets.Name)]
    [Parameter(ParameterSetName = ParameterSets.Mapping)]
    [ByteCount]
    [ArgumentCompleter(typeof(NoCompleter))]
    public long? Length { get; set; }

    private protected override string[] TargetParameters => [.. base.TargetParameters, nameof(All)];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (!All)
        {
            base.ProcessRecord();
            return;
        }

        foreach (var mapping in LiveMappings.All)
        {
            Attempt(mapping, () => Serve(mapping));
        }
    }

    private protected override void Serve(ShmMapping mapping)
    {
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
                ShmErrorId.OutOfRange,
                $"Cannot unmap {Length} bytes of {mapping}: a part has 1 byte or more. Leave -Length out for all to "
                    + "the end.",
                mapping);
        }

        var what = Length is { } length
            ? $"{Words.Count(length, "byte")} at offset {Offset ?? 0}"
            : $"from offset {Offset} to the end";
        if (ShouldProcess($"{mapping}", $"Unmap {what}"))
        {
            mapping.Unmap(Offset ?? 0, Length ?? 0);
        }
    }
}
