using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>sys/fanotify.h and file handles (fanotify(7), open_by_handle_at(2)).</summary>
internal static unsafe partial class Libc
{
    public const uint FAN_CLOEXEC = 1;
    public const uint FAN_NONBLOCK = 2;
    public const uint FAN_REPORT_PIDFD = 0x80;

    /// <summary>FAN_REPORT_DIR_FID and FAN_REPORT_NAME: the directory's handle and the name in it.</summary>
    public const uint FAN_REPORT_DFID_NAME = 0xC00;

    public const uint FAN_MARK_ADD = 1;
    public const uint FAN_MARK_FILESYSTEM = 0x100;

    public const ulong FAN_MODIFY = 2;
    public const ulong FAN_OPEN = 0x20;
    public const ulong FAN_MOVED_FROM = 0x40;
    public const ulong FAN_MOVED_TO = 0x80;
    public const ulong FAN_CREATE = 0x100;
    public const ulong FAN_DELETE = 0x200;
    public const ulong FAN_Q_OVERFLOW = 0x4000;

    public const byte FAN_EVENT_INFO_TYPE_DFID_NAME = 2;
    public const byte FAN_EVENT_INFO_TYPE_PIDFD = 4;

    /// <summary>A group of events, or why there is none.</summary>
    public static DescriptorHandle fanotify_init(uint flags, uint event_f_flags) =>
        new(Fold(fanotify_init_(flags, event_f_flags)));

    public static int fanotify_mark(DescriptorHandle fd, uint flags, ulong mask, DescriptorHandle directory)
    {
        var dot = stackalloc byte[] { (byte)'.', 0 };
        return Fold(fanotify_mark_(fd, flags, mask, directory, dot));
    }

    /// <summary>What a struct file_handle stands for, on the file system of another descriptor; O_PATH.</summary>
    public static DescriptorHandle open_by_handle_at(DescriptorHandle mount, byte* handle) =>
        new(Fold(open_by_handle_at_(mount, handle, O_PATH | O_CLOEXEC)));

    [LibraryImport(Library, EntryPoint = "fanotify_init", SetLastError = true)]
    private static partial int fanotify_init_(uint flags, uint event_f_flags);

    [LibraryImport(Library, EntryPoint = "fanotify_mark", SetLastError = true)]
    private static partial int fanotify_mark_(
        DescriptorHandle fd, uint flags, ulong mask, DescriptorHandle dirfd, byte* pathname);

    [LibraryImport(Library, EntryPoint = "open_by_handle_at", SetLastError = true)]
    private static partial int open_by_handle_at_(DescriptorHandle mount_fd, byte* handle, int flags);
}
