using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// What -Dictionary takes: a dictionary of New-ShmDictionary or Get-ShmDictionary, a segment, or the name of one.
/// </summary>
internal sealed class DictionaryArgument
{
    private readonly ShmObjectDictionary? _live;

    /// <summary>Takes a dictionary, a segment or a name.</summary>
    public DictionaryArgument(object input)
    {
        Input = (input as PSObject)?.BaseObject ?? input;
        _live = Input as ShmObjectDictionary;
    }

    /// <summary>What was given.</summary>
    public object Input { get; }

    /// <summary>The dictionary; one that is opened for it belongs to the caller.</summary>
    /// <exception cref="ShmException">
    /// SegmentNotFound, InvalidStructure; and as <see cref="ShmDictionary.Open"/>.
    /// </exception>
    public ShmObjectDictionary Open(out bool isOpened)
    {
        isOpened = _live is null;
        return _live ?? new ShmObjectDictionary(TargetFinder.Find(Input).Segment, isMaker: false);
    }

    /// <summary>As given.</summary>
    public override string ToString() => $"{Input}";
}
