using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// The mutexes that the calling thread holds. The C library links them to one another, in the shared memory itself:
/// locking or unlocking one writes to its neighbours, wherever their links point. A peer that truncates the object of
/// one, or anybody who writes over it, would end this process at the next use of another; so the links are compared
/// with this record before each use, and what is lost is taken out of the list.
/// </summary>
internal sealed unsafe class RobustLinks
{
    [ThreadStatic]
    private static RobustLinks? t_mine;

    // The oldest first; the list has them the other way round.
    private readonly List<Link> _links = [];
    private readonly List<Link> _lost = [];
    private readonly Libc.robust_list_head* _list = ListOfThread();

    private RobustLinks()
    {
    }

    /// <summary>Those of the calling thread.</summary>
    public static RobustLinks Mine => t_mine ??= new RobustLinks();

    /// <summary>The kernel's id of the thread.</summary>
    public int ThreadId { get; } = PthreadMutex.ThreadId;

    /// <summary>This thread has locked a mutex.</summary>
    public void Add(ShmMapping mapping, long offset, nint address)
    {
        // A recursive mutex is linked once.
        if (IndexOf(address) < 0)
        {
            _links.Add(new Link(
                mapping, offset, address, PthreadMutex.InheritsPriority(address), mapping is { IsGuarded: false, Segment.Kind: ShmKind.SysV }));
        }
    }

    /// <summary>This thread has unlocked it.</summary>
    public void Remove(nint address)
    {
        if (IndexOf(address) is var index and >= 0)
        {
            _links.RemoveAt(index);
        }
    }

    /// <summary>
    /// The address by which this thread is linked to a mutex, given in any mapping of it; 0 where it is not, whatever the
    /// bytes there say.
    /// </summary>
    public nint Find(nint address) => IndexOf(address) >= 0 ? address : FindByLinks(address);

    /// <summary>Whether this thread is still linked to a mutex, once what is lost has been taken out.</summary>
    public bool IsLinked(nint address)
    {
        Check();
        return IndexOf(address) >= 0;
    }

    /// <summary>Makes sure that no link leads astray; what this thread held and lost is held no longer. Within no lease.</summary>
    public void Mend()
    {
        if (IsClear)
        {
            return;
        }

        Check();
        if (_lost.Count > 0)
        {
            EndLostHolds();
        }
    }

    /// <summary>Another mapping of one has the same links in it, which no two have.</summary>
    private nint FindByLinks(nint address)
    {
        var index = _links.FindIndex(link =>
            Read(link.Place) == *(nint*)(address + PthreadMutex.NextOffset)
            && Read(link.Address + PthreadMutex.PreviousOffset) == *(nint*)(address + PthreadMutex.PreviousOffset));
        return index < 0 ? 0 : _links[index].Address;
    }

    /// <summary>Whether there is nothing to look at.</summary>
    private bool IsClear => _links.Count == 0 && _lost.Count == 0 && _list->list == Head;

    private void EndLostHolds()
    {
        foreach (var lost in _lost)
        {
            lost.Mapping.EndLostHold(lost.Offset, ThreadId);
        }

        _lost.Clear();
    }

    /// <summary>What the first and the last in the list are linked to.</summary>
    private nint Head => (nint)_list;

    private static Libc.robust_list_head* ListOfThread()
    {
        var result = Libc.get_robust_list(out var list);
        return result >= 0 ? list : throw NativeError.From(nameof(Libc.get_robust_list), -result, "look at the mutexes that this thread holds");
    }

    private int IndexOf(nint address)
    {
        // The newest is by far the most frequent.
        var links = CollectionsMarshal.AsSpan(_links);
        for (var i = links.Length - 1; i >= 0; i--)
        {
            if (links[i].Address == address)
            {
                return i;
            }
        }

        return -1;
    }

    private void Check()
    {
        for (var i = 0; i < _links.Count; i++)
        {
            if (!IsSound(i))
            {
                Rebuild();
                return;
            }
        }

        if (!IsFrontSound())
        {
            Rebuild();
        }
    }

    /// <summary>Whether the list begins with the newest, or with one that other code of this thread has locked since.</summary>
    private bool IsFrontSound()
    {
        var links = CollectionsMarshal.AsSpan(_links);
        return _list->list == (links.IsEmpty ? Head : links[^1].Marked)
            || Read((_list->list & ~1) + PthreadMutex.PreviousOffset - PthreadMutex.NextOffset) == Head;
    }

