using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>sys/inotify.h (inotify(7)).</summary>
internal static unsafe partial class Libc
{
    public const uint IN_MODIFY = 2;
    public const uint IN_OPEN = 0x20;
    public const uint IN_MOVED_FROM = 0x40;
    public const uint IN_MOVED_TO = 0x80;
    public const uint IN_CREATE = 0x100;
    public const uint IN_DELETE = 0x200;
    public const uint IN_Q_OVERFLOW = 0x4000;
    public const uint IN_IGNORED = 0x8000;
    public const uint IN_ISDIR = 0x40000000;

    /// <summary>Non-blocking and close-on-exec; or why there is none.</summary>
    public static DescriptorHandle inotify_init() => new(Fold(inotify_init1(O_NONBLOCK | O_CLOEXEC)));

    /// <summary>The number of the watch, or -errno. The path is NUL-terminated.</summary>
    public static int inotify_add_watch(DescriptorHandle fd, byte* pathname, uint mask) =>
        Fold(inotify_add_watch_(fd, pathname, mask));

    [LibraryImport(Library, SetLastError = true)]
    private static partial int inotify_init1(int flags);

    [LibraryImport(Library, EntryPoint = "inotify_add_watch", SetLastError = true)]
    private static partial int inotify_add_watch_(DescriptorHandle fd, byte* pathname, uint mask);
}
