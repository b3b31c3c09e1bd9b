using System.Collections.Generic;
using System.Globalization;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Opens nameless objects through a process that holds them: by its descriptor (/proc/PID/fd), or by an area it has
/// mapped (/proc/PID/map_files, for root). What was opened is compared with what was listed, so neither a replaced
/// descriptor nor a reused process id leads to a wrong object.
/// </summary>
internal static class HeldObjects
{
    /// <summary>Opens it through the first of its holders that leads there.</summary>
    /// <param name="segment">As an attachment reports it.</param>
    /// <param name="access">O_RDONLY, O_RDWR or O_PATH.</param>
    /// <exception cref="ShmException">
    /// SegmentNotFound: nobody holds it any more; AccessDenied, LimitReached.
    /// </exception>
    public static DescriptorHandle Open(ShmSegment segment, int access)
    {
        var worst = 0;
        foreach (var place in segment.HeldBy)
        {
            var opened = Open(segment, place, access);
            if (!opened.IsInvalid)
            {
                return opened;
            }

            // "Forbidden" tells more than "gone".
            worst = worst is 0 or (int)Errno.ENOENT ? opened.Errno : worst;
        }

        throw (Errno)worst switch
        {
            Errno.ENOENT or Errno.ESRCH or Errno.None => NativeError.From(
                ShmErrorId.SegmentNotFound, nameof(Libc.openat), (int)Errno.ENOENT, $"open {segment}",
                "it has no name, and no process holds it any more", "", segment),
            Errno.EACCES or Errno.EPERM => NativeError.From(
                ShmErrorId.AccessDenied, nameof(Libc.openat), worst, $"open {segment}",
                "it has no name, and this user may not open what its holders have open or mapped",
                "The user of its holders may open their descriptors; only root (CAP_CHECKPOINT_RESTORE) may open what is "
                    + "only mapped.",
                segment),
            _ => NativeError.From(nameof(Libc.openat), worst, $"open {segment}", segment),
        };
    }

    /// <summary>What statx(2) says of an open object; its namespace and holders stay as they were listed.</summary>
    public static ShmSegment Describe(ShmSegment segment, DescriptorHandle descriptor) =>
        new(segment.IsNameless ? SegmentDescription.OfNameless(segment, descriptor)
            : new ShmSegment(SegmentDescription.Of(segment.Kind, segment.Name, descriptor)) { Status = segment.Status })
        {
            Descriptor = null,
            HeldBy = segment.HeldBy,
            Namespace = segment.Namespace,
            NamespaceId = segment.NamespaceId,
        };

    private static DescriptorHandle Open(ShmSegment segment, HeldPlace place, int access)
    {
        using var reader = new ProcReader();
        var status = new ProcessDoor(place.ProcessId, place.StartTicks).Approach(reader);
        if (status < 0)
        {
            return new DescriptorHandle(status == -(int)Errno.ESRCH ? -(int)Errno.ENOENT : status);
        }

        var errno = (int)Errno.ENOENT;
        foreach (var path in Paths(segment, place, reader))
        {
            // Open first, then check: the process may put something else there at any time.
            var held = Libc.open(path, Libc.O_PATH);
            if (held.IsInvalid || !IsSame(segment, held))
            {
                errno = held.IsInvalid && held.Errno != (int)Errno.ENOENT ? held.Errno : errno;
                held.Dispose();
                continue;
            }

            if (access == Libc.O_PATH)
            {
                return held;
            }

            using (held)
            {
                var opened = MemFdSegments.Reopen(held, access | Libc.O_NONBLOCK);
                if (!opened.IsInvalid)
                {
                    return opened;
                }

                errno = opened.Errno;
            }
        }

        return new DescriptorHandle(-errno);
    }

    private static IEnumerable<string> Paths(ShmSegment segment, HeldPlace place, ProcReader reader)
    {
        if (place.Descriptor is { } descriptor)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"/proc/{place.ProcessId}/fd/{descriptor}");
        }

        if (place.End > place.Start)
        {
            yield return AreaPath(place.ProcessId, place.Start, place.End);

            // Protecting or unmapping a part has split it since.
            foreach (var (start, end) in AreasOf(segment, reader))
            {
                yield return AreaPath(place.ProcessId, start, end);
            }
        }
    }

    private static string AreaPath(int processId, ulong start, ulong end) =>
        string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/map_files/{start:x}-{end:x}");

    private static List<(ulong Start, ulong End)> AreasOf(ShmSegment segment, ProcReader reader)
    {
        List<(ulong, ulong)> areas = [];
        if (reader.Load("maps\0"u8) >= 0)
        {
            var text = reader.Text;
            while (MapsLine.TryRead(ref text, out var line))
            {
                if (line.Device == segment.Device && line.Inode == segment.Inode)
                {
                    areas.Add((line.Start, line.End));
                }
            }
        }

        return areas;
    }

    private static bool IsSame(ShmSegment segment, DescriptorHandle held) =>
        Libc.statx(held, Libc.STATX_BASIC_STATS, out var data) >= 0
        && (data.stx_mode & Libc.S_IFMT) == Libc.S_IFREG
        && data.stx_ino == segment.Inode && SegmentDescription.DeviceNumber(data) == segment.Device;
}
