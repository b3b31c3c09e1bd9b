using System;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Finds bytes, numbers or text.</summary>
[Cmdlet(VerbsCommon.Search, "ShmData", DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmMatch))]
public sealed class SearchShmDataCommand : PatternRangeCmdlet
{
    private byte[] _pattern = [];

    [Parameter(Position = 1, HelpMessage = "Bytes, a number or text to look for.")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object Pattern { get; set; } = null!;

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [WholeNumber]
    public int Alignment { get; set; } = 1;

    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [WholeNumber]
    public long First { get; set; } = long.MaxValue;

    [Parameter]
    [ValidateCount(1, 2)]
    [ValidateRange(0, 1 << 20)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [Alias("C", "Co")]
    [WholeNumber]
    public int[] Context { get; set; } = [8, 16];

    private protected override string[] OwnPositions => [nameof(Pattern)];

    private protected override string[] Required => [nameof(Pattern)];

    private protected override ShmProtection Need => ShmProtection.Read;

    /// <inheritdoc/>
    private protected override void Prepare() => _pattern = BytesOf(Pattern);

    private protected override void Serve(ShmMapping mapping, long start, ShmRange range)
    {
        var left = First;
        var progress = new ByteProgress(this, $"Searching {mapping.Segment}", range.Length);
        foreach (var position in range.Find(_pattern, Alignment, start, progress, Cancellation))
        {
            WriteRow(Match(mapping, start, range, position));
            if (--left == 0)
            {
                return;
            }
        }
    }

    private ShmMatch Match(ShmMapping mapping, long start, ShmRange range, long position)
    {
        // Never beyond the range, whose pages were checked.
        var from = Math.Max(0, position - Context[0]);
        var to = Math.Min(range.Length, position + _pattern.Length + Context[^1]);
        return new ShmMatch(mapping, IsUsersMapping)
        {
            Offset = start + position,
            Length = _pattern.Length,
            ContextOffset = start + from,
            Context = range.ReadBytes(from, (int)(to - from)),
        };
    }
}
