using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Opens dictionaries.</summary>
[Cmdlet(VerbsCommon.Get, "ShmDictionary", DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmObjectDictionary))]
public sealed class GetShmDictionaryCommand : ShmCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true,
        ParameterSetName = ParameterSets.Name, HelpMessage = "A name such as /work.")]
    [TextOnly]
    [ArgumentCompleter(typeof(SegmentNameCompleter))]
    [NamePath]
    public string[] Name { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Key,
        HelpMessage = "An integer of 32 bits, such as 0x1234.")]
    [ArgumentCompleter(typeof(SegmentKeyCompleter))]
    [AllowEmptyString]
    public string[] Key { get; set; } = [];

    [Parameter]
    [ValidateRange(0.0, LongestWait)]
    [ArgumentCompleter(typeof(NoCompleter))]
    public double? TimeoutSec { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var key in Key)
        {
            Attempt(key, () => Open(SysVSegments.FromKey(KeyArgument.Parse(key))));
        }

        foreach (var name in Name)
        {
            Attempt(name, () => Open(TargetFinder.ByName(name)));
        }
    }

    private void Open(ShmSegment segment) =>
        WriteObject(new ShmObjectDictionary(segment, isMaker: false, Seconds(TimeoutSec)), enumerateCollection: false);
}
