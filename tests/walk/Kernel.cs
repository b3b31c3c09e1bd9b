using System.Runtime.InteropServices;

namespace PSSharedMemory.Walk;

/// <summary>The few calls that a hostile peer makes, past the library.</summary>
internal static partial class Kernel
{
    private const int IPC_RMID = 0;

    public static int Remove(int id) => shmctl(id, IPC_RMID, 0);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int truncate(string path, long length);

    [LibraryImport("libc")]
    private static partial int shmctl(int shmid, int cmd, nint buf);
}
