using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Fills bytes with zeros or a pattern.</summary>
[Cmdlet(VerbsCommon.Clear, "ShmData", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
public sealed class ClearShmDataCommand : PatternRangeCmdlet
{
    private byte[] _pattern = [0];

    [Parameter(Position = 1)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object? Pattern { get; set; }

    private protected override string[] OwnPositions => [nameof(Pattern)];

    private protected override ShmProtection Need => ShmProtection.Read | ShmProtection.Write;

    /// <inheritdoc/>
    private protected override void Prepare()
    {
        if (Pattern is not null)
        {
            _pattern = BytesOf(Pattern);
        }
    }

    private protected override void Serve(ShmMapping mapping, long start, ShmRange range)
    {
        var with = Pattern is null ? "zeros" : $"a pattern of {Words.Count(_pattern.Length, "byte")}";
        var bytes = Words.Count(range.Length, "byte");
        if (ShouldProcess(mapping.Segment.Label, $"Fill {bytes} at offset {start} with {with}"))
        {
            range.Fill(_pattern, new ByteProgress(this, $"Filling {mapping.Segment}", range.Length), Cancellation);
        }
    }
}
