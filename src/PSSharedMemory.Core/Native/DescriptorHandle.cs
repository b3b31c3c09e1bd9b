using System;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace PSSharedMemory.Native;

/// <summary>
/// Owns a file descriptor, which was made close-on-exec. Calls take the handle, not its number, so that the descriptor
/// stays open until they return, even if somebody disposes of it or drops it meanwhile.
/// </summary>
internal sealed class DescriptorHandle : SafeHandleMinusOneIsInvalid
{
    /// <summary>Owns what a call answered: a descriptor, or minus errno for an invalid handle.</summary>
    public DescriptorHandle(int result)
        : base(ownsHandle: true)
    {
        SetHandle(Math.Max(result, -1));
        Errno = result < 0 ? -result : 0;
    }

    /// <summary>Why the handle is invalid; 0 where it is not.</summary>
    public int Errno { get; }

    /// <summary>
    /// The number, valid for as long as the caller keeps the handle alive: for messages and for what is handed down.
    /// </summary>
    public int Number => (int)handle;

    /// <summary>
    /// Makes a call on the path that leads to the open file, /proc/self/fd/N, which stays this file's until it returns.
    /// </summary>
    public int WithPath(Func<string, int> call)
    {
        var isHeld = false;
        try
        {
            DangerousAddRef(ref isHeld);
            return call(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{Number}"));
        }
        finally
        {
            if (isHeld)
            {
                DangerousRelease();
            }
        }
    }

    protected override bool ReleaseHandle() => Libc.close((int)handle) >= 0;
}
