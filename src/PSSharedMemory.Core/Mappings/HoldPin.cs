using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// Keeps an address range for as long as a thread of this process is linked to a place in it, even where the mapping
/// was dismounted or dropped meanwhile.
/// </summary>
internal sealed class HoldPin
{
    private readonly MappingHandle _handle;
    private readonly HeldPlaces _held;
    private int _isReleased;

    public HoldPin(MappingHandle handle, HeldPlaces held)
    {
        _handle = handle;
        _held = held;
        var isAdded = false;
        _handle.DangerousAddRef(ref isAdded);
    }

    ~HoldPin() => ReleaseIfUnused();

    /// <summary>Lets the range go if nobody is linked to it. Called within a change, or when nobody can access it any more.</summary>
    public void ReleaseIfUnused()
    {
        _held.RemoveEnded(_handle.Address);
        if (_held.IsEmpty && Interlocked.Exchange(ref _isReleased, 1) == 0)
        {
            _handle.DangerousRelease();
        }
    }
}
