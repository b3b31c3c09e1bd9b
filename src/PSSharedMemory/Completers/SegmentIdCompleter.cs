using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace PSSharedMemory.Commands;

/// <summary>Completes ids of System V segments.</summary>
public sealed class SegmentIdCompleter : ShmCompleter
{
    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters) =>
        SysVSegments.List().Select(static segment => (
            segment.Id!.Value.ToString(CultureInfo.InvariantCulture),
            $"id {segment.Id}, key {SysVKey.ToText(segment.Key!.Value)}, {ShmDisplay.Size(segment.Size)}, "
                + $"{segment.AttachCount} attached, {segment.Owner}"));

    // In a menu a bare number tells nothing.
    private protected override string ListItem(string text, string tooltip) =>
        $"{text}  {string.Join("  ", tooltip.Split(", ")[1..3])}";
}
