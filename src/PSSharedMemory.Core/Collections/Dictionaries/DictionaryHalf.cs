using System;
using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// One half of a dictionary while a lease is held. Every link is checked against the half before it is followed: false
/// says that it led astray, which for a reader may only mean that the half is being used again.
/// </summary>
internal readonly unsafe ref struct DictionaryHalf
{
    private readonly byte* _segment;
    private readonly ulong _start;
    private readonly ulong _end;
    private readonly ulong _log;
    private readonly uint _mask;

    public DictionaryHalf(nint segment, long capacity, int index)
    {
        _segment = (byte*)segment;
        _start = CollectionLayout.HeaderSize + ((ulong)capacity * (ulong)index);
        _end = _start + (ulong)capacity;
        _mask = DictionaryLayout.BucketCount(capacity) - 1;
        _log = _start + DictionaryLayout.HalfHeaderSize + ((_mask + 1ul) * sizeof(ulong));
    }

    public uint BucketCount => _mask + 1;

    /// <summary>Where the log ends; null where that cannot be.</summary>
    public ulong? Used
    {
        get
        {
            var used = Volatile.Read(ref Word(_start));
            return used == 0
                ? _log
                : used >= _log && used <= _end && used % CollectionLayout.Alignment == 0 ? used : null;
        }
    }

    public ref ulong BucketOf(uint hash) => ref Bucket(hash & _mask);

    public ref ulong Bucket(uint index) =>
        ref Word(_start + DictionaryLayout.HalfHeaderSize + (index * (ulong)sizeof(ulong)));

    /// <summary>Empties it. Nobody is led here yet.</summary>
    public void Clear()
    {
        Volatile.Write(ref Word(_start), _log);
        new Span<ulong>(_segment + _start + DictionaryLayout.HalfHeaderSize, (int)BucketCount).Clear();
    }

    /// <summary>Gives out bytes of the log, before anything leads to them; 0 where too few are left.</summary>
    public ulong Allocate(ulong used, ulong size)
    {
        if (size > _end - used)
        {
            return 0;
        }

        Volatile.Write(ref Word(_start), used + size);
        return used;
    }

    public void WriteEntry(ulong place, ulong next, ulong value, DictionaryKey key)
    {
        Word(place) = next;
        Word(place + 8) = value;
        *(uint*)(_segment + place + 16) = key.Hash;
        *(uint*)(_segment + place + 20) = (uint)key.Bytes.Length;
        *(uint*)(_segment + place + 24) = key.Type;
        *(uint*)(_segment + place + 28) = 0;
        key.Bytes.CopyTo(new Span<byte>(_segment + place + DictionaryLayout.EntryHeaderSize, key.Bytes.Length));
    }

    public void WriteValue(ulong place, uint type, ReadOnlySpan<byte> bytes)
    {
        *(uint*)(_segment + place) = (uint)bytes.Length;
        *(uint*)(_segment + place + 4) = type;
        bytes.CopyTo(new Span<byte>(_segment + place + CollectionLayout.RecordHeaderSize, bytes.Length));
    }

    public bool TryEntry(ulong place, out DictionaryEntryView entry)
    {
        entry = default;
        if (!IsInLog(place, DictionaryLayout.EntryHeaderSize))
        {
            return false;
        }

        var length = *(uint*)(_segment + place + 20);
        if (length > _end - place - DictionaryLayout.EntryHeaderSize)
        {
            return false;
        }

        entry = new DictionaryEntryView(_segment + place, length);
        return true;
    }

    public bool TryValue(ulong place, out ReadOnlySpan<byte> bytes, out uint type)
    {
        bytes = default;
        type = 0;
        if (!IsInLog(place, CollectionLayout.RecordHeaderSize))
        {
            return false;
        }

        var length = *(uint*)(_segment + place);
        if (length > _end - place - CollectionLayout.RecordHeaderSize || length > int.MaxValue)
        {
            return false;
        }

        type = *(uint*)(_segment + place + 4);
        bytes = new ReadOnlySpan<byte>(_segment + place + CollectionLayout.RecordHeaderSize, (int)length);
        return true;
    }

    private bool IsInLog(ulong place, ulong size) =>
        place >= _log && place <= _end - size && place % CollectionLayout.Alignment == 0;

    private ref ulong Word(ulong place) => ref *(ulong*)(_segment + place);
}
