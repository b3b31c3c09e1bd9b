using Microsoft.Win32.SafeHandles;

namespace PSSharedMemory.Native;

/// <summary>Owns a file descriptor, which was made close-on-exec.</summary>
internal sealed class DescriptorHandle : SafeHandleMinusOneIsInvalid
{
    public DescriptorHandle(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>The number, valid for as long as the caller keeps the handle alive.</summary>
    public int Number => (int)handle;

    protected override bool ReleaseHandle() => Libc.close((int)handle) >= 0;
}
