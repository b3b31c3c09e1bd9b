using System;
using System.IO;
using System.Linq;

namespace PSSharedMemory;

/// <content>The mount at /dev/shm.</content>
internal static partial class HostChecks
{
    private static ShmHostCheck ShmMount(HostFacts facts)
    {
        const string Name = "ShmMount";
        if (facts.ShmMode is null)
        {
            return Fail(
                Name, Absence(facts) + ": POSIX objects cannot be made or found.",
                (facts.ShmLink is null ? "" : "rm /dev/shm; ")
                    + "mkdir -p /dev/shm; mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /dev/shm");
        }

        if (facts.ShmType is null)
        {
            return Fail(
                Name, "Nothing is mounted at /dev/shm: POSIX objects would be files on a disk, or fail.",
                "mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /dev/shm");
        }

        var place = facts.ShmRealPath == PosixFileSystem.DefaultPath ? PosixFileSystem.DefaultPath
            : $"/dev/shm is a link to {PrintableText.Of(facts.ShmRealPath)}, which";
        if (facts.ShmType != "tmpfs")
        {
            return Fail(
                Name, $"{place} is {facts.ShmType}, not tmpfs: objects are files on it, and may be written to a disk.",
                "umount /dev/shm; mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /dev/shm");
        }

        if (facts.ShmMountCount > 1)
        {
            return Warn(
                Name,
                $"{facts.ShmMountCount} file systems are mounted at {facts.ShmRealPath}: objects in the covered ones "
                    + "can no longer be found by name, but still take memory.",
                $"umount {facts.ShmRealPath}  # once for each extra one, when nobody uses it");
        }

        return facts.ShmIsMountPoint
            ? Pass(Name, $"{place} is a tmpfs.")
            : Warn(
                Name, $"{place} is a directory of a larger tmpfs: other files there take from the same room.",
                "mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /dev/shm");
    }

    private static ShmHostCheck ShmMode(HostFacts facts)
    {
        const string Name = "ShmMode";
        const string Fix = "chown root:root /dev/shm; chmod 1777 /dev/shm";
        if (facts.ShmMode is not { } mode)
        {
            return Fail(Name, Absence(facts) + ".", $"mkdir -p /dev/shm; {Fix}");
        }

        var octal = Convert.ToString((int)mode, 8);
        if ((mode & UnixFileMode.OtherWrite) != 0 && (mode & UnixFileMode.StickyBit) == 0)
        {
            return Fail(
                Name,
                $"/dev/shm has mode {octal} without the sticky bit: every user can remove and replace everybody's "
                    + "objects.",
                Fix);
        }

        if ((mode & UnixFileMode.OtherWrite) == 0)
        {
            return Warn(Name, $"/dev/shm has mode {octal}: not every user can make objects.", Fix);
        }

        return facts.ShmIsRoots switch
        {
            true => Pass(Name, $"/dev/shm has mode {octal} and belongs to root."),
            false => Fail(Name, "/dev/shm does not belong to root: its owner can remove everybody's objects.", Fix),
            null => Pass(Name, $"/dev/shm has mode {octal}; its owner is not a user of this user namespace."),
        };
    }

    private static ShmHostCheck ShmSize(HostFacts facts)
    {
        const string Name = "ShmSize";
        if (facts.ShmMode is null)
        {
            return Fail(Name, Absence(facts) + ".", "mkdir -p /dev/shm; mount -t tmpfs -o mode=1777 tmpfs /dev/shm");
        }

        var limit = Limit(facts, "/dev/shm size");
        if (limit?.Value is not { } size)
        {
            return Pass(Name, "/dev/shm has no size limit of its own.");
        }

        var megabytes = FormattableString.Invariant($"{size >> 20} MB");
        return size <= ContainerDefault
            ? Warn(
                Name, $"/dev/shm has {megabytes}: the default of containers, too small for databases and browsers.",
                "mount -o remount,size=1g /dev/shm  # Docker: --shm-size=1g; Kubernetes: an emptyDir with medium: "
                    + "Memory at /dev/shm")
            : Pass(Name, $"/dev/shm has {megabytes}.");
    }

    private static ShmHostCheck ShmOptions(HostFacts facts)
    {
        const string Name = "ShmOptions";
        if (facts.ShmMode is null)
        {
            return Fail(Name, Absence(facts) + ".", "mkdir -p /dev/shm; mount -t tmpfs -o mode=1777 tmpfs /dev/shm");
        }

        var options = facts.ShmOptions.Split(',');
        if (options.Contains("ro"))
        {
            return Fail(Name, "/dev/shm is mounted read-only.", "mount -o remount,rw /dev/shm");
        }

        return Pass(Name, options.Contains("noexec")
            ? "/dev/shm is mounted noexec: a mapping with Execute is refused."
            : "/dev/shm can be written.");
    }

    // Why there is no such directory, as the beginning of a sentence.
    private static string Absence(HostFacts facts) => facts.ShmLink is { } link
        ? $"/dev/shm is a link to {PrintableText.Of(link)}, which isn't there"
        : "There is no directory /dev/shm, or this user may not reach it";
}
