using System;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Tells what is made, opened, resized and removed, and by whom, while it happens.</summary>
[Cmdlet(VerbsCommon.Watch, "ShmEvent")]
[OutputType(typeof(ShmEvent))]
public sealed class WatchShmEventCommand : ShmCmdlet
{
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SegmentPatternCompleter))]
    [NamePath(IsPattern = true)]
    public string[]? Name { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    [Choice(typeof(ShmEventKind), IsList = true)]
    [ArgumentCompleter(typeof(EventCompleter))]
    public string[]? Event { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    [Choice(typeof(ShmKind), IsList = true)]
    [ArgumentCompleter(typeof(KindCompleter))]
    public string[]? Kind { get; set; }

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [WholeNumber]
    public int Count { get; set; } = int.MaxValue;

    [Parameter]
    [ValidateRange(0.0, LongestWait)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [Seconds]
    public double? TimeoutSec { get; set; }

    [Parameter]
    [ValidateRange(0.01, 3600)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [Seconds]
    public double IntervalSec { get; set; } = 0.2;

    private WildcardPattern[]? _patterns;

    /// <inheritdoc/>
    protected override void EndProcessing() => Attempt(null, () =>
    {
        _patterns = Name is null ? null : Array.ConvertAll(Name, TargetFinder.NamePattern);
        var kinds = ChoiceAttribute.ListOf<ShmKind>(Kind);
        var sysV = kinds?.Contains(ShmKind.SysV) ?? (Name is null && SysVSegments.IsSupported);
        using var watch = new ShmEventWatch(
            kinds?.Contains(ShmKind.Posix) ?? true, sysV, TimeSpan.FromSeconds(IntervalSec));
        WriteVerbose(watch.PosixSource switch
        {
            ShmEventSource.Fanotify => "POSIX objects are watched by fanotify, which shows who did it.",
            ShmEventSource.Inotify => "POSIX objects are watched by inotify; only root sees who did it.",
            ShmEventSource.Polling => $"POSIX objects are listed every {IntervalSec} s: no watch is left to this user.",
            _ => "POSIX objects are not watched.",
        });
        WriteVerbose(watch.SysVSource switch
        {
            ShmEventSource.Tracepoint => "System V segments are watched by tracepoints, which show who did it.",
            ShmEventSource.Polling => $"System V segments are listed every {IntervalSec} s.",
            _ => "System V segments are not watched.",
        });
        Tell(watch);
    });

    private void Tell(ShmEventWatch watch)
    {
        var told = 0;
        foreach (var one in watch.Events(Seconds(TimeoutSec), Cancellation).Where(IsWanted))
        {
            WriteRow(one);
            if (++told == Count)
            {
                return;
            }
        }
    }

    // That events are lost concerns whoever waits for any.
    private bool IsWanted(ShmEvent one) => one.Kind == ShmEventKind.Overflow
        || ((Event is null || Event.Contains($"{one.Kind}"))
            && (_patterns is null || one.Segment?.Kind == ShmKind.SysV
                || Array.Exists(_patterns, pattern => pattern.IsMatch(one.Segment?.Name ?? one.Label))));
}
