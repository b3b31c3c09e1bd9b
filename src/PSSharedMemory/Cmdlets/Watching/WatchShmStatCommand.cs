using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Management.Automation;
using System.Threading.Tasks;

namespace PSSharedMemory.Commands;

/// <summary>A live view of all segments on a terminal; samples as objects elsewhere.</summary>
[Cmdlet(VerbsCommon.Watch, "ShmStat")]
[OutputType(typeof(ShmStatSample))]
public sealed class WatchShmStatCommand : PipedNamespaceCmdlet
{
    // Ctrl+C and keys are heard within this time.
    private const int PatienceMilliseconds = 50;

    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SegmentPatternCompleter))]
    [NamePath(IsPattern = true)]
    public string[]? Name { get; set; }

    [Parameter]
    [SupportsWildcards]
    [OwnerPattern]
    [ArgumentCompleter(typeof(OwnerCompleter))]
    public string[]? Owner { get; set; }

    [Parameter]
    [Choice(typeof(ShmKind), IsList = true)]
    [ArgumentCompleter(typeof(KindCompleter))]
    public string[]? Kind { get; set; }

    private ShmKind[]? Kinds => ChoiceAttribute.ListOf<ShmKind>(Kind);

    [Parameter]
    [ValidateRange(0.1, 86400)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [Seconds]
    public double IntervalSec { get; set; } = 2;

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [WholeNumber]
    public int Count { get; set; } = int.MaxValue;

    [Parameter]
    [Choice(typeof(ShmStatSort))]
    [ArgumentCompleter(typeof(StatSortCompleter))]
    public string Sort { get; set; } = nameof(ShmStatSort.Used);

    [Parameter]
    [Age]
    [ArgumentCompleter(typeof(AgeCompleter))]
    public TimeSpan OlderThan { get; set; } = TimeSpan.FromHours(1);

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private WildcardPattern[]? _patterns;
    private IReadOnlyList<ShmNamespace> _places = [];

    // Where another command, a job or another host takes what is written, nobody looks at a view, even if the process
    // has a terminal.
    private bool HasNoViewer => PassThru || MyInvocation.PipelinePosition < MyInvocation.PipelineLength
        || Host.Name is "Default Host" or "ServerRemoteHost";

    /// <inheritdoc/>
    protected override void EndProcessing() => Attempt(null, () =>
    {
        if (Scope is { IsEverywhere: true })
        {
            NamespaceBlindness.Tell(Scope.Map, WriteWarning);
        }
        else if (IsNowhere)
        {
            return;
        }

        // What may not be entered is an error once, and not at each look.
        _places = Scope is null or { IsEverywhere: true }
            ? []
            : [.. Scope.Places.Where(place => Attempt(place, () => ShmNamespaces.Segments(place)))];
        if (Scope is { IsEverywhere: false } && _places.Count == 0)
        {
            return;
        }

        if (Scope is null)
        {
            TellFailures(ShmListing.Read(Kinds).Failures);
        }

        _patterns = Name is null ? null : Array.ConvertAll(Name, TargetFinder.NamePattern);
        var sampler = new StatSampler(List, OlderThan);
        using var terminal = HasNoViewer ? null : LiveTerminal.TryOpen();
        if (terminal is null)
        {
            WriteSamples(sampler);
        }
        else
        {
            Show(terminal, sampler);
        }
    });

    private ShmSegment[] List() => [.. ListPlaces().Where(segment =>
        SegmentFilter.IsOf(segment, Owner, Kinds)
        && (_patterns is null || Array.Exists(_patterns, pattern => pattern.IsMatch(segment.Name ?? segment.Label))))];

    // Everywhere is where there is something at that time: containers come and go. A place that was named and has ended
    // is an error.
    private IEnumerable<ShmSegment> ListPlaces() => Scope is null ? ShmListing.Read(Kinds).Segments
        : Scope.IsEverywhere ? NamespaceMap.Read().All.SelectMany(ListIfThere)
        : _places.SelectMany(ShmNamespaces.Segments);

    private static IReadOnlyList<ShmSegment> ListIfThere(ShmNamespace place)
    {
        try
        {
            return ShmNamespaces.Segments(place);
        }
        catch (ShmException error) when (error.ErrorId is ShmErrorId.SegmentNotFound or ShmErrorId.AccessDenied)
        {
            return [];
        }
    }

    private void WriteSamples(StatSampler sampler)
    {
        for (var round = 1; ; round++)
        {
            foreach (var sample in sampler.Take(Cancellation))
            {
                WriteObject(sample);
            }

            if (round == Count)
            {
                return;
            }

            Cancellation.WaitHandle.WaitOne(TimeSpan.FromSeconds(IntervalSec));
            Cancellation.ThrowIfCancellationRequested();
        }
    }

    private void Show(LiveTerminal terminal, StatSampler sampler)
    {
        var noColour = Environment.GetEnvironmentVariable("NO_COLOR");
        var sort = ChoiceAttribute.Of<ShmStatSort>(Sort);
        var screen = new StatScreen(sort, string.IsNullOrEmpty(noColour)) { ReadBytes = Read };
        var clock = Stopwatch.StartNew();
        Task<IReadOnlyList<ShmStatSample>>? look = null;
        var next = TimeSpan.Zero;
        var rounds = 0;
        var shown = (Width: 0, Height: 0);
        while (!screen.IsDone)
        {
            Cancellation.ThrowIfCancellationRequested();
            if (look is null && (clock.Elapsed >= next || screen.WantsSample))
            {
                screen.WantsSample = false;
                next = clock.Elapsed + TimeSpan.FromSeconds(IntervalSec);
                look = Task.Run(() => sampler.Take(Cancellation));
            }

            var isChanged = TakeSample(ref look, screen, ref rounds) | terminal.TryResume();
            foreach (var key in LiveTerminal.ReadKeys(PatienceMilliseconds))
            {
                screen.Press(key);
                isChanged = true;
            }

            if (isChanged || shown != LiveTerminal.Size)
            {
                shown = LiveTerminal.Size;
                // The last column stays free: to erase behind it would erase it.
                terminal.Show(screen.Draw(shown.Width - 1, shown.Height, IntervalSec));
            }

            if (rounds == Count)
            {
                return;
            }
        }
    }

    private static bool TakeSample(ref Task<IReadOnlyList<ShmStatSample>>? look, StatScreen screen, ref int rounds)
    {
        if (look is not { IsCompleted: true } done)
        {
            return false;
        }

        look = null;
        rounds++;
        if (done.Exception?.InnerException is ShmException error)
        {
            screen.Tell(error.Message);
        }
        else
        {
            screen.Update(done.GetAwaiter().GetResult());
        }

        return true;
    }

    private static byte[] Read(ShmSegment segment, long offset, int count)
    {
        using var mapping = ShmMapping.Mount(segment, ShmMountOptions.ReadOnly);
        return mapping.Reader.ReadBytes(offset, (int)Math.Min(count, Math.Max(0, mapping.Length - offset)));
    }
}
