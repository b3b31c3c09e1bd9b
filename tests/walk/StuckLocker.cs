using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace PSSharedMemory.Walk;

/// <summary>
/// Stops for ever in the middle of locking or unlocking a mutex, so that it can be killed right there:
/// <c>stuck lock|lock-second|unlock|unlock-second NAME OFFSET</c>. The word of the mutex is the end of a page, and the
/// page behind it, with all its other fields, is write-protected by userfaultfd(2): the first store there waits.
/// </summary>
public static unsafe partial class StuckLocker
{
    private const int CloseOnExec = 0x80000;
    private const long Api = 0xC018AA3F;
    private const long Register = 0xC020AA00;
    private const long WriteProtect = 0xC018AA06;
    private const long RegisterForWriteProtection = 2;
    private const long Features = 1 | (1 << 12);

    /// <summary>Says "stuck" when it is, or "unsupported" where the kernel does not have it.</summary>
    public static int Run(string how, string name, long offset)
    {
        var mapping = ShmMapping.Mount(PosixSegments.FromName(name));
        var mutex = new ShmMutex(mapping, offset);
        if (how.EndsWith("second", StringComparison.Ordinal))
        {
            // Whoever holds another goes the longer way.
            new ShmMutex(mapping, 0).Lock();
        }

        // Once as it will be, so that only the kernel is between the steps.
        mutex.Lock();
        if (how.StartsWith("lock", StringComparison.Ordinal))
        {
            mutex.Unlock();
        }

        var faults = Protect((nint)(mapping.Address + offset + sizeof(long)));
        if (faults < 0)
        {
            Console.WriteLine("unsupported");
            return 0;
        }

        // The one that holds it must be the one that unlocks it.
        var owner = new Thread(() => ReadFault(faults)) { IsBackground = true };
        owner.Start();
        if (how.StartsWith("lock", StringComparison.Ordinal))
        {
            mutex.Lock();
        }
        else
        {
            mutex.Unlock();
        }

        Console.WriteLine("not stuck");
        return 1;
    }

    private static void ReadFault(int faults)
    {
        var message = stackalloc byte[32];
        if (read(faults, message, 32) == 32)
        {
            Console.WriteLine("stuck");
        }

        Thread.Sleep(Timeout.Infinite);
    }

    private static int Protect(nint page)
    {
        var number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 282 : 323;
        var faults = (int)syscall(number, CloseOnExec);
        if (faults < 0)
        {
            return -1;
        }

        var api = stackalloc long[] { 0xAA, Features, 0 };
        var register = stackalloc long[] { page, Environment.SystemPageSize, RegisterForWriteProtection, 0 };
        var protect = stackalloc long[] { page, Environment.SystemPageSize, 1 };
        return ioctl(faults, Api, api) == 0 && ioctl(faults, Register, register) == 0
            && ioctl(faults, WriteProtect, protect) == 0
            ? faults
            : -1;
    }

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, nint argument);

    [LibraryImport("libc")]
    private static partial int ioctl(int descriptor, long request, long* argument);

    [LibraryImport("libc")]
    private static partial nint read(int descriptor, byte* buffer, nint length);
}
