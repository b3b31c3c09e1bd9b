using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Makes a dictionary.</summary>
[Cmdlet(VerbsCommon.New, "ShmDictionary", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmObjectDictionary))]
public sealed class NewShmDictionaryCommand : NewCollectionCmdlet
{
    [Parameter]
    [ValidateRange(0.0, LongestWait)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [Seconds]
    public double? TimeoutSec { get; set; }

    private protected override string Noun => "dictionary";

    private protected override long SegmentSize(long capacity) => ShmDictionary.SegmentSize(capacity);

    private protected override object Create(ShmSegment segment) =>
        new ShmObjectDictionary(segment, isMaker: true, Seconds(TimeoutSec));

    private protected override object Open(ShmSegment segment) =>
        new ShmObjectDictionary(segment, isMaker: false, Seconds(TimeoutSec));
}
