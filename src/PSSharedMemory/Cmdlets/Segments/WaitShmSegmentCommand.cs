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
    public double? TimeoutSec { get; set; }

    // Without a lease, each look at who holds a segment is a pass over all processes.
    private static readonly TimeSpan PauseBetweenPasses = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);

    private Deadline _deadline;

    private protected override void Prepare()
    {
        if (Gone && Unused)
        {
            ThrowTerminatingError(ErrorRecords.Conflict("Give -Gone or -Unused, not both."));
        }

        _deadline = new Deadline(Seconds(TimeoutSec));
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

        foreach (var name in Name ?? [])
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
        if (((input as PSObject)?.BaseObject ?? input) is string)
        {
            return () => [.. TargetFinder.FindAll(input, isPattern).Select(static target => target.Segment)];
        }

        var segment = TargetFinder.Find(input).Segment;
        return () => [ShmSegments.Refresh(segment)];
    }

    private void WaitFor(object? subject, Func<IReadOnlyList<ShmSegment>> look)
    {
        var pause = TimeSpan.FromMilliseconds(1);
        var wasThere = false;
        while (true)
        {
            var found = Found(look);
            var isPass = false;
            if (Unused && wasThere && found.Count == 0)
            {
                throw new ShmException(
                    ShmErrorId.SegmentNotFound, $"Stopped waiting until {subject} is unused: it is gone.", subject);
            }

            wasThere |= found.Count > 0;
            if (Gone
                ? found.Count == 0
                : found.Count > 0 && (!Unused || found.All(segment => IsUnused(segment, out isPass))))
            {
                foreach (var segment in found)
                {
                    WriteRow(segment);
                }

                return;
            }

            if (_deadline.HasPassed)
            {
                throw new ShmException(
                    ShmErrorId.WaitTimeout,
                    $"Timed out after {TimeoutSec} s waiting {Purpose(subject, found.Count)}.",
                    subject);
            }

            Cancellation.WaitHandle.WaitOne(_deadline.Slice(isPass ? PauseBetweenPasses : pause));
            Cancellation.ThrowIfCancellationRequested();
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private string Purpose(object? subject, int count) => Gone ? $"until {subject} is gone"
        : !Unused ? $"for {subject}"
        : count == 0 ? $"until {subject} is unused: it is not there" : $"until {subject} is unused";

    private static IReadOnlyList<ShmSegment> Found(Func<IReadOnlyList<ShmSegment>> look)
    {
        try
        {
            return look();
        }
        catch (ShmException error) when (error.ErrorId is ShmErrorId.SegmentNotFound or ShmErrorId.IdentityChanged)
        {
            // Not there, or another has its place: that is the answer.
            return [];
        }
    }

    // The kernel's own count or its lease tells at once; where neither may be asked, all processes are looked at.
    private bool IsUnused(ShmSegment segment, out bool isPass)
    {
        isPass = false;
        if (segment.Kind == ShmKind.SysV)
        {
            return segment.AttachCount == 0;
        }

        if (Held(segment) is { } isHeld)
        {
            return !isHeld;
        }

        isPass = true;
        return ShmStats.Read([segment], cancellation: Cancellation) is [{ Verdict: ShmVerdict.Unattached }];
    }

    private static bool? Held(ShmSegment segment)
    {
        try
        {
            return segment.Kind == ShmKind.Posix ? PosixLease.IsHeld(segment) : null;
        }
        catch (ShmException error) when (error.ErrorId is ShmErrorId.SegmentNotFound or ShmErrorId.IdentityChanged)
        {
            // The next look says that it is gone.
            return true;
        }
    }
}
