using System.Collections.Generic;

namespace PSSharedMemory.Commands;

/// <summary>A metric with all its samples: they stand together in the text, each set of labels once.</summary>
internal sealed class MetricFamily(string name, string help, string unit = "")
{
    private readonly HashSet<string> _seen = [];
    private readonly List<string> _samples = [];

    /// <summary>Adds a sample; what is unknown has none.</summary>
    public void Add(MetricLabels labels, double? value)
    {
        var set = labels.ToString();
        if (value is { } number && _seen.Add(set))
        {
            _samples.Add($"{name}{set} {MetricText.Number(number)}");
        }
    }

    /// <summary>Its lines; none where it has no sample.</summary>
    public IEnumerable<string> Lines()
    {
        if (_samples.Count == 0)
        {
            yield break;
        }

        yield return $"# HELP {name} {help}";
        yield return $"# TYPE {name} gauge";
        if (unit.Length > 0)
        {
            yield return $"# UNIT {name} {unit}";
        }

        foreach (var sample in _samples)
        {
            yield return sample;
        }
    }
}
