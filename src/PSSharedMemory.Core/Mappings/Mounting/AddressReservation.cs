using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Addresses without memory that keep others out.</summary>
internal static class AddressReservation
{
    private const int Flags = Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE;

    /// <summary>Reserves a range if nothing lies there; 0, or minus errno: EEXIST where something does.</summary>
    public static int TryTake(nint address, nint length)
    {
        var found = Libc.mmap(
            address, (nuint)length, Libc.PROT_NONE, Flags | Libc.MAP_FIXED_NOREPLACE, -1, 0);
        if (found == address || Libc.IsError(found))
        {
            return (int)Math.Min(0, found);
        }

        // A kernel before 4.17 takes the address as a hint.
        Give(found, length);
        return -(int)Errno.EEXIST;
    }

    /// <summary>Reserves a range whatever lies there; 0, or minus errno.</summary>
    public static int Cover(nint address, nint length) => (int)Math.Min(
        0, Libc.mmap(address, (nuint)length, Libc.PROT_NONE, Flags | Libc.MAP_FIXED, -1, 0));

    /// <summary>Gives it back.</summary>
    public static void Give(nint address, nint length) => _ = Libc.munmap(address, (nuint)length);
}
