using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Removes segments. Those that must be unused (-IfUnused, or found by Find-ShmOrphan) are gathered and looked at
/// together in the end: one pass over /proc for all of them.
/// </summary>
[Cmdlet(VerbsCommon.Remove, "ShmSegment", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
public sealed class RemoveShmSegmentCommand : SegmentTargetCmdlet
{
    private const string Action = "Remove shared memory segment";
    private const string SemaphorePrefix = "sem.";
    private const string SemaphoreWord = "sem";

    private readonly List<ShmSegment> _ifUnused = [];

    [Parameter]
    public SwitchParameter IfUnused { get; set; }

    /// <summary>With a pattern: named semaphores too.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_ifUnused.Count == 0)
        {
            return;
        }

        Func<ShmSegment, ShmStat>? find = null;
        if (!Attempt(null, () => find = Inspect()))
        {
            return;
        }

        long freed = 0;
        var count = 0;
        foreach (var segment in _ifUnused)
        {
            Attempt(segment, () =>
            {
                var stat = find!(segment);
                ShmRemoval.Check(stat);
                ShmRemoval.CheckUntouched(segment);
                var bytes = stat.Allocated ?? stat.Size;
                freed += bytes;
                count++;
                if (ShouldProcess(
                    $"{stat}, {ShmDisplay.Size(stat.Size)}, owner {stat.Owner}, frees {ShmDisplay.Size(bytes)}",
                    Action))
                {
                    ShmRemoval.RemoveUnused(stat);
                    Pass(segment);
                }
            });
        }

        WriteVerbose(
            FormattableString.Invariant(
                $"{count} of {_ifUnused.Count} segments unused, {ShmDisplay.Size(freed)} to be freed."));
    }

    /// <summary>A pattern removes named semaphores only where it begins with sem: '*' is meant for memory.</summary>
    private protected override IReadOnlyList<Target> WithoutUnmeant(object? name, IReadOnlyList<Target> found)
    {
        var text = $"{name}";
        if (Force || !WildcardPattern.ContainsWildcardCharacters(text)
            || text.Contains(SemaphorePrefix, StringComparison.Ordinal)
            || text[(text.LastIndexOf('/') + 1)..].StartsWith(SemaphoreWord, StringComparison.Ordinal))
        {
            return found;
        }

        var kept = found.Where(static target => !IsSemaphore(target.Segment)).ToArray();
        if (kept.Length < found.Count)
        {
            WriteVerbose(
                $"'{text}' leaves {Words.Count(found.Count - kept.Length, "named semaphore")} alone: -Force removes them too.");
        }

        return kept;
    }

    private static bool IsSemaphore(ShmSegment segment) => segment is { Kind: ShmKind.Posix, Name: { } name }
        && name.StartsWith("/" + SemaphorePrefix, StringComparison.Ordinal);

    private protected override void Serve(ShmSegment segment)
    {
        if (IfUnused || segment is ShmStat { IsOrphan: true } || IsOrphan(InputObject))
        {
            _ifUnused.Add(segment);
        }
        else if (ShouldProcess($"{segment}, {ShmDisplay.Size(segment.Size)}", Action))
        {
            ShmSegments.Remove(segment);
            Pass(segment);
        }
    }

    // A leaked mapping or descriptor doesn't justify removing the segment itself.
    private protected override bool Accept(object? input) =>
        PlainObject.Of(input) is ShmLeak { Kind: not ShmLeakKind.Segment } leak
            ? throw new ShmException(
                ShmErrorId.NotSupportedByKind,
                $"{leak} is held, not left as a segment: dismount it, or end the process that holds it.", leak)
            : true;

    // An orphan that has become a row of properties (JSON, CSV, Select-Object) is still an orphan.
    private static bool IsOrphan(object? input) =>
        input is PSObject { BaseObject: PSCustomObject } row
            && LanguagePrimitives.TryConvertTo<bool>(row.Properties["IsOrphan"]?.Value, out var isOrphan)
        && isOrphan && $"{row.Properties["IsOrphan"].Value}".Equals("True", StringComparison.OrdinalIgnoreCase);

    private void Pass(ShmSegment segment)
    {
        if (PassThru)
        {
            WriteRow(segment);
        }
    }

    private Func<ShmSegment, ShmStat> Inspect() => ScanWithProgress.Run(
        this,
        "Looking for holders",
        progress => ShmRemoval.Inspect(_ifUnused, progress, Cancellation),
        Cancellation);
}
