using System.Runtime.InteropServices;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Owns one attached address range and detaches it exactly once, in its finalizer at the latest.</summary>
internal sealed unsafe class MappingHandle : SafeHandle
{
    // What the private zero pages allow. They belong to nobody, so any store may reach them: one that they refused
    // would fault forever.
    private const int ZeroProtection = Libc.PROT_READ | Libc.PROT_WRITE;

    private readonly bool _isSysV;
    private nuint _length;
    private long _areas = 1;
    private long _pageSize;
    private long _hitsBefore;
    private bool _hasLost;
    private int _place = -1;

    /// <param name="address">Where it is.</param>
    /// <param name="length">Bytes, in whole pages.</param>
    /// <param name="isSysV">Whether shmdt detaches it rather than munmap.</param>
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

    /// <summary>The guard's entry, which counts what is lost.</summary>
    public GuardEntry* Entry { get; private set; } = FaultGuard.Nothing;

    /// <summary>Puts it under the guard.</summary>
    /// <param name="length">Bytes, in whole pages.</param>
    /// <param name="pageSize">Bytes of one page.</param>
    public void Guard(nuint length, long pageSize)
    {
        _length = length;
        _pageSize = pageSize;
        Entry = FaultGuard.Add(handle, (long)length, pageSize, ZeroProtection);
    }

    /// <summary>Follows an mremap.</summary>
    public void Move(nint address, nuint length)
    {
        SetHandle(address);
        _length = length;
        if (Entry != FaultGuard.Nothing)
        {
            EndGuard();
            Entry = FaultGuard.Add(address, (long)length, _pageSize, ZeroProtection);
        }
    }

    /// <summary>Takes it from the guard, which gets back the areas it has spent here.</summary>
    public void EndGuard()
    {
        _hasLost |= Entry->Hits != 0;
        FaultGuard.Remove(Entry);
        RestoreAreas();
        Entry = FaultGuard.Nothing;
        _hitsBefore = 0;
    }

    /// <summary>The addresses belong to another mapping now and aren't released.</summary>
    public void LetGo()
    {
        EndBooks();
        SetHandleAsInvalid();
    }

    /// <summary>All lost pages are mapped again; returns the areas they have cost.</summary>
    public void RestoreAreas()
    {
        var hits = Volatile.Read(ref Entry->Hits);
        AreaBudget.GiveBack(hits - _hitsBefore);
        _hitsBefore = hits;
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
        EndBooks();

        // shmdt recognizes an attachment by its first page and leaves what replaced other pages.
        return (_isSysV && !_hasLost ? Libc.shmdt(handle) : Libc.munmap(handle, _length)) >= 0;
    }

    private void EndBooks()
    {
        SetAreas(0);
        EndGuard();
        if (_place >= 0)
        {
            LiveMappings.Remove(_place);
            _place = -1;
        }
    }
}
