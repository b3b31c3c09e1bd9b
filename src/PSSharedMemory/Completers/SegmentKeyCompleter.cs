using System.Collections;
using System.Collections.Generic;
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
                $"key {SysVKey.ToText(segment.Key!.Value)}, id {segment.Id}, {ShmDisplay.Size(segment.Size)}, {segment.Owner}"));
}
