using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>What -Queue takes: a queue of New-ShmQueue or Get-ShmQueue, a segment, or the name of one.</summary>
internal sealed class QueueArgument
{
    private readonly ShmQueue? _live;

    /// <summary>Takes a queue, a segment or a name.</summary>
    /// <exception cref="PSInvalidCastException">It isn't one of them; the binder's id stays.</exception>
    public QueueArgument(object input)
    {
        Input = (input as PSObject)?.BaseObject ?? input;
        _live = Input as ShmQueue;
        if (Input is System.ValueType)
        {
            throw new PSInvalidCastException(
                $"'{Input}' isn't a queue. Give one of New-ShmQueue or its name; one with a System V key is found by "
                    + "Get-ShmQueue -Key.");
        }
    }

    /// <summary>What an argument means.</summary>
    /// <exception cref="PSInvalidCastException">It is no queue's; the binder's id stays.</exception>
    public static QueueArgument Of(object? input) => new(input!);

    /// <summary>What was given.</summary>
    public object Input { get; }

    /// <summary>The queue; one that is opened for it belongs to the caller.</summary>
    /// <exception cref="ShmException">
    /// SegmentNotFound, InvalidStructure; and as <see cref="ShmQueue.Open"/>.
    /// </exception>
    public ShmQueue Open(out bool isOpened)
    {
        isOpened = _live is null;
        return _live ?? ShmQueue.Open(TargetFinder.Find(Input).Segment);
    }

    /// <summary>As given.</summary>
    public override string ToString() => $"{Input}";
}
