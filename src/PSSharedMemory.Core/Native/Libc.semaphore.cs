using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>semaphore.h.</summary>
internal static unsafe partial class Libc
{
    /// <summary>Process-shared.</summary>
    public static int sem_init(nint sem, uint value) => Fold(sem_init_(sem, 1, value));

    public static int sem_trywait(nint sem)
    {
        int result;
        do
        {
            result = Fold(sem_trywait_(sem));
        }
        while (result == -(int)Errno.EINTR);

        return result;
    }

    public static int sem_post(nint sem) => Fold(sem_post_(sem));

    [LibraryImport(ThreadLibrary, EntryPoint = "sem_init", SetLastError = true)]
    private static partial int sem_init_(nint sem, int pshared, uint value);

    [LibraryImport(ThreadLibrary, EntryPoint = "sem_trywait", SetLastError = true)]
    private static partial int sem_trywait_(nint sem);

    [LibraryImport(ThreadLibrary, EntryPoint = "sem_post", SetLastError = true)]
    private static partial int sem_post_(nint sem);
}
