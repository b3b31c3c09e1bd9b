using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>sys/mount.h, of which glibc has these since 2.36 only (fsopen(2)). Linux 5.2.</summary>
internal static unsafe partial class Libc
{
    // The same numbers on every architecture.
    private const nint SYS_fsopen = 430;
    private const nint SYS_fsconfig = 431;
    private const nint SYS_fsmount = 432;

    private const nint FSOPEN_CLOEXEC = 1;
    private const nint FSCONFIG_CMD_CREATE = 6;
    private const nint FSMOUNT_CLOEXEC = 1;

    /// <summary>
    /// A file system that is mounted nowhere and seen by nobody else; it goes with the descriptor. The type is
    /// NUL-terminated.
    /// </summary>
    public static DescriptorHandle MountNowhere(byte* type)
    {
        using var context = new DescriptorHandle(
            (int)Fold(mount_syscall(SYS_fsopen, (nint)type, FSOPEN_CLOEXEC, 0, 0, 0)));
        if (context.IsInvalid)
        {
            return new DescriptorHandle(-context.Errno);
        }

        var made = Fold(mount_syscall(SYS_fsconfig, context.Number, FSCONFIG_CMD_CREATE, 0, 0, 0));
        return new DescriptorHandle(
            (int)(made < 0 ? made : Fold(mount_syscall(SYS_fsmount, context.Number, FSMOUNT_CLOEXEC, 0, 0, 0))));
    }

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial long mount_syscall(nint number, nint a, nint b, nint c, nint d, nint e);
}
