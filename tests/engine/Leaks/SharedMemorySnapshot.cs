using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace PSSharedMemory.EngineTests.Leaks;

/// <summary>
/// What the kernel shows of shared memory at one moment: the segments of both families on this machine, and the mappings
/// and descriptors of this process. Read from /proc and /dev/shm, with nothing of the module's.
/// </summary>
internal sealed record SharedMemorySnapshot(
    IReadOnlyList<SysVSegment> Segments, IReadOnlyList<string> PosixObjects,
    IReadOnlyList<string> Mappings, IReadOnlyList<string> Descriptors)
{
    // The runtime's own: it maps the code it compiles twice, through a memfd of this name.
    private const string RuntimeMemFd = "/memfd:doublemapper";

    private static readonly string[] SharedMemory = ["/dev/shm/", "/SYSV", "/memfd:", "/dev/hugepages/", "anon_inode:[pidfd]"];

    public static SharedMemorySnapshot Take() => new(
        [.. File.ReadLines("/proc/sysvipc/shm").Skip(1).Select(SysVSegment.Parse)],
        [.. Directory.Exists("/dev/shm") ? Directory.GetFileSystemEntries("/dev/shm").Select(Path.GetFileName).OfType<string>() : []],
        [.. File.ReadLines("/proc/self/maps").Where(IsSharedMemory)],
        [.. OpenDescriptors().Where(IsSharedMemory)]);

    private static IEnumerable<string> OpenDescriptors()
    {
        foreach (var entry in Directory.GetFileSystemEntries("/proc/self/fd"))
        {
            var target = new FileInfo(entry).LinkTarget;
            if (target is not null)
            {
                yield return $"{Path.GetFileName(entry)} {target}";
            }
        }
    }

    private static bool IsSharedMemory(string line) =>
        !line.Contains(RuntimeMemFd, StringComparison.Ordinal)
        && SharedMemory.Any(place => line.Contains($" {place}", StringComparison.Ordinal));
}

/// <summary>A line of /proc/sysvipc/shm.</summary>
internal sealed record SysVSegment(int Id, string Key, int CreatorProcessId, long Attached)
{
    public static SysVSegment Parse(string line)
    {
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new SysVSegment(Number(fields[1]), fields[0], Number(fields[4]), long.Parse(fields[6], CultureInfo.InvariantCulture));
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
