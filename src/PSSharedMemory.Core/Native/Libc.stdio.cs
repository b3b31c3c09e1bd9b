using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>stdio.h: renaming. By its number, since no C library has it on every host.</summary>
internal static unsafe partial class Libc
{
    public const uint RENAME_NOREPLACE = 1;

    private static readonly nint SYS_renameat2 =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 276 : 316;

    /// <summary>renameat2(2) of two paths, which are NUL-terminated bytes. Flags are 0 or RENAME_NOREPLACE.</summary>
    public static int renameat2(byte* oldpath, byte* newpath, uint flags)
    {
        var result = (int)Fold((long)syscall_renameat2(SYS_renameat2, AT_FDCWD, oldpath, AT_FDCWD, newpath, flags));

        // A filter may know the older call alone, which does the same where no flag is asked for.
        return flags == 0 && (Errno)(-result) is Errno.ENOSYS or Errno.EPERM
            ? Fold(renameat_(AT_FDCWD, oldpath, AT_FDCWD, newpath))
            : result;
    }

    /// <summary>The same below open directories.</summary>
    public static int renameat2(
        DescriptorHandle olddirfd, byte* oldpath, DescriptorHandle newdirfd, byte* newpath, uint flags) =>
        (int)Fold((long)syscall_renameat2(SYS_renameat2, olddirfd, oldpath, newdirfd, newpath, flags));

    [LibraryImport(Library, EntryPoint = "renameat", SetLastError = true)]
    private static partial int renameat_(int olddirfd, byte* oldpath, int newdirfd, byte* newpath);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall_renameat2(
        nint number, nint olddirfd, byte* oldpath, nint newdirfd, byte* newpath, nuint flags);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall_renameat2(
        nint number, DescriptorHandle olddirfd, byte* oldpath, DescriptorHandle newdirfd, byte* newpath, nuint flags);
}
