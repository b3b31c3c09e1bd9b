using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;

namespace PSSharedMemory;

/// <summary>
/// The live mappings of this process. An address space belongs to the process, and so does this list. It holds them
/// weakly: a dropped mapping is released by its finalizer.
/// </summary>
public static class LiveMappings
{
    private static readonly ConditionalWeakTable<ShmMapping, object> Table = new();
    private static readonly object Present = new();

    /// <summary>All that are mounted now, oldest first.</summary>
    public static IReadOnlyList<ShmMapping> All => Table
        .Select(static entry => entry.Key)
        .Where(static mapping => mapping.IsMounted)
        .OrderBy(static mapping => mapping.Sequence)
        .ToArray();

    /// <summary>Dismounts all.</summary>
    public static void DismountAll()
    {
        foreach (var mapping in All)
        {
            mapping.Dispose();
        }
    }

    internal static void Add(ShmMapping mapping) => Table.Add(mapping, Present);

    internal static void Remove(ShmMapping mapping) => Table.Remove(mapping);
}
