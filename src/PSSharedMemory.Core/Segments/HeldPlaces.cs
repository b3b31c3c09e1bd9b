using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>The processes that hold a nameless object.</summary>
internal static class HeldPlaces
{
    /// <summary>Their names as they are now; those that have ended are left out.</summary>
    public static IEnumerable<string> Commands(IReadOnlyList<HeldPlace> places)
    {
        HashSet<int> seen = [];
        using var reader = new ProcReader();
        foreach (var place in places)
        {
            if (seen.Add(place.ProcessId)
                && reader.Enter(place.ProcessId) >= 0
                && reader.ReadStat(out var stat) >= 0
                && stat.StartTicks == place.StartTicks)
            {
                yield return ProcText.ToText(stat.Name);
            }
        }
    }
}
