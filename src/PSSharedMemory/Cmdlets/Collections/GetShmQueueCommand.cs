using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Finds queues and shows what is in them.</summary>
[Cmdlet(VerbsCommon.Get, "ShmQueue", DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmQueue))]
public sealed class GetShmQueueCommand : ShmCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true,
        ParameterSetName = ParameterSets.Name)]
    [SupportsWildcards]
    [TextOnly]
    [ArgumentCompleter(typeof(SegmentPatternCompleter))]
    [NamePath(IsPattern = true)]
    public string[] Name { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Key,
        HelpMessage = "An integer of 32 bits, such as 0x1234.")]
    [ArgumentCompleter(typeof(SegmentKeyCompleter))]
    [AllowEmptyString]
    public string[] Key { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var key in Key)
        {
            Attempt(key, () => WriteRow(ShmQueue.Open(SysVSegments.FromKey(KeyArgument.Parse(key)))));
        }

        if (Name is null)
        {
            // An object made by hand may bind one.
            Attempt(null, static () => throw new ShmException(
                ShmErrorId.InvalidName, "This object has no name, so it isn't a queue.", null));
            return;
        }

        var isAll = ParameterSetName == ParameterSets.Name && !MyInvocation.BoundParameters.ContainsKey(nameof(Name));
        foreach (var name in isAll ? ["*"] : Name)
        {
            Attempt(name, () => Find(name ?? ""));
        }
    }

    /// <summary>What matches a pattern may be anything; what was named must be a queue.</summary>
    private void Find(string name)
    {
        var isPattern = WildcardPattern.ContainsWildcardCharacters(name);
        foreach (var segment in TargetFinder.FindAll(name, isPattern: true).Select(static target => target.Segment))
        {
            if (!isPattern)
            {
                WriteRow(ShmQueue.Open(segment));
            }
            else if (TryOpen(segment) is { } queue)
            {
                WriteRow(queue);
            }
        }
    }

    private static ShmQueue? TryOpen(ShmSegment segment)
    {
        try
        {
            return segment.Size > ShmQueue.SegmentSize(0x40) - 0x41 ? ShmQueue.Open(segment) : null;
        }
        catch (ShmException error) when (error.ErrorId is not (ShmErrorId.LimitReached or ShmErrorId.NativeCallFailed))
        {
            return null;
        }
    }
}
