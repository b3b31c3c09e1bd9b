using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Waits until a segment is there, gone or unused.</summary>
[Cmdlet(VerbsLifecycle.Wait, "ShmSegment", DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmSegment))]
public sealed class WaitShmSegmentCommand : NamedSegmentsCmdlet
{
    [Parameter]
    public SwitchParameter Gone { get; set; }

    [Parameter]
    public SwitchParameter Unused { get; set; }

    [Parameter]
    [ValidateRange(0.0, LongestWait)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [Seconds]
    public double? TimeoutSec { get; set; }

    private ShmSegmentWait _wait = null!;

    private protected override void Prepare()
    {
        if (Gone && Unused)
        {
            ThrowTerminatingError(ErrorRecords.Conflict("Give -Gone or -Unused, not both."));
        }

        var awaited = Gone ? ShmAwaited.Absence : Unused ? ShmAwaited.Disuse : ShmAwaited.Presence;
        _wait = new ShmSegmentWait(awaited, Seconds(TimeoutSec));
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (IsTargetPiped)
        {
            var piped = InputObject;
            Attempt(piped, () => WaitFor(piped, Look(piped)));
            return;
        }

        foreach (var name in TypedNames)
        {
            Attempt(name, () => WaitFor(name, Look(name, isPattern: true)));
        }

        foreach (var name in LiteralName)
        {
            Attempt(name, () => WaitFor(name, () => [TargetFinder.ByName(name)]));
        }

        foreach (var id in Id)
        {
            Attempt(id, () => WaitFor($"id {id}", () => [SysVSegments.FromId(id)]));
        }

        foreach (var key in Key)
        {
            Attempt(key, () => WaitFor(KeyArgument.Label(key), () => [SysVSegments.FromKey(KeyArgument.Parse(key))]));
        }
    }

    // An object is one certain segment; a name is whichever has it.
    private static Func<IReadOnlyList<ShmSegment>> Look(object? input, bool isPattern = false)
    {
        if (PlainObject.Of(input) is string)
        {
            return () => [.. TargetFinder.FindAll(input, isPattern).Select(static target => target.Segment)];
        }

        var segment = TargetFinder.Find(input).Segment;
        return () => [ShmSegments.Refresh(segment)];
    }

    private void WaitFor(object? subject, Func<IReadOnlyList<ShmSegment>> look)
    {
        foreach (var segment in _wait.For(subject, look, Cancellation))
        {
            WriteRow(segment);
        }
    }
}
