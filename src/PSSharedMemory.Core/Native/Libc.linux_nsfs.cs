using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>linux/nsfs.h: what a descriptor of a namespace tells.</summary>
internal static unsafe partial class Libc
{
    // _IOR(0xb7, 13, __u64): laid out alike on x86-64 and arm64.
    private const nuint NS_GET_ID = 0x8008B70D;

    /// <summary>
    /// The number of a namespace that no other gets until the next boot, unlike its inode; ENOTTY before Linux 6.18.
    /// </summary>
    public static int ioctl_ns_get_id(DescriptorHandle fd, out ulong id)
    {
        ulong value = 0;
        var result = Fold(ioctl_(fd, NS_GET_ID, &value));
        id = value;
        return result;
    }

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    private static partial int ioctl_(DescriptorHandle fd, nuint request, void* argument);
}
