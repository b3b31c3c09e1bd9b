using System.Collections;
using System.Collections.Generic;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Stats, limits and holders as OpenMetrics text.</summary>
[Cmdlet(VerbsData.ConvertTo, "ShmMetric")]
[OutputType(typeof(string))]
public sealed class ConvertToShmMetricCommand : ShmCmdlet
{
    private readonly ShmMetrics _metrics = new();
    private readonly List<(string Name, string Value)> _common = [];

    [Parameter(ValueFromPipeline = true)]
    [AllowNull]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object? InputObject { get; set; }

    [Parameter]
    [ValidateNotNull]
    public IDictionary? Label { get; set; }

    /// <inheritdoc/>
    private protected override void Begin()
    {
        foreach (DictionaryEntry entry in Label ?? new Hashtable())
        {
            var name = $"{entry.Key}";
            if (!MetricText.IsLabelName(name))
            {
                ThrowTerminatingError(ErrorRecords.BadLabel(name));
            }

            _common.Add((name, $"{entry.Value}"));
        }

        _common.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (!MyInvocation.ExpectingInput && !MyInvocation.BoundParameters.ContainsKey(nameof(InputObject)))
        {
            AddHost();
            return;
        }

        // What came from another host says so.
        var labels = new MetricLabels(_common)
            .With("host", (InputObject as PSObject)?.Properties["PSComputerName"]?.Value);
        switch (Plain())
        {
            case ShmSegment segment:
                _metrics.Add(segment, labels);
                break;
            case ShmLimit limit:
                _metrics.Add(limit, labels);
                break;
            case ShmNamespace place:
                _metrics.Add(place, labels);
                break;
            case ShmHolder holder:
                _metrics.Add(holder, labels);
                break;
            default:
                WriteError(ErrorRecords.NoMetric(InputObject));
                break;
        }
    }

    // Without anything given, what a collector wants to know of this host: its segments and limits.
    private void AddHost()
    {
        var labels = new MetricLabels(_common);
        var segments = ListHost(null);
        var stats = ScanWithProgress.Run(
            this,
            "Looking for holders",
            progress => ShmStats.Read(segments, withUsage: false, progress, Cancellation),
            Cancellation);
        foreach (var stat in stats)
        {
            _metrics.Add(stat, labels);
        }

        foreach (var limit in ShmLimits.Read())
        {
            _metrics.Add(limit, labels);
        }

        foreach (var (_, error) in ShmLimits.FindHidden())
        {
            WriteError(ErrorRecords.From(error, error.Target, this));
        }
    }

    // What a job or another host made of it comes as a bag of properties where the module was not there to receive it.
    private object? Plain()
    {
        if (InputObject is not PSObject { BaseObject: PSCustomObject } bag)
        {
            return PlainObject.Of(InputObject);
        }

        var type = TravelledObject.Was(bag, typeof(ShmLimit)) ? typeof(ShmLimit)
            : TravelledObject.Was(bag, typeof(ShmNamespace)) ? typeof(ShmNamespace)
            : TravelledObject.Was(bag, typeof(ShmSegment)) ? typeof(ShmSegment)
            : null;
        return type is null ? bag.BaseObject : Conversion.To(bag, type);
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (var line in _metrics.Lines())
        {
            WriteObject(line);
        }
    }
}
