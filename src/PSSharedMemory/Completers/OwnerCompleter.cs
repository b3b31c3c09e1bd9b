using System.Collections;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory.Commands;

/// <summary>Completes the users who own segments now.</summary>
public sealed class OwnerCompleter : ShmCompleter
{
    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters) =>
        ShmSegments.List()
            .GroupBy(static segment => segment.Owner)
            .OrderBy(static owner => owner.Key, System.StringComparer.Ordinal)
            .Select(static owner => (owner.Key, $"{owner.Key}: {Words.Count(owner.Count(), "segment")}"));
}
