using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace PSSharedMemory.Commands;

/// <summary>Completes keys of System V segments.</summary>
public sealed class SegmentKeyCompleter : ShmCompleter
{
    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters) =>
        SysVSegments.List()
            .Where(static segment => segment.Key != 0)
            .Select(static segment => (
                SysVKey.ToText(segment.Key!.Value),
                $"key {SysVKey.ToText(segment.Key!.Value)}, id {segment.Id}, {ShmDisplay.Size(segment.Size)}, "
                    + $"{segment.Owner}"));

    private protected override string ListItem(string text, string tooltip) =>
        $"{text}  {string.Join("  ", tooltip.Split(", ")[1..3])}";

    // 0x12 and 0x00000012 are the same key, and so is 18.
    private protected override bool IsMeant(string text, string typed) =>
        base.IsMeant(text, typed)
        || (SysVKey.TryParse(text, out var key)
            && (base.IsMeant($"0x{key:x}", typed)
                || base.IsMeant(key.ToString(CultureInfo.InvariantCulture), typed)));
}
