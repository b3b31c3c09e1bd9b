using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>sys/ioctl.h, and what linux/fs.h asks by it of /proc/PID/maps since Linux 6.11.</summary>
internal static unsafe partial class Libc
{
    // _IOWR('f', 17, struct procmap_query)
    private const nuint PROCMAP_QUERY = 0xC068_6611;

    /// <summary>The area at query_addr.</summary>
    public const ulong PROCMAP_QUERY_ANY = 0;

    /// <summary>Or the next one.</summary>
    public const ulong PROCMAP_QUERY_COVERING_OR_NEXT_VMA = 0x10;

    /// <summary>Only areas of files.</summary>
    public const ulong PROCMAP_QUERY_FILE_BACKED_VMA = 0x20;

    /// <summary>
    /// Asks for one area. 0 or -errno: ENOENT where there is none, ENOTTY where the kernel does not know the question.
    /// </summary>
    public static int ProcMapQuery(int maps, void* query) => Fold(maps_ioctl(maps, PROCMAP_QUERY, query));

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    private static partial int maps_ioctl(int fd, nuint request, void* argument);
}
