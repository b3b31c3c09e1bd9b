using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Opens dictionaries.</summary>
[Cmdlet(VerbsCommon.Get, "ShmDictionary", DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmObjectDictionary))]
public sealed class GetShmDictionaryCommand : GetCollectionCmdlet
{
    [Parameter]
    [ValidateRange(0.0, LongestWait)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [Seconds]
    public double? TimeoutSec { get; set; }

    private protected override string What => "a dictionary";

    private protected override void Open(ShmSegment segment) =>
        WriteObject(new ShmObjectDictionary(segment, isMaker: false, Seconds(TimeoutSec)), enumerateCollection: false);
}
