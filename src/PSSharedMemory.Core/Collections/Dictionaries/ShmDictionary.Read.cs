using System;
using System.Collections.Generic;
using System.Threading;

namespace PSSharedMemory;

/// <content>
/// Reading without a lock. Under one root, committed data changes only by single stores; a reader that finds a
/// different root afterwards may have read a half that is in use again, and starts over.
/// </content>
public partial class ShmDictionary
{
    // After losing this many halves to writers, a slow reader takes the lock.
    private const int MostTries = 100;

    /// <summary>How many keys it has. They are counted one by one.</summary>
    /// <exception cref="ShmException">InvalidStructure; and as <see cref="ShmReader"/>.</exception>
    public int Count => Snapshot(withValues: false).Count;

    /// <summary>The value of a key; null where it has none.</summary>
    /// <exception cref="ShmException">InvalidStructure; and as <see cref="ShmReader"/>.</exception>
    public ShmMessage? Find(ReadOnlySpan<byte> key, uint keyType) =>
        Find(new DictionaryKey(key, keyType), out _, out _);

    /// <summary>All entries, at one instant or, while others write, at several.</summary>
    public List<(uint KeyType, byte[] Key, ShmMessage? Value)> Snapshot(bool withValues)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            if (TrySnapshot(withValues) is { } found)
            {
                return found;
            }
        }

        return WhileNobodyWrites(() => TrySnapshot(withValues));
    }

    private List<(uint KeyType, byte[] Key, ShmMessage? Value)>? TrySnapshot(bool withValues)
    {
        using var lease = Begin();
        var root = RootAt(lease.Address);
        var found = new List<(uint KeyType, byte[] Key, ShmMessage? Value)>();
        var problem = Collect(Half(lease.Address, root), withValues, found);
        Interlocked.MemoryBarrier();
        if (RootAt(lease.Address) != root)
        {
            return null;
        }

        ThrowIfLost();
        return problem is null ? found : throw Damaged(problem);
    }

    /// <summary>For a reader that keeps losing its half.</summary>
    private T WhileNobodyWrites<T>(Func<T?> read)
        where T : class
    {
        Enter(default);
        try
        {
            return read() ?? throw Damaged("its root changes while nobody may write");
        }
        finally
        {
            _lock.Exit();
        }
    }

    private static unsafe ulong RootAt(nint segment) => Volatile.Read(ref *(ulong*)(segment + DictionaryLayout.Root));

    private ShmMessage? Find(DictionaryKey key, out ulong root, out ulong place)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            if (TryFind(key, out var found, out root, out place))
            {
                return found;
            }
        }

        var (bytes, type) = (key.Bytes.ToArray(), key.Type);
        var seen = WhileNobodyWrites(
            () => TryFind(new DictionaryKey(bytes, type), out var found, out var root, out var place)
                ? new Sighting(found, root, place)
                : null);
        (root, place) = (seen.Root, seen.Place);
        return seen.Value;
    }

    private sealed record Sighting(ShmMessage? Value, ulong Root, ulong Place);

    /// <param name="key">The key.</param>
    /// <param name="found">Its value; null where it has none.</param>
    /// <param name="root">The root under which it was found.</param>
    /// <param name="place">Where its value lies: together with the root it identifies the value; 0 for none.</param>
    /// <returns>False if another half came into use meanwhile.</returns>
    private bool TryFind(DictionaryKey key, out ShmMessage? found, out ulong root, out ulong place)
    {
        found = null;
        using var lease = Begin();
        root = RootAt(lease.Address);
        var half = Half(lease.Address, root);
        var problem = Locate(half, key, out _, out place);
        if (place != 0)
        {
            if (!half.TryValue(place, out var bytes, out var type))
            {
                problem = ValueTooLong(place);
            }
            else if (RootAt(lease.Address) != root)
            {
                // Check before allocating: a length read from a half that is being reused may be anything.
                return false;
            }
            else
            {
                found = new ShmMessage(bytes.ToArray(), type);
            }
        }

        Interlocked.MemoryBarrier();
        if (RootAt(lease.Address) != root)
        {
            return false;
        }

        ThrowIfLost();
        return problem is null ? true : throw Damaged(problem);
    }

    /// <summary>Finds the entry of a key, removed or not; what is wrong, or null.</summary>
    private string? Locate(DictionaryHalf half, DictionaryKey key, out DictionaryEntryView? found, out ulong value)
    {
        found = null;
        value = 0;
        var steps = Capacity / DictionaryLayout.EntryHeaderSize;
        for (var place = Volatile.Read(ref half.BucketOf(key.Hash)); place != 0;)
        {
            if (!half.TryEntry(place, out var entry) || steps-- == 0)
            {
                return LinkAstray(place);
            }

            if (key.IsOf(entry))
            {
                found = entry;
                value = Volatile.Read(ref entry.Value);
                return null;
            }

            place = entry.Next;
        }

        return null;
    }

    private string? Collect(
        DictionaryHalf half, bool withValues, List<(uint KeyType, byte[] Key, ShmMessage? Value)> found)
    {
        var steps = Capacity / DictionaryLayout.EntryHeaderSize;
        var bytesLeft = Capacity;
        for (uint bucket = 0; bucket < half.BucketCount; bucket++)
        {
            for (var place = Volatile.Read(ref half.Bucket(bucket)); place != 0;)
            {
                if (!half.TryEntry(place, out var entry) || steps-- == 0)
                {
                    return LinkAstray(place);
                }

                place = entry.Next;
                var at = Volatile.Read(ref entry.Value);
                if (at == 0)
                {
                    continue;
                }

                // The total cannot exceed the half: false lengths stop here.
                if (!half.TryValue(at, out var bytes, out var type)
                    || (bytesLeft -= entry.Key.Length + (withValues ? bytes.Length : 0)) < 0)
                {
                    return ValueTooLong(at);
                }

                found.Add(
                    (entry.KeyType, entry.Key.ToArray(), withValues ? new ShmMessage(bytes.ToArray(), type) : null));
            }
        }

        return null;
    }

    private static string LinkAstray(ulong place) =>
        $"the link to the entry at {place} leads out of its half, or in a circle";

    private static string ValueTooLong(ulong place) => $"the value at {place} reaches beyond its half";
}
