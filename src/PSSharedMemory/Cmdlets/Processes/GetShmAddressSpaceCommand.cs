using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>The regions of an address space, or what several have in common.</summary>
[Cmdlet(VerbsCommon.Get, "ShmAddressSpace", DefaultParameterSetName = RegionSet)]
[OutputType(typeof(ShmAddressRegion), ParameterSetName = [RegionSet])]
[OutputType(typeof(ShmSharedRange), ParameterSetName = [SideBySideSet])]
public sealed class GetShmAddressSpaceCommand : ShmCmdlet
{
    private const string RegionSet = "Region";
    private const string SideBySideSet = "SideBySide";

    private readonly List<int> _sideBySide = [];

    [Parameter(Position = 0, ValueFromPipeline = true)]
    [Alias("PID", "Id")]
    [ProcessId]
    [ArgumentCompleter(typeof(ProcessIdCompleter))]
    [ValidateRange(1, int.MaxValue)]
    public int[] ProcessId { get; set; } = [Environment.ProcessId];

    [Parameter(ParameterSetName = RegionSet)]
    [Choice(typeof(ShmRegionKind), IsList = true)]
    [ArgumentCompleter(typeof(RegionKindCompleter))]
    public string[]? Kind { get; set; }

    private ShmRegionKind[]? Kinds => ChoiceAttribute.ListOf<ShmRegionKind>(Kind);

    [Parameter(Mandatory = true, ParameterSetName = SideBySideSet,
        HelpMessage = "Shows what several processes have in common.")]
    public SwitchParameter SideBySide { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var id in ProcessId)
        {
            if (!ProcessLife.IsVisible(id))
            {
                WriteError(ErrorRecords.FromMissingProcess(id));
            }
            else if (SideBySide)
            {
                _sideBySide.Add(id);
            }
            else
            {
                Attempt(id, () => WriteRegions(id));
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_sideBySide.Count == 0)
        {
            return;
        }

        // One alone is compared with this process.
        if (_sideBySide.Distinct().Count() == 1)
        {
            _sideBySide.Insert(0, Environment.ProcessId);
        }

        Attempt(_sideBySide, () =>
        {
            foreach (var range in ShmAddressSpace.ReadSideBySide(_sideBySide))
            {
                WriteRow(range);
            }
        });
    }

    private void WriteRegions(int id)
    {
        var kinds = Kinds;
        foreach (var region in ShmAddressSpace.Read(id))
        {
            if (kinds is null || kinds.Contains(region.Kind))
            {
                WriteRow(region);
            }
        }
    }
}
