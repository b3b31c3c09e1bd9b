using System;
using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>pthread.h: mutexes. These functions return errno; the wrappers return minus errno as all others do.</summary>
internal static unsafe partial class Libc
{
    // Since glibc 2.34 its functions are in libc itself, and this name leads there.
    private const string ThreadLibrary = "libpthread.so.0";

    private const int PTHREAD_PROCESS_SHARED = 1;
    private const int PTHREAD_MUTEX_ROBUST = 1;
    private const int PTHREAD_MUTEX_ERRORCHECK = 2;
    private const int PTHREAD_PRIO_INHERIT = 1;
    private const int CLOCK_MONOTONIC = 1;

    // A pthread_mutexattr_t has 4 bytes on x86-64 and 8 on arm64.
    private const int AttributeWords = 2;

    /// <summary>Whether this is the GNU C library, whose structures are known here.</summary>
    public static bool IsGnu { get; } = NativeLibrary.TryLoad(Library, typeof(Libc).Assembly, null, out var handle)
        && NativeLibrary.TryGetExport(handle, "gnu_get_libc_version", out _);

    /// <summary>Process-shared, robust, and checking for errors: locking twice is reported and never hangs.</summary>
    public static int pthread_mutex_init(nint mutex, bool priorityInherit)
    {
        var attribute = stackalloc long[AttributeWords];
        var result = pthread_mutexattr_init(attribute);
        if (result != 0)
        {
            return -result;
        }

        result = pthread_mutexattr_setpshared(attribute, PTHREAD_PROCESS_SHARED);
        result = result == 0 ? pthread_mutexattr_setrobust(attribute, PTHREAD_MUTEX_ROBUST) : result;
        result = result == 0 ? pthread_mutexattr_settype(attribute, PTHREAD_MUTEX_ERRORCHECK) : result;
        result = result == 0 && priorityInherit ? pthread_mutexattr_setprotocol(attribute, PTHREAD_PRIO_INHERIT) : result;
        result = result == 0 ? pthread_mutex_init_(mutex, attribute) : result;
        _ = pthread_mutexattr_destroy(attribute);
        return -result;
    }

    public static int pthread_mutex_trylock(nint mutex) => -pthread_mutex_trylock_(mutex);

    public static int pthread_mutex_unlock(nint mutex) => -pthread_mutex_unlock_(mutex);

    public static int pthread_mutex_consistent(nint mutex) => -pthread_mutex_consistent_(mutex);

    /// <summary>
    /// Waits for the lock no longer than the time. By the clock that nobody sets; -ENOSYS where the C library (before
    /// 2.30) or the kernel has no such wait for this kind of mutex.
    /// </summary>
    public static int pthread_mutex_clocklock(nint mutex, TimeSpan timeout)
    {
        timespec now;
        _ = clock_gettime(CLOCK_MONOTONIC, &now);
        var end = timespec.From(new TimeSpan((now.tv_sec * TimeSpan.TicksPerSecond) + (now.tv_nsec / TimeSpan.NanosecondsPerTick)) + timeout);
        try
        {
            var result = pthread_mutex_clocklock_(mutex, CLOCK_MONOTONIC, &end);
            return result == (int)Errno.EINVAL ? -(int)Errno.ENOSYS : -result;
        }
        catch (EntryPointNotFoundException)
        {
            return -(int)Errno.ENOSYS;
        }
    }

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

    // These two never sleep, and the way in and out of the collector's sight would cost as much as they do.
    [LibraryImport(ThreadLibrary, EntryPoint = "pthread_mutex_trylock")]
    [SuppressGCTransition]
    private static partial int pthread_mutex_trylock_(nint mutex);

    [LibraryImport(ThreadLibrary, EntryPoint = "pthread_mutex_unlock")]
    [SuppressGCTransition]
    private static partial int pthread_mutex_unlock_(nint mutex);

    [LibraryImport(ThreadLibrary, EntryPoint = "pthread_mutex_consistent")]
    private static partial int pthread_mutex_consistent_(nint mutex);

    [LibraryImport(ThreadLibrary, EntryPoint = "pthread_mutex_clocklock")]
    private static partial int pthread_mutex_clocklock_(nint mutex, int clockid, timespec* abstime);

    [LibraryImport(Library)]
    private static partial int clock_gettime(int clockid, timespec* time);
}