    /// <summary>Whether the mutex is there, this thread's, and linked to the neighbours that the record has.</summary>
    private bool IsSound(int index)
    {
        ref readonly var link = ref CollectionsMarshal.AsSpan(_links)[index];
        return link.IsCertain ? IsSound(index, link, (byte*)link.Address) : IsSoundCopy(index, link);
    }

    private bool IsSoundCopy(int index, in Link link)
    {
        var fields = stackalloc byte[PthreadMutex.Size];
        return GuardedCopy.Read(link.Address, new Span<byte>(fields, PthreadMutex.Size)) == PthreadMutex.Size && IsSound(index, link, fields);
    }

    private bool IsSound(int index, in Link link, byte* fields)
    {
        var next = *(nint*)(fields + PthreadMutex.NextOffset);
        var previous = *(nint*)(fields + PthreadMutex.PreviousOffset) & ~1;
        return PthreadMutex.HolderOf((nint)fields) == ThreadId
            && PthreadMutex.IsUsable((nint)fields)
            && (next == After(index) || LinksBack(next, PthreadMutex.PreviousOffset - PthreadMutex.NextOffset, link))
            && (previous == Before(index) || LinksBack(previous, 0, link));
    }

    /// <summary>Whether the neighbour, which other code of this thread must have locked, has a link back.</summary>
    private static bool LinksBack(nint place, int offset, in Link link) =>
        (place & ~1) != link.Place && (Read((place & ~1) + offset) & ~1) == link.Place;

    /// <summary>What stands there; 0 where nothing does.</summary>
    private static nint Read(nint address)
    {
        nint value = 0;
        return GuardedCopy.Read(address, new Span<byte>(&value, sizeof(nint))) == sizeof(nint) ? value : 0;
    }

    /// <summary>Where the object ends within the page, the rest of that reads as zeros: then nobody holds it.</summary>
    private static bool IsThere(Link link, byte* fields) =>
        GuardedCopy.Read(link.Address, new Span<byte>(fields, PthreadMutex.Size)) == PthreadMutex.Size
        && PagePopulation.IsWritable(link.Address, PthreadMutex.Size);

    /// <summary>What the list has behind one: the next older.</summary>
    private nint After(int index) => index > 0 ? _links[index - 1].Marked : Head;

    /// <summary>What the list has before one: the next newer.</summary>
    private nint Before(int index) => index + 1 < _links.Count ? _links[index + 1].Place : Head;

    /// <summary>Links those anew that are still there and this thread's, and takes the others out.</summary>
    private void Rebuild()
    {
        _lost.AddRange(_links.FindAll(link => !IsMine(link)));
        _links.RemoveAll(_lost.Contains);

        // The kernel follows the list from its head if this thread is killed: that changes last.
        var pair = stackalloc nint[2];
        for (var i = 0; i < _links.Count; i++)
        {
            (pair[0], pair[1]) = (Before(i), After(i));
            _ = GuardedCopy.Write(_links[i].Address + PthreadMutex.PreviousOffset, new ReadOnlySpan<byte>(pair, 2 * sizeof(nint)));
        }

        *(nint*)(Head + PthreadMutex.PreviousOffset - PthreadMutex.NextOffset) = _links.Count > 0 ? _links[0].Place : Head;
        _list->list = _links.Count > 0 ? _links[^1].Marked : Head;
    }

    private bool IsMine(Link link)
    {
        var fields = stackalloc byte[PthreadMutex.Size];
        return IsThere(link, fields) && PthreadMutex.HolderOf((nint)fields) == ThreadId && PthreadMutex.IsUsable((nint)fields);
    }

    /// <param name="Mapping">Kept alive for as long as it is linked.</param>
    /// <param name="Offset">Bytes from its start.</param>
    /// <param name="Address">Of the mutex; it stays, since a mapping is not moved while somebody holds a lock in it.</param>
    /// <param name="Inherits">Whether it inherits priority, which a bit of the links to it says.</param>
    /// <param name="IsCertain">Whether its memory cannot be taken away while it is held: then it is looked at directly.</param>
    private readonly record struct Link(ShmMapping Mapping, long Offset, nint Address, bool Inherits, bool IsCertain)
    {
        /// <summary>What the neighbours' links point to.</summary>
        public nint Place => Address + PthreadMutex.NextOffset;

        /// <summary>The same with the bit, as the list has it forwards.</summary>
        public nint Marked => Place | (Inherits ? 1 : 0);
    }
}
