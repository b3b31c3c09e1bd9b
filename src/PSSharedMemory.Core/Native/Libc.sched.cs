using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>sched.h: the namespaces of a thread.</summary>
internal static unsafe partial class Libc
{
    public const int CLONE_NEWIPC = 0x08000000;
    public const int CLONE_NEWUTS = 0x04000000;

    /// <summary>
    /// Moves the calling thread, and no other, into a namespace: that of a descriptor of one, or of the process behind
    /// a pidfd (Linux 5.8).
    /// </summary>
    public static int setns(DescriptorHandle fd, int nstype) => Fold(setns_(fd, nstype));

    [LibraryImport(Library, EntryPoint = "setns", SetLastError = true)]
    private static partial int setns_(DescriptorHandle fd, int nstype);
}
