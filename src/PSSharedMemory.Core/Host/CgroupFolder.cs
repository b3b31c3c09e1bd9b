using System;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>A control group as a folder (cgroups(7)), version 1 or 2.</summary>
/// <param name="Path">The folder.</param>
/// <param name="Group">Its path below the mount that shows it; "/" for the topmost visible group.</param>
/// <param name="IsUnified">Whether it is of version 2.</param>
internal sealed record CgroupFolder(string Path, string Group, bool IsUnified)
{
    /// <summary>The groups that this process is in.</summary>
    public static string[] OwnLines(HostFiles files) => files.ReadLines("/proc/self/cgroup");

    /// <summary>
    /// The group of a process and all groups above it that can be seen, innermost first: a limit of any of them holds.
    /// </summary>
    /// <param name="files">Where files are read.</param>
    /// <param name="lines">The process' /proc/PID/cgroup.</param>
    /// <param name="controller">What it is to limit: "memory", "hugetlb".</param>
    public static IReadOnlyList<CgroupFolder> Chain(HostFiles files, string[] lines, string controller)
    {
        List<CgroupFolder> chain = [];
        foreach (var line in lines)
        {
            // hierarchy:controllers:path
            var parts = line.Split(':', 3);
            if (parts.Length != 3)
            {
                continue;
            }

            var isUnified = parts[0] == "0" && parts[1].Length == 0;
            if (isUnified || Array.IndexOf(parts[1].Split(','), controller) >= 0)
            {
                AddChain(files, chain, parts[2], isUnified, controller);
            }
        }

        return chain;
    }

    private static void AddChain(
        HostFiles files, List<CgroupFolder> chain, string path, bool isUnified, string controller)
    {
        if (FindMount(files, path, isUnified, controller) is not { } mount)
        {
            return;
        }

        var group = mount.Group;
        while (true)
        {
            chain.Add(new CgroupFolder(mount.Point + group, group.Length == 0 ? "/" : group, isUnified));
            var slash = group.LastIndexOf('/');
            if (slash < 0)
            {
                return;
            }

            group = group[..slash];
        }
    }

    /// <summary>
    /// Where the controller is mounted, and the group's path there: its nearest ancestor that can be seen.
    /// </summary>
    private static (string Point, string Group)? FindMount(
        HostFiles files, string path, bool isUnified, string controller)
    {
        (string Point, string Group)? found = null;
        ReadOnlySpan<byte> table = files.ReadBytes("/proc/self/mountinfo");
        var option = System.Text.Encoding.ASCII.GetBytes(controller);
        while (MountInfoLine.TryRead(ref table, out var mount))
        {
            if (isUnified ? !mount.Type.SequenceEqual("cgroup2"u8)
                : !mount.Type.SequenceEqual("cgroup"u8)
                    || !MountInfoLine.TryGetOption(mount.SuperOptions, option, out _))
            {
                continue;
            }

            var point = MountInfoLine.ToText(mount.MountPoint);
            var group = Below(path, MountInfoLine.ToText(mount.Root));
            while (group.Length > 0 && !files.Exists(point + group))
            {
                group = group[..Math.Max(0, group.LastIndexOf('/'))];
            }

            // Of several mounts, the one that shows most of the path.
            if (found is not { } best || group.Length > best.Group.Length)
            {
                found = (point, group);
            }
        }

        return found;
    }

    // A container sees a part of the tree as if it were the whole, while the path may start at the real top. Without a
    // slash at its end; empty for the top.
    private static string Below(string path, string root)
    {
        var isBelow = root.Length > 1 && path.StartsWith(root, StringComparison.Ordinal)
            && (path.Length == root.Length || path[root.Length] == '/');
        return (isBelow ? path[root.Length..] : path).TrimEnd('/');
    }
}
