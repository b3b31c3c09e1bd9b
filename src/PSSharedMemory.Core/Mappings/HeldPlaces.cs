using System.Collections.Generic;
using System.Threading;

namespace PSSharedMemory;

/// <summary>Says whether the thread still holds what lies at the address.</summary>
internal delegate bool HoldTest(nint address, int threadId);

/// <summary>
/// Places in a mapping that a thread of this process is linked to, as the C library links a thread to each robust
/// mutex that it holds: the memory there must neither go nor be closed. Places are added and removed within accesses
/// to the mapping, by their own thread; they are searched within changes, when there are no accesses.
/// </summary>
/// <param name="test">Asked before a place keeps anything.</param>
internal sealed class HeldPlaces(HoldTest test)
{
    private const int Free = 0;
    private const int BeingWritten = 1;
    private const int Taken = 2;

    // One at a time is by far the most frequent, and locking a mutex should cost no other lock.
    private int _firstState;
    private Place _first;
    private readonly List<Place> _others = [];

    public bool IsEmpty => Volatile.Read(ref _firstState) == Free && _others.Count == 0;

    public void Add(long offset, int length, int threadId)
    {
        var place = new Place(offset, length, threadId);
        if (Interlocked.CompareExchange(ref _firstState, BeingWritten, Free) == Free)
        {
            _first = place;
            Volatile.Write(ref _firstState, Taken);
            return;
        }

        AddOther(place);
    }

    public void Remove(long offset, int threadId)
    {
        // The thread's own id stands there only if the thread itself wrote it.
        if (Volatile.Read(ref _firstState) == Taken && _first.ThreadId == threadId && _first.Offset == offset)
        {
            Volatile.Write(ref _firstState, Free);
            return;
        }

        RemoveOther(offset);
    }

    public bool Contains(long offset, int threadId)
    {
        if (Volatile.Read(ref _firstState) == Taken && _first.ThreadId == threadId && _first.Offset == offset)
        {
            return true;
        }

        lock (_others)
        {
            return _others.Exists(other => other.Offset == offset && other.ThreadId == threadId);
        }
    }

    /// <summary>The offset of a place within a range, and the thread that holds it.</summary>
    public (long Offset, int ThreadId)? Find(long offset, long length, nint address)
    {
        RemoveEnded(address);
        if (_firstState == Taken && _first.Overlaps(offset, length))
        {
            return (_first.Offset, _first.ThreadId);
        }

        lock (_others)
        {
            var index = _others.FindIndex(other => other.Overlaps(offset, length));
            return index < 0 ? null : (_others[index].Offset, _others[index].ThreadId);
        }
    }

    /// <summary>Forgets the places of threads that have ended, who took their links with them.</summary>
    public void RemoveEnded(nint address)
    {
        if (_firstState == Taken && !IsHeld(_first, address))
        {
            _firstState = Free;
        }

        lock (_others)
        {
            _others.RemoveAll(other => !IsHeld(other, address));
        }
    }

    // Apart from the frequent case, which makes no object for the lambda.
    private void AddOther(Place place)
    {
        lock (_others)
        {
            // What a thread left behind that has ended is now this thread's.
            _others.RemoveAll(other => other.Offset == place.Offset);
            _others.Add(place);
        }
    }

    private void RemoveOther(long offset)
    {
        lock (_others)
        {
            _others.RemoveAll(other => other.Offset == offset);
        }
    }

    private bool IsHeld(Place place, nint address) => test(address + (nint)place.Offset, place.ThreadId);

    private readonly record struct Place(long Offset, int Length, int ThreadId)
    {
        public bool Overlaps(long offset, long length) => Offset < offset + length && Offset + Length > offset;
    }
}
