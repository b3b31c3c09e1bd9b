using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// What Get-ShmQueue and Get-ShmDictionary share: names, patterns and keys, and all where none is given.
/// </summary>
public abstract class GetCollectionCmdlet : ShmCmdlet
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

    /// <summary>What it is, with its article: "a queue".</summary>
    private protected abstract string What { get; }

    /// <summary>Opens one and writes it.</summary>
    private protected abstract void Open(ShmSegment segment);

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var key in Key)
        {
            Attempt(key, () => Open(SysVSegments.FromKey(KeyArgument.Parse(key))));
        }

        if (Name is null)
        {
            // An object made by hand may bind one.
            Attempt(null, () => throw new ShmException(
                ShmErrorId.InvalidName, $"This object has no name, so it isn't {What}.", null));
            return;
        }

        var isAll = ParameterSetName == ParameterSets.Name && !MyInvocation.BoundParameters.ContainsKey(nameof(Name));
        foreach (var name in isAll ? ["*"] : Name)
        {
            Attempt(name, () => Find(name ?? ""));
        }
    }

    /// <summary>What matches a pattern may be anything; what was named must be one.</summary>
    private void Find(string name)
    {
        var isPattern = WildcardPattern.ContainsWildcardCharacters(name);
        foreach (var segment in TargetFinder.FindAll(name, isPattern: true).Select(static target => target.Segment))
        {
            try
            {
                Open(segment);
            }
            catch (ShmException error) when (isPattern && error.ErrorId
                is not (ShmErrorId.LimitReached or ShmErrorId.NativeCallFailed))
            {
                // It's something else.
            }
        }
    }
}
