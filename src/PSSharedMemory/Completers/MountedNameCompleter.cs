using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Completes names of the segments that this session has mounted.</summary>
public sealed class MountedNameCompleter : SegmentNameCompleter
{
    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters) =>
        LiveMappings.All
            .Select(static mapping => mapping.Segment)
            .Where(static segment => segment.Kind is not (ShmKind.MemFd or ShmKind.Anonymous))
            .Select(static segment =>
                ($"{segment.Name ?? segment.ToString()}", $"{segment}, {ShmDisplay.Size(segment.Size)}, mounted here"))
            .Distinct();

    private protected override string Argument(string text) => WildcardPattern.Escape(text);
}
