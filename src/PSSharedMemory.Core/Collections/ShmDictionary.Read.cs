using System;
using System.Collections.Generic;
using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// Reading without a lock. Within one root nothing that was committed changes but by single stores; whoever finds the
/// root another afterwards may have read a half that is in use again, and reads once more.
/// </summary>
public partial class ShmDictionary
{
    /// <summary>How many keys it has. They are counted one by one.</summary>
    /// <exception cref="ShmException">InvalidStructure; and as <see cref="ShmReader"/>.</exception>
    public int Count => Snapshot(withValues: false).Count;

    /// <summary>The value of a key; null where it has none.</summary>
    /// <exception cref="ShmException">InvalidStructure; and as <see cref="ShmReader"/>.</exception>
    public ShmMessage? Find(ReadOnlySpan<byte> key, uint keyType) => Find(key, keyType, out _, out _);

    /// <summary>All that is in it at one instant, or at one after the other while others write.</summary>
    internal List<(uint KeyType, byte[] Key, ShmMessage? Value)> Snapshot(bool withValues)
    {
        while (true)
        {
            using var lease = Begin();
            var root = RootAt(lease.Address);
            var found = new List<(uint KeyType, byte[] Key, ShmMessage? Value)>();
            var problem = Collect(Half(lease.Address, root), withValues, found);
            Interlocked.MemoryBarrier();
            if (RootAt(lease.Address) == root)
            {
                return problem is null ? found : throw Damaged(problem);
            }
        }
    }

    private static unsafe ulong RootAt(nint segment) => Volatile.Read(ref *(ulong*)(segment + DictionaryLayout.Root));

    /// <param name="key">The key.</param>
    /// <param name="keyType">What it is.</param>
    /// <param name="seenRoot">The root under which it was found.</param>
    /// <param name="seenValue">Where its value lies: with the root, that very value and no other; 0 for none.</param>
    private ShmMessage? Find(ReadOnlySpan<byte> key, uint keyType, out ulong seenRoot, out ulong seenValue)
    {
        while (true)
        {
            using var lease = Begin();
            var root = RootAt(lease.Address);
            var half = Half(lease.Address, root);
            var problem = Locate(half, DictionaryLayout.Hash(keyType, key), key, keyType, out _, out var value);
            ShmMessage? found = null;
            if (value != 0)
            {
                if (half.TryValue(value, out var bytes, out var type))
                {
                    // Before memory is asked for: a length that was read while the half is used again may be any.
                    if (RootAt(lease.Address) != root)
                    {
                        continue;
                    }

                    found = new ShmMessage(bytes.ToArray(), type);
                }
                else
                {
                    problem = $"the value at {value} reaches beyond its half";
                }
            }

            Interlocked.MemoryBarrier();
            if (RootAt(lease.Address) == root)
            {
                (seenRoot, seenValue) = (root, value);
                return problem is null ? found : throw Damaged(problem);
            }
        }
    }

    /// <summary>Finds the entry of a key, removed or not; what is wrong, or null.</summary>
    private string? Locate(
        DictionaryHalf half, uint hash, ReadOnlySpan<byte> key, uint keyType, out DictionaryEntryView? found, out ulong value)
    {
        found = null;
        value = 0;
        var steps = Capacity / DictionaryLayout.EntryHeaderSize;
        for (var place = Volatile.Read(ref half.BucketOf(hash)); place != 0;)
        {
            if (!half.TryEntry(place, out var entry) || steps-- == 0)
            {
                return $"the link to the entry at {place} leads out of its half, or round in a circle";
            }

            if (entry.Hash == hash && entry.KeyType == keyType && entry.Key.SequenceEqual(key))
            {
                found = entry;
                value = Volatile.Read(ref entry.Value);
                return null;
            }

            place = entry.Next;
        }

        return null;
    }

    private string? Collect(DictionaryHalf half, bool withValues, List<(uint KeyType, byte[] Key, ShmMessage? Value)> found)
    {
        var steps = Capacity / DictionaryLayout.EntryHeaderSize;
        var bytesLeft = Capacity;
        for (uint bucket = 0; bucket < half.BucketCount; bucket++)
        {
            for (var place = Volatile.Read(ref half.Bucket(bucket)); place != 0;)
            {
                if (!half.TryEntry(place, out var entry) || steps-- == 0)
                {
                    return $"the link to the entry at {place} leads out of its half, or round in a circle";
                }

                place = entry.Next;
                var at = Volatile.Read(ref entry.Value);
                if (at == 0)
                {
                    continue;
                }

                // All of it together cannot be more than there is: lengths that lie stop here.
                if (!half.TryValue(at, out var bytes, out var type) || (bytesLeft -= entry.Key.Length + (withValues ? bytes.Length : 0)) < 0)
                {
                    return $"the value at {at} reaches beyond its half";
                }

                found.Add((entry.KeyType, entry.Key.ToArray(), withValues ? new ShmMessage(bytes.ToArray(), type) : null));
            }
        }

        return null;
    }
}
