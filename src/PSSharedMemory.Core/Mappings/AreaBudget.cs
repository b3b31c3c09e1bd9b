using System;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// How many areas of this address space the mappings take. The kernel allows a process vm.max_map_count of them in all,
/// and a runtime that finds none left ends the process: so a quarter is left to it. An address space belongs to the
/// process, and so does this count.
/// </summary>
internal static class AreaBudget
{
    private static long s_used;
    private static long s_limit;

    /// <summary>Counts areas that were added, or given back (negative).</summary>
    public static void Add(long areas) => Interlocked.Add(ref s_used, areas);

    /// <summary>Whether so many more are within the budget.</summary>
    public static bool Has(long more)
    {
        if (Interlocked.Read(ref s_used) + more <= Volatile.Read(ref s_limit))
        {
            return true;
        }

        // It can be raised while the process lives; and the first time it is not known yet.
        // Where it cannot be read it is the kernel's own default.
        const long DefaultMaxMapCount = 65530;
        var count = (long)Math.Min(new HostFiles().ReadNumber("/proc/sys/vm/max_map_count") ?? DefaultMaxMapCount, long.MaxValue);
        Volatile.Write(ref s_limit, count - (count / 4));
        return Interlocked.Read(ref s_used) + more <= s_limit;
    }

    /// <summary>What is thrown where the budget is spent.</summary>
    public static ShmException Spent(string function, string attempted, object target) => NativeError.From(
        ShmErrorId.LimitReached, function, (int)Errno.ENOMEM, attempted,
        $"the mappings of this process consist of {Interlocked.Read(ref s_used)} areas, and a quarter of vm.max_map_count is left to the rest of it",
        "Dismount some, give neighbouring pages the same protection, or raise it with sysctl vm.max_map_count.", target);
}
