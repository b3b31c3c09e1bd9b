using System.Collections;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory.Commands;

/// <summary>Completes names of POSIX segments.</summary>
public class SegmentNameCompleter : ShmCompleter
{
    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters) =>
        PosixSegments.List()
            .OrderBy(static segment => segment.Name, System.StringComparer.Ordinal)
            .Select(static segment => (segment.Name!, $"{segment.Name}, {ShmDisplay.Size(segment.Size)}, {ModeArgument.ToText(segment.Mode)} {segment.Owner}"));
}
