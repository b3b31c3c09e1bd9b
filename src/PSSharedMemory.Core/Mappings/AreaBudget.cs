using System;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Counts the areas that mappings use in this address space. The kernel allows a process vm.max_map_count areas in all,
/// and a runtime that runs out ends the process: so a quarter is left to the runtime, and an eighth to the guard, which
/// splits areas where memory vanishes. An address space belongs to the process, and so does this count.
/// </summary>
/// <remarks>
/// A check reserves nothing, on purpose. Threads that mount at the same instant may together pass the limit, each by
/// the few areas of its own call: that comes out of the quarter, which has thousands. A reservation would cost no
/// time, but every way out of a mount, a replacement, a change of pages and a growth would have to hand it over or give
/// it back, where a change only knows afterwards how many areas it made; one that is forgotten is lost until the
/// process ends, which is worse. The count is of what there is: a <see cref="MappingHandle"/> brings areas, and only
/// <see cref="MappingChanges"/> adds more.
/// </remarks>
internal static class AreaBudget
{
    private static readonly object Reading = new();
    private static long s_used;
    private static long s_limit;
    private static long s_guards;

    /// <summary>Counts areas that were added or, if negative, given back.</summary>
    public static void Add(long areas) => Interlocked.Add(ref s_used, areas);

    /// <summary>Returns what the guard has spent on pages that are mapped again or gone.</summary>
    public static void GiveBack(long areas) =>
        FaultGuard.AddAreas(Math.Min(areas, Math.Max(0, Volatile.Read(ref s_guards) - FaultGuard.SpareAreas)));

    /// <summary>Whether the budget allows this many more.</summary>
    public static bool Has(long more)
    {
        if (Interlocked.Read(ref s_used) + more <= Volatile.Read(ref s_limit))
        {
            return true;
        }

        // It can be raised while the process runs, and isn't known the first time.
        ReadLimit();
        return Interlocked.Read(ref s_used) + more <= Volatile.Read(ref s_limit);
    }

    /// <exception cref="ShmException">LimitReached.</exception>
    public static void Require(long more, string function, string attempted, object target)
    {
        if (!Has(more))
        {
            throw NativeError.From(
                ShmErrorId.LimitReached, function, (int)Errno.ENOMEM, attempted,
                $"the mappings of this process take {Interlocked.Read(ref s_used)} areas already, and the rest of "
                    + "vm.max_map_count is left to the runtime and to the guard",
                "Dismount some, give neighbouring pages the same protection, or raise it with sysctl vm.max_map_count.",
                target);
        }
    }

    private static void ReadLimit()
    {
        using (FirmLock.Enter(Reading))
        {
            // If it cannot be read, assume the kernel's default.
            const long DefaultMaxMapCount = 65530;
            var count = (long)Math.Min(
                new HostFiles().ReadNumber("/proc/sys/vm/max_map_count") ?? DefaultMaxMapCount, long.MaxValue);
            var guards = count / 8;
            FaultGuard.AddAreas(guards - s_guards);
            Volatile.Write(ref s_guards, guards);
            Volatile.Write(ref s_limit, count - (count / 4) - guards);
        }
    }
}
