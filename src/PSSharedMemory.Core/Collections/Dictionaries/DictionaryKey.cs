using System;

namespace PSSharedMemory;

/// <summary>A key that is looked for, or about to be written.</summary>
internal readonly ref struct DictionaryKey
{
    /// <param name="bytes">Its bytes.</param>
    /// <param name="type">What they are.</param>
    public DictionaryKey(ReadOnlySpan<byte> bytes, uint type)
        : this(bytes, type, DictionaryLayout.Hash(type, bytes))
    {
    }

    /// <param name="bytes">Its bytes.</param>
    /// <param name="type">What they are.</param>
    /// <param name="hash">The hash that an entry has of it.</param>
    public DictionaryKey(ReadOnlySpan<byte> bytes, uint type, uint hash)
    {
        Bytes = bytes;
        Type = type;
        Hash = hash;
    }

    public ReadOnlySpan<byte> Bytes { get; }

    public uint Type { get; }

    public uint Hash { get; }

    /// <summary>Bytes of an entry for it.</summary>
    public ulong EntrySize => DictionaryLayout.EntrySize(Bytes.Length);

    /// <summary>Whether an entry is that of this key.</summary>
    public bool IsOf(DictionaryEntryView entry) =>
        entry.Hash == Hash && entry.KeyType == Type && entry.Key.SequenceEqual(Bytes);
}
