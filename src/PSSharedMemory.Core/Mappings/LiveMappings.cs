using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;

namespace PSSharedMemory;

/// <summary>
/// The live mappings of this process. An address space belongs to the process, and so does this list. It holds them
/// weakly: a dropped mapping is released by its finalizer.
/// </summary>
public static class LiveMappings
{
    // Weak, and used again: a table with dependent handles costs each collection more than a mount takes.
    private static readonly List<GCHandle> Handles = [];
    private static readonly Stack<int> Unused = new();

    /// <summary>All that are mounted now, oldest first.</summary>
    public static IReadOnlyList<ShmMapping> All
    {
        get
        {
            using (FirmLock.Enter(Handles))
            {
                return Handles
                    .Select(static handle => handle.Target)
                    .OfType<ShmMapping>()
                    .Where(static mapping => mapping.IsMounted)
                    .OrderBy(static mapping => mapping.Sequence)
                    .ToArray();
            }
        }
    }

    /// <summary>Those that have something within a range of addresses, pages or reserved holes: oldest first.</summary>
    /// <param name="address">The first address.</param>
    /// <param name="length">Bytes.</param>
    public static IReadOnlyList<ShmMapping> Within(long address, long length) => All
        .Where(mapping => mapping.Handle.Ranges
            .Within((nint)address, (nint)Math.Min(nint.MaxValue - address, length) + (nint)address).Any())
        .ToArray();

    /// <summary>Dismounts all.</summary>
    public static void DismountAll()
    {
        foreach (var mapping in All)
        {
            mapping.Dispose();
        }
    }

    /// <summary>Notes one; its place, for <see cref="Remove"/>.</summary>
    internal static int Add(ShmMapping mapping)
    {
        using (FirmLock.Enter(Handles))
        {
            if (Unused.TryPop(out var place))
            {
                var handle = Handles[place];
                handle.Target = mapping;
                return place;
            }

            Handles.Add(GCHandle.Alloc(mapping, GCHandleType.Weak));
            return Handles.Count - 1;
        }
    }

    /// <summary>Forgets one, once.</summary>
    internal static void Remove(int place)
    {
        using (FirmLock.Enter(Handles))
        {
            var handle = Handles[place];
            handle.Target = null;
            Unused.Push(place);
        }
    }
}
