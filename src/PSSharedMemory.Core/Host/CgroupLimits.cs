using System;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>
/// The memory limits of the control groups that this process is in (cgroups(7)), version 1 and 2. Shared memory is
/// charged to the group of the process that touches a page first, files in /dev/shm included.
/// </summary>
internal static class CgroupLimits
{
    // Version 1 has no word for "none" but the largest multiple of a page.
    private const ulong Unlimited = 0x7FFFFFFFFFFFF000;

    /// <summary>One limit for each group up to the root that sets one.</summary>
    public static IReadOnlyList<ShmLimit> Read(HostFiles files)
    {
        List<ShmLimit> limits = [];
        foreach (var line in files.ReadLines("/proc/self/cgroup"))
        {
            // hierarchy:controllers:path
            var parts = line.Split(':', 3);
            if (parts.Length != 3)
            {
                continue;
            }

            if (parts[0] == "0")
            {
                Add(files, limits, FindMount(files, "cgroup2", ""), parts[2], "memory.max", "memory.current");
            }
            else if (Array.IndexOf(parts[1].Split(','), "memory") >= 0)
            {
                Add(files, limits, FindMount(files, "cgroup", "memory"), parts[2], "memory.limit_in_bytes", "memory.usage_in_bytes");
            }
        }

        return limits;
    }

    private static void Add(
        HostFiles files, List<ShmLimit> limits, (string Point, string Root)? mount, string path, string limitFile, string useFile)
    {
        if (mount is not { } at)
        {
            return;
        }
        // A container is shown a part of the tree as if it were all; the path may be of the whole.
        var relative = at.Root != "/" && path.StartsWith(at.Root, StringComparison.Ordinal) ? path[at.Root.Length..] : path;
        var group = relative.TrimEnd('/');
        if (!files.Exists(at.Point + group + "/" + useFile))
        {
            group = "";
        }

        while (true)
        {
            var folder = at.Point + group;
            var limit = files.ReadNumber($"{folder}/{limitFile}");
            if (limit is { } value and < Unlimited)
            {
                limits.Add(new ShmLimit
                {
                    Name = $"cgroup {(group.Length == 0 ? "/" : group)}",
                    Value = value,
                    Use = files.ReadNumber($"{folder}/{useFile}"),
                    Unit = "Bytes",
                    Description = "memory of this control group, shared memory that it touched first included",
                    Source = $"{folder}/{limitFile}",
                });
            }

            var slash = group.LastIndexOf('/');
            if (slash < 0)
            {
                return;
            }

            group = group[..slash];
        }
    }

    private static (string Point, string Root)? FindMount(HostFiles files, string type, string option)
    {
        foreach (var line in files.ReadLines("/proc/self/mountinfo"))
        {
            var words = line.Split(' ');
            var hyphen = Array.IndexOf(words, "-");
            if (hyphen < 6 || words.Length < hyphen + 4 || words[hyphen + 1] != type)
            {
                continue;
            }

            if (option.Length == 0 || Array.IndexOf(words[hyphen + 3].Split(','), option) >= 0)
            {
                return (words[4], words[3]);
            }
        }

        return null;
    }
}
