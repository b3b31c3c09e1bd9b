using System;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>What -Queue takes: a queue of New-ShmQueue or Get-ShmQueue, a segment, or the name of one.</summary>
internal sealed class QueueArgument
{
    /// <summary>Takes a queue, a segment or a name.</summary>
    /// <exception cref="PSInvalidCastException">It isn't one of them; the binder's id stays.</exception>
    public QueueArgument(object input)
    {
        Input = PlainObject.OrBag(input);
        if (Input is ValueType)
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

    /// <summary>The queue, for one call.</summary>
    /// <exception cref="ShmException">
    /// SegmentNotFound, InvalidStructure; and as <see cref="ShmQueue.Open(ShmSegment)"/>.
    /// </exception>
    public Lent<ShmQueue> Open() => Input is ShmQueue live
        ? new(live, IsOpened: false)
        : new(ShmQueue.Open(TargetFinder.Find(Input).Segment), IsOpened: true);

    /// <summary>As given.</summary>
    public override string ToString() => $"{Input}";
}
