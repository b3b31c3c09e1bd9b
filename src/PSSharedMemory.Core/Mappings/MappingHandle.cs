using System.Runtime.InteropServices;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Owns one attached address range; detaches it exactly once, by its finalizer at the latest.</summary>
internal sealed class MappingHandle : SafeHandle
{
    private readonly bool _isSysV;
    private nuint _length;
    private long _areas = 1;

    /// <param name="address">Where it is.</param>
    /// <param name="length">Bytes, in whole pages.</param>
    /// <param name="isSysV">Whether shmdt detaches it, and not munmap.</param>
    public MappingHandle(nint address, nuint length, bool isSysV)
        : base(-1, ownsHandle: true)
    {
        _isSysV = isSysV;
        _length = length;
        SetHandle(address);
        AreaBudget.Add(_areas);
    }

    public override bool IsInvalid => handle == -1;

    public nint Address => handle;

    /// <summary>Follows an mremap.</summary>
    public void Move(nint address, nuint length)
    {
        SetHandle(address);
        _length = length;
    }

    /// <summary>Tells how many areas the kernel has made of it.</summary>
    public void SetAreas(long areas)
    {
        AreaBudget.Add(areas - _areas);
        _areas = areas;
    }

    protected override bool ReleaseHandle()
    {
        SetAreas(0);
        return (_isSysV ? Libc.shmdt(handle) : Libc.munmap(handle, _length)) >= 0;
    }
}
