using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Makes a queue.</summary>
[Cmdlet(VerbsCommon.New, "ShmQueue", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmQueue))]
public sealed class NewShmQueueCommand : ShmCmdlet
{
    private const long DefaultCapacity = 1024 * 1024;

    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = ParameterSets.Name, HelpMessage = "A name such as /work.")]
    [AllowEmptyString]
    public string Name { get; set; } = "";

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ParameterSets.Key, HelpMessage = "An integer of 32 bits, such as 0x1234.")]
    public KeyArgument Key { get; set; } = null!;

    [Parameter(Position = 1)]
    public long Capacity { get; set; } = DefaultCapacity;

    [Parameter]
    [ArgumentCompleter(typeof(ModeCompleter))]
    public ModeArgument? Mode { get; set; }

    [Parameter]
    public SwitchParameter AllowExisting { get; set; }

    private object Subject => ParameterSetName == ParameterSets.Key ? $"key {Key}" : Name;

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Subject, () =>
    {
        var options = new ShmCreateOptions
        {
            Size = ShmQueue.SegmentSize(Capacity),
            Mode = Mode?.Value ?? ShmCreateOptions.DefaultMode,
            AllowExisting = AllowExisting,
        };
        if (ShouldProcess($"{Subject}, {ShmDisplay.Size(Capacity)}", "Create queue"))
        {
            WriteObject(CollectionMaker.Make(
                Name, ParameterSetName == ParameterSets.Key ? Key : null, options, ShmQueue.Create, Cancellation));
        }
    });
}
