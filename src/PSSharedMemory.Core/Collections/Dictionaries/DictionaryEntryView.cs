using System;
using System.Threading;

namespace PSSharedMemory;

/// <summary>An entry of a dictionary, whose key lies within its half.</summary>
internal readonly unsafe struct DictionaryEntryView
{
    private readonly byte* _place;
    private readonly uint _length;

    public DictionaryEntryView(byte* place, uint length)
    {
        _place = place;
        _length = length;
    }

    public ulong Next => Volatile.Read(ref *(ulong*)_place);

    /// <summary>Where its value lies; 0 for an entry that was removed. One store here commits a change.</summary>
    public ref ulong Value => ref *(ulong*)(_place + 8);

    public uint Hash => *(uint*)(_place + 16);

    public uint KeyType => *(uint*)(_place + 24);

    public ReadOnlySpan<byte> Key =>
        new(_place + DictionaryLayout.EntryHeaderSize, (int)Math.Min(_length, int.MaxValue));
}
