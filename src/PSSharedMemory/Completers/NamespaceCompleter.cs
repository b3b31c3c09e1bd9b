using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace PSSharedMemory.Commands;

/// <summary>Completes namespaces: pods and containers by name and id, else by a process in them, and "*".</summary>
public sealed class NamespaceCompleter : ShmCompleter
{
    // As much of an id as docker and podman show.
    private const int ShownDigits = 12;

    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters)
    {
        var map = NamespaceMap.Read();
        foreach (var pod in map.All.SelectMany(static place => place.Pod).Distinct())
        {
            yield return (pod, "pod");
        }

        foreach (var (id, runtime, processes) in map.Containers)
        {
            yield return (id[..ShownDigits], $"{runtime} container, {Words.Count(processes, "process")}");
        }

        foreach (var place in map.All.Where(static place => place is { IsCurrent: false, Container.Length: 0 }))
        {
            if (place.ProcessIds is [var first, ..])
            {
                yield return (
                    first.ToString(CultureInfo.InvariantCulture),
                    $"{place} of {Words.Count(place.ProcessIds.Length, "process")}");
            }
        }

        yield return ("*", "all");
    }

    private protected override string ListItem(string text, string tooltip) => $"{text}  {tooltip}";
}
