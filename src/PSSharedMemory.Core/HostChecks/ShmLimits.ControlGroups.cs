using System.Collections.Generic;

namespace PSSharedMemory;

/// <content>The limits of control groups.</content>
public static partial class ShmLimits
{
    internal static void AddControlGroups(HostFiles files, List<ShmLimit> limits) =>
        AddControlGroups(files, CgroupFolder.OwnLines(files), limits);

    private static void AddControlGroups(HostFiles files, string[] lines, List<ShmLimit> limits)
    {
        var isOwn = true;
        foreach (var account in CgroupMemory.ReadChain(files, lines))
        {
            AddMemory(account, isOwn, limits);
            isOwn = false;
        }

        foreach (var pages in CgroupHugePages.ReadChain(files, lines))
        {
            limits.Add(new ShmLimit
            {
                Name = $"cgroup {pages.Group} huge pages {pages.Size}",
                Value = pages.Limit,
                Use = pages.Current,
                Unit = "Bytes",
                Description =
                    "huge pages of this control group; touching one more is SIGBUS, however many the pool has free",
                Source = pages.LimitFile,
            });
        }
    }

    private static void AddMemory(CgroupMemory account, bool isOwn, List<ShmLimit> limits)
    {
        // Beside a limit, and of the own group even without one.
        if (account.Shmem is { } shared && (isOwn || account.Limit is not null))
        {
            limits.Add(new ShmLimit
            {
                Name = $"cgroup {account.Group} shmem",
                Value = account.Limit,
                Use = shared,
                Unit = "Bytes",
                Description =
                    "shared memory that this control group touched first, of all kinds, against its memory limit",
                Source = account.StatFile,
            });
        }

        // Cache of files that the kernel takes back before it kills is free, as it is of the host's memory.
        if (account.Limit is { } limit)
        {
            limits.Add(new ShmLimit
            {
                Name = $"cgroup {account.Group}",
                Value = limit,
                Use = account.Charged,
                Unit = "Bytes",
                Description =
                    "memory of this control group, shared memory that it touched first included; beyond it the kernel "
                        + (account.KillsAll ? "kills all of the group (memory.oom.group)" : "kills a process of it"),
                Source = account.LimitFile,
            });
        }

        if (account.High is { } high)
        {
            limits.Add(new ShmLimit
            {
                Name = $"cgroup {account.Group} high",
                Value = high,
                Use = account.Charged,
                Unit = "Bytes",
                Description = "memory of this control group; beyond it the kernel slows all of the group down",
                Source = account.LimitFile.Replace("memory.max", "memory.high", System.StringComparison.Ordinal),
            });
        }
    }
}
