using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory;

/// <content>Folders that rows come from, where they are hidden or closed.</content>
public static partial class ShmLimits
{
    private const string HugePageFolder = "/sys/kernel/mm/hugepages";

    // Every kernel has them, but those of System V only where it has System V.
    private static readonly (string Name, string File)[] SysVSettings =
    [
        ("SHMMAX", "/proc/sys/kernel/shmmax"),
        ("SHMALL", "/proc/sys/kernel/shmall"),
        ("SHMMNI", "/proc/sys/kernel/shmmni"),
        ("shm_rmid_forced", "/proc/sys/kernel/shm_rmid_forced"),
    ];

    private static readonly (string Name, string File)[] MemorySettings =
    [
        ("vm.max_map_count", "/proc/sys/vm/max_map_count"),
        ("vm.overcommit_memory", "/proc/sys/vm/overcommit_memory"),
        ("CommitLimit", "/proc/meminfo"),
        ("memory", "/proc/meminfo"),
    ];

    // Those of x86-64 and arm64, with pages of any size.
    private static readonly string[] HugePageRows =
    [
        .. new[] { 64, 2048, 16384, 32768, 524288, 1048576, 4194304, 16777216 }
            .Select(static size => $"huge pages {size}kB"),
    ];

    /// <summary>
    /// The rows that are missing because a folder of the kernel is hidden or closed, by folder: those of /proc (which
    /// may show processes only) and of /sys/kernel/mm/hugepages. Rows that the kernel itself lacks aren't among them.
    /// </summary>
    /// <returns>
    /// For each folder the rows, and why: PlatformNotSupported where it's hidden, AccessDenied where it's closed.
    /// </returns>
    public static IReadOnlyList<(IReadOnlyList<string> Rows, ShmException Error)> FindHidden() =>
        FindHidden(new HostFiles(), hasSysV: !SysVTable.IsAbsent());

    internal static List<(IReadOnlyList<string> Rows, ShmException Error)> FindHidden(HostFiles files, bool hasSysV)
    {
        List<(IReadOnlyList<string>, ShmException)> hidden = [];
        var settings = (hasSysV ? SysVSettings : []).Concat(MemorySettings)
            .Where(setting => files.ReadBytes(setting.File).Length == 0).ToArray();
        if (settings.Length > 0)
        {
            string[] rows = [.. settings.Select(static setting => setting.Name)];
            hidden.Add((rows, Hidden("/proc", settings[0].File, string.Join(", ", rows), files)));
        }

        // A kernel without huge pages has the folder around it.
        if (files.List(HugePageFolder).Count == 0
            && (files.Exists(HugePageFolder) || !files.Exists("/sys/kernel/mm")))
        {
            hidden.Add((
                HugePageRows, Hidden(HugePageFolder, HugePageFolder, "how many huge pages are set aside", files)));
        }

        return hidden;
    }

    private static ShmException Hidden(string folder, string path, string what, HostFiles files) => files.IsClosed(path)
        ? new(ShmErrorId.AccessDenied, $"Cannot tell {what}: this user may not read {path}.", folder)
        : new(ShmErrorId.PlatformNotSupported, $"Cannot tell {what}: {path} is hidden here.", folder);
}
