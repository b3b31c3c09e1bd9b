using System;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>
/// What a control group may have of huge pages of one size (cgroups(7), the hugetlb controller), in bytes. A page more
/// is SIGBUS for the program that touches it, however many the pool has free.
/// </summary>
internal sealed record CgroupHugePages(string Group, string Size, ulong Limit, ulong? Current, string LimitFile)
{
    // Version 1 can't say "no limit": it shows the largest multiple of a page, which has 16 GB at most.
    private const ulong Unlimited = 0x7FFFFFFC00000000;

    /// <summary>The limits of this process' own group and of all groups above it, innermost first.</summary>
    public static IReadOnlyList<CgroupHugePages> ReadChain(HostFiles files) =>
        ReadChain(files, CgroupFolder.OwnLines(files));

    /// <summary>The same of another process, by the lines of its /proc/PID/cgroup.</summary>
    public static IReadOnlyList<CgroupHugePages> ReadChain(HostFiles files, string[] lines)
    {
        List<CgroupHugePages> found = [];
        foreach (var folder in CgroupFolder.Chain(files, lines, "hugetlb"))
        {
            var (end, use) = folder.IsUnified ? (".max", ".current") : (".limit_in_bytes", ".usage_in_bytes");
            foreach (var name in files.List(folder.Path))
            {
                // hugetlb.2MB.max, and not hugetlb.2MB.rsvd.max
                if (!name.StartsWith("hugetlb.", StringComparison.Ordinal)
                    || !name.EndsWith(end, StringComparison.Ordinal)
                    || name.Split('.').Length != 3)
                {
                    continue;
                }

                var size = name.Split('.')[1];
                if (files.ReadNumber($"{folder.Path}/{name}") is { } limit and < Unlimited)
                {
                    found.Add(new CgroupHugePages(
                        folder.Group, size, limit, files.ReadNumber($"{folder.Path}/hugetlb.{size}{use}"),
                        $"{folder.Path}/{name}"));
                }
            }
        }

        return found;
    }
}
