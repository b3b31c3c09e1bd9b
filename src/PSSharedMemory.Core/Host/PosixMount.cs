using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// How /dev/shm is mounted: as a file system of its own, as a directory of another one (a link to /run/shm, a bind
/// mount, a folder on a disk), or not at all.
/// </summary>
internal sealed record PosixMount
{
    /// <summary>The device; 0 where there is no such directory.</summary>
    public ulong Device { get; private init; }

    /// <summary>What stat says of the directory; null where there is none.</summary>
    public FileFacts? Directory { get; private init; }

    /// <summary>Where the path leads in the end: /run/shm if /dev/shm is a link to that.</summary>
    public string RealPath { get; private init; } = "";

    /// <summary>The type of the file system; null if it is unknown.</summary>
    public string? Type { get; private init; }

    /// <summary>The options of the mount.</summary>
    public string Options { get; private init; } = "";

    /// <summary>Whether something is mounted at that very path.</summary>
    public bool IsMountPoint { get; private init; }

    /// <summary>How many are mounted at that path; the last covers the others.</summary>
    public int Count { get; private init; }

    /// <summary>
    /// Whether all that is on the device is shared memory: a file system of its own, mounted from its top on.
    /// </summary>
    public bool IsWhole { get; private init; }

    /// <summary>How the objects' paths begin, with a '/' behind, by each mount that shows them.</summary>
    public IReadOnlyList<byte[]> Prefixes { get; private init; } = [];

    /// <summary>Reads it for a path.</summary>
    /// <param name="path">/dev/shm.</param>
    /// <param name="mountInfo">The text of /proc/self/mountinfo.</param>
    public static PosixMount Read(string path, ReadOnlySpan<byte> mountInfo)
    {
        using var directory = Libc.open(path, Libc.O_PATH | Libc.O_DIRECTORY);
        if (directory.IsInvalid || Libc.statx(directory, Libc.STATX_BASIC_STATS, out var data) < 0)
        {
            return new PosixMount();
        }

        var real = path;
        _ = directory.WithPath(link =>
        {
            real = System.IO.File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName ?? path;
            return 0;
        });
        var facts = FileFacts.Of(data);
        return Find(Encoding.UTF8.GetBytes(real), facts.Device, mountInfo) with
        {
            Directory = facts,
            RealPath = real,
        };
    }

    /// <summary>The same of a path without links. Facts in, answer out.</summary>
    public static PosixMount Find(byte[] real, ulong device, ReadOnlySpan<byte> mountInfo)
    {
        var lines = Parse(mountInfo);
        // The last of the longest covers all others. A device that does not fit is a mount of another kind (overlay and
        // btrfs give their files others), which the place alone tells.
        var own = lines.Where(line => IsBelow(real, line.Point)).MaxBy(static line => (line.Point.Length, line.Number));
        if (own is null)
        {
            return new PosixMount { Device = device, Prefixes = [[.. real, (byte)'/']] };
        }

        var isMountPoint = own.Point.AsSpan().SequenceEqual(real);
        return new PosixMount
        {
            Device = device,
            Type = own.Type,
            Options = own.Options,
            IsMountPoint = isMountPoint,
            Count = lines.Count(line => line.Point.AsSpan().SequenceEqual(real)),
            IsWhole = isMountPoint && own.Root is [(byte)'/'] && own.Device == device,
            Prefixes = PrefixesOf(real, own, lines),
        };
    }

    /// <summary>The part of a path behind one of the prefixes; false where it begins with none.</summary>
    public static bool TryStrip(IReadOnlyList<byte[]> prefixes, ReadOnlySpan<byte> path, out ReadOnlySpan<byte> name)
    {
        foreach (var prefix in prefixes)
        {
            if (path.StartsWith(prefix))
            {
                name = path[prefix.Length..];
                return true;
            }
        }

        name = path;
        return false;
    }

    // The directory has as many paths as its file system, or a part of it around the directory, is mounted.
    private static List<byte[]> PrefixesOf(byte[] real, Line own, List<Line> lines)
    {
        var within = Join(own.Root, real.AsSpan(own.Point.Length == 1 ? 0 : own.Point.Length));
        List<byte[]> prefixes = [[.. real, (byte)'/']];
        foreach (var line in lines.Where(line => line.Device == own.Device && IsBelow(within, line.Root)))
        {
            byte[] prefix =
                [.. Join(line.Point, within.AsSpan(line.Root.Length == 1 ? 0 : line.Root.Length)), (byte)'/'];
            if (!prefixes.Exists(known => known.AsSpan().SequenceEqual(prefix)))
            {
                prefixes.Add(prefix);
            }
        }

        return prefixes;
    }

    private static List<Line> Parse(ReadOnlySpan<byte> mountInfo)
    {
        List<Line> lines = [];
        while (MountInfoLine.TryRead(ref mountInfo, out var mount))
        {
            lines.Add(new Line(
                lines.Count,
                mount.Device,
                ProcText.Unescape(mount.MountPoint, new byte[mount.MountPoint.Length]).ToArray(),
                ProcText.Unescape(mount.Root, new byte[mount.Root.Length]).ToArray(),
                ProcText.ToText(mount.Type),
                ProcText.ToText(mount.Options)));
        }

        return lines;
    }

    // "/run" and "/run/shm", "/" and all.
    private static bool IsBelow(ReadOnlySpan<byte> path, ReadOnlySpan<byte> folder) =>
        folder is [(byte)'/']
            || (path.StartsWith(folder) && (path.Length == folder.Length || path[folder.Length] == '/'));

    private static byte[] Join(ReadOnlySpan<byte> folder, ReadOnlySpan<byte> rest)
    {
        var start = folder is [(byte)'/'] ? default : folder;
        return start.Length + rest.Length == 0 ? [(byte)'/'] : [.. start, .. rest is [(byte)'/'] ? default : rest];
    }

    private sealed record Line(int Number, ulong Device, byte[] Point, byte[] Root, string Type, string Options);
}
