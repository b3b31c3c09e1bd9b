using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>
/// pthread.h: mutexes, threads. These functions return errno; the wrappers return minus errno as all others do.
/// </summary>
internal static unsafe partial class Libc
{
    // Since glibc 2.34 its functions are in libc itself, and this name leads there.
    private const string ThreadLibrary = "libpthread.so.0";

    private const int PTHREAD_PROCESS_SHARED = 1;
    private const int PTHREAD_MUTEX_ROBUST = 1;
    private const int PTHREAD_MUTEX_ERRORCHECK = 2;
    private const int PTHREAD_PRIO_INHERIT = 1;

    // Room for a pthread_attr_t: it has 56 bytes on x86-64 and 64 on arm64.
    private const int ThreadAttributeWords = 16;

    // A pthread_mutexattr_t has 4 bytes on x86-64 and 8 on arm64.
    private const int AttributeWords = 2;

    /// <summary>Whether this is the GNU C library, whose structures are known here.</summary>
    public static bool IsGnu { get; } = NativeLibrary.TryLoad(Library, typeof(Libc).Assembly, null, out var handle)
        && NativeLibrary.TryGetExport(handle, "gnu_get_libc_version", out _);

    // Called on private memory only: these functions trust the contents of a mutex.

    /// <summary>Process-shared, and checking for errors.</summary>
    public static int pthread_mutex_init(nint mutex, bool isRobust, bool inheritsPriority)
    {
        var attribute = stackalloc long[AttributeWords];
        var result = pthread_mutexattr_init(attribute);
        if (result != 0)
        {
            return -result;
        }

        result = pthread_mutexattr_setpshared(attribute, PTHREAD_PROCESS_SHARED);
        result = result == 0 && isRobust ? pthread_mutexattr_setrobust(attribute, PTHREAD_MUTEX_ROBUST) : result;
        result = result == 0 ? pthread_mutexattr_settype(attribute, PTHREAD_MUTEX_ERRORCHECK) : result;
        result =
            result == 0 && inheritsPriority ? pthread_mutexattr_setprotocol(attribute, PTHREAD_PRIO_INHERIT) : result;
        result = result == 0 ? pthread_mutex_init_(mutex, attribute) : result;
        _ = pthread_mutexattr_destroy(attribute);
        return -result;
    }

    public static int pthread_mutex_trylock(nint mutex) => -pthread_mutex_trylock_(mutex);

    public static int pthread_mutex_unlock(nint mutex) => -pthread_mutex_unlock_(mutex);

    /// <summary>Where the stack of the calling thread lies: its lowest address, and its bytes.</summary>
    public static int pthread_attr_getstack(out nint stackaddr, out nuint stacksize)
    {
        var attribute = stackalloc long[ThreadAttributeWords];
        (stackaddr, stacksize) = (0, 0);
        var result = pthread_getattr_np(pthread_self(), attribute);
        if (result == 0)
        {
            fixed (nint* address = &stackaddr)
            fixed (nuint* size = &stacksize)
            {
                result = pthread_attr_getstack_(attribute, address, size);
            }

            _ = pthread_attr_destroy(attribute);
        }

        return -result;
    }

    /// <param name="key">The key.</param>
    /// <param name="destructor">What a thread that ends calls with its value, if that is not 0.</param>
    public static int pthread_key_create(out uint key, nint destructor)
    {
        fixed (uint* pointer = &key)
        {
            return -pthread_key_create_(pointer, destructor);
        }
    }

    public static int pthread_setspecific(uint key, void* value) => -pthread_setspecific_(key, value);

    /// <summary>What was set for this thread; null if nothing was.</summary>
    [LibraryImport(ThreadLibrary)]
    public static partial void* pthread_getspecific(uint key);

    [LibraryImport(ThreadLibrary)]
    private static partial nint pthread_self();

    [LibraryImport(ThreadLibrary)]
    private static partial int pthread_getattr_np(nint thread, long* attr);

    [LibraryImport(ThreadLibrary, EntryPoint = "pthread_attr_getstack")]
    private static partial int pthread_attr_getstack_(long* attr, nint* stackaddr, nuint* stacksize);

    [LibraryImport(ThreadLibrary)]
    private static partial int pthread_attr_destroy(long* attr);

    [LibraryImport(ThreadLibrary, EntryPoint = "pthread_key_create")]
    private static partial int pthread_key_create_(uint* key, nint destructor);

    [LibraryImport(ThreadLibrary, EntryPoint = "pthread_setspecific")]
    private static partial int pthread_setspecific_(uint key, void* value);

    [LibraryImport(ThreadLibrary)]
    private static partial int pthread_mutexattr_init(long* attr);

    [LibraryImport(ThreadLibrary)]
    private static partial int pthread_mutexattr_destroy(long* attr);

    [LibraryImport(ThreadLibrary)]
    private static partial int pthread_mutexattr_setpshared(long* attr, int pshared);

    [LibraryImport(ThreadLibrary)]
    private static partial int pthread_mutexattr_setrobust(long* attr, int robustness);

    [LibraryImport(ThreadLibrary)]
    private static partial int pthread_mutexattr_settype(long* attr, int type);

    [LibraryImport(ThreadLibrary)]
    private static partial int pthread_mutexattr_setprotocol(long* attr, int protocol);

    [LibraryImport(ThreadLibrary, EntryPoint = "pthread_mutex_init")]
    private static partial int pthread_mutex_init_(nint mutex, long* attr);

    [LibraryImport(ThreadLibrary, EntryPoint = "pthread_mutex_trylock")]
    private static partial int pthread_mutex_trylock_(nint mutex);

    [LibraryImport(ThreadLibrary, EntryPoint = "pthread_mutex_unlock")]
    private static partial int pthread_mutex_unlock_(nint mutex);
}
