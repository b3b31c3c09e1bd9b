using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>sys/resource.h: limits of this process.</summary>
internal static unsafe partial class Libc
{
    public const int RLIMIT_FSIZE = 1;

    /// <summary>All bits set where there is no limit.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct rlimit
    {
        public ulong rlim_cur;
        public ulong rlim_max;
    }

    public static int getrlimit(int resource, out rlimit limit)
    {
        fixed (rlimit* pointer = &limit)
        {
            *pointer = default;
            return Fold(getrlimit_(resource, pointer));
        }
    }

    [LibraryImport(Library, EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int getrlimit_(int resource, rlimit* limit);
}
