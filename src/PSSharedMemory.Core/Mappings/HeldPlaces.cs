using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>Says whether the thread still holds what lies at the address.</summary>
internal delegate bool HoldTest(nint address, int threadId);

/// <summary>
/// Places in a mapping that a thread of this process is linked to, as the C library links a thread to each robust
/// mutex that it holds: the memory there must neither go nor be closed. Safe from any thread.
/// </summary>
internal sealed class HeldPlaces
{
    private readonly List<Place> _places = [];

    /// <summary>Notes a place; whether it is the first.</summary>
    public bool Add(long offset, int length, int threadId, HoldTest test)
    {
        lock (_places)
        {
            var isFirst = _places.Count == 0;

            // What a thread left behind that has ended is now this thread's.
            var index = IndexOf(offset);
            if (index >= 0)
            {
                _places[index] = new Place(offset, length, threadId, test);
            }
            else
            {
                _places.Add(new Place(offset, length, threadId, test));
            }

            return isFirst;
        }
    }

    /// <summary>Forgets a place; whether none is left.</summary>
    public bool Remove(long offset)
    {
        lock (_places)
        {
            var index = IndexOf(offset);
            if (index < 0)
            {
                return false;
            }

            _places.RemoveAt(index);
            return _places.Count == 0;
        }
    }

    /// <summary>Forgets the places that nobody holds any more; whether some were and none is left.</summary>
    public bool RemoveEnded(nint address)
    {
        lock (_places)
        {
            return _places.RemoveAll(place => !place.Test(address + (nint)place.Offset, place.ThreadId)) > 0 && _places.Count == 0;
        }
    }

    /// <summary>The offset of a place, and the thread that holds it.</summary>
    public (long Offset, int ThreadId)? Find(long offset, long length, nint address)
    {
        lock (_places)
        {
            foreach (var place in _places)
            {
                if (place.Offset < offset + length && place.Offset + place.Length > offset
                    && place.Test(address + (nint)place.Offset, place.ThreadId))
                {
                    return (place.Offset, place.ThreadId);
                }
            }

            return null;
        }
    }

    public bool Contains(long offset)
    {
        lock (_places)
        {
            return IndexOf(offset) >= 0;
        }
    }

    private int IndexOf(long offset)
    {
        for (var i = 0; i < _places.Count; i++)
        {
            if (_places[i].Offset == offset)
            {
                return i;
            }
        }

        return -1;
    }

    private readonly record struct Place(long Offset, int Length, int ThreadId, HoldTest Test);
}
