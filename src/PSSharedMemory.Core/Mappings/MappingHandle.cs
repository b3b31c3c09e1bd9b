using System.Runtime.InteropServices;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Owns what is attached of one mapping and detaches it exactly once, in its finalizer at the latest.
/// </summary>
internal sealed class MappingHandle : SafeHandle
{
    private readonly bool _isSysV;
    private long _areas = 1;
    private int _place = -1;

    /// <param name="address">Where it is.</param>
    /// <param name="length">Bytes, in whole pages.</param>
    /// <param name="isSysV">Whether shmdt detaches it rather than munmap.</param>
    public MappingHandle(nint address, nuint length, bool isSysV)
        : base(-1, ownsHandle: true)
    {
        _isSysV = isSysV;
        Ranges = new OwnedRanges(address, (nint)length);
        SetHandle(address);
        AreaBudget.Add(_areas);
    }

    public override bool IsInvalid => handle == -1;

    /// <summary>Where the mapping begins, whoever owns that address.</summary>
    public nint Address => handle;

    /// <summary>The addresses that are its own.</summary>
    public OwnedRanges Ranges { get; }

    /// <summary>Puts it under the guard.</summary>
    /// <param name="length">Bytes, in whole pages.</param>
    /// <param name="pageSize">Bytes of one page.</param>
    public void Guard(nuint length, long pageSize) => Ranges.Guard((nint)length, pageSize);

    /// <summary>Follows an mremap, an munmap of its end, or an mmap behind it.</summary>
    /// <param name="address">Where it begins now.</param>
    /// <param name="before">Bytes it had, in whole pages.</param>
    /// <param name="after">Bytes it has, in whole pages.</param>
    public void Move(nint address, long before, long after)
    {
        Ranges.Follow(handle, address, (nint)before, (nint)after);
        SetHandle(address);
    }

    /// <summary>Records how many areas the kernel has made of it.</summary>
    public void SetAreas(long areas)
    {
        AreaBudget.Add(areas - _areas);
        _areas = areas;
    }

    /// <summary>Lists the mapping that it is of, for as long as it owns the addresses.</summary>
    public void BecomeLive(ShmMapping mapping) => _place = LiveMappings.Add(mapping);

    protected override bool ReleaseHandle()
    {
        SetAreas(0);
        Ranges.EndGuard();
        if (_place >= 0)
        {
            LiveMappings.Remove(_place);
            _place = -1;
        }

        // shmdt recognizes an attachment by its first page. Where something else lies there now, it detaches that, or
        // leaves it and what else isn't the segment's; munmap lowers the attach count just as well.
        return _isSysV && !Ranges.HasLost && !Ranges.HasGivenUp ? DetachWhole() : Ranges.Unmap();
    }

    /// <summary>By munmap where a filter of system calls refuses shmdt: its only error of its own is EINVAL.</summary>
    private bool DetachWhole() => Libc.shmdt(handle) switch
    {
        >= 0 => true,
        -(int)Errno.EINVAL => false,
        _ => Ranges.Unmap(),
    };
}
