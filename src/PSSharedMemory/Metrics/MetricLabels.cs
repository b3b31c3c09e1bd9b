using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace PSSharedMemory.Commands;

/// <summary>Labels of a sample; those without a value are left out, which means the same in OpenMetrics.</summary>
internal sealed class MetricLabels
{
    private readonly List<(string Name, string Value)> _labels;

    /// <summary>Begins with those that all samples have.</summary>
    public MetricLabels(IEnumerable<(string Name, string Value)> common) => _labels = [.. common];

    /// <summary>The same, and one more.</summary>
    public MetricLabels With(string name, object? value)
    {
        var text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        return text.Length == 0
            ? this
            : new MetricLabels([.. _labels.Where(label => label.Name != name), (name, text)]);
    }

    /// <summary>{kind="Posix",name="/orders"}</summary>
    public override string ToString() => _labels.Count == 0 ? ""
        : "{" + string.Join(',', _labels.Select(static label => $"{label.Name}=\"{MetricText.Escaped(label.Value)}\""))
            + "}";
}
