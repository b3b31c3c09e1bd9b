using System;
using System.Threading;

namespace PSSharedMemory;

/// <content>Writing: under the writers' lock, each change committed by one store.</content>
public partial class ShmDictionary
{
    private enum Condition
    {
        Always,
        IfAbsent,
        IfUnchanged,
    }

    /// <summary>The condition for writing a value; root and value are the ones that were seen.</summary>
    private readonly record struct Demand(Condition Condition, ulong Root = 0, ulong Value = 0)
    {
        public bool IsMet(ulong root, ulong value) => Condition switch
        {
            Condition.IfAbsent => value == 0,
            Condition.IfUnchanged => root == Root && value == Value,
            _ => true,
        };
    }

    /// <summary>Sets the value of a key.</summary>
    /// <exception cref="ShmException">
    /// NoSpace, InvalidStructure, WaitTimeout; and as <see cref="ShmMutex.Lock"/>.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// It was cancelled while it waited for another change; nothing was changed.
    /// </exception>
    public void Set(
        ReadOnlySpan<byte> key, uint keyType, ReadOnlySpan<byte> value, uint valueType,
        CancellationToken cancellation = default) =>
        Write(new DictionaryKey(key, keyType), value, valueType, new Demand(Condition.Always), cancellation);

    /// <summary>Sets the value of a key unless it has one; returns whether it was set.</summary>
    /// <exception cref="ShmException">As <see cref="Set"/>.</exception>
    public bool TryAdd(
        ReadOnlySpan<byte> key, uint keyType, ReadOnlySpan<byte> value, uint valueType,
        CancellationToken cancellation = default) =>
        Write(new DictionaryKey(key, keyType), value, valueType, new Demand(Condition.IfAbsent), cancellation);

    /// <summary>Removes a key; returns whether it was there.</summary>
    /// <exception cref="ShmException">InvalidStructure, WaitTimeout; and as <see cref="ShmMutex.Lock"/>.</exception>
    public bool Remove(ReadOnlySpan<byte> key, uint keyType, CancellationToken cancellation = default)
    {
        Enter(cancellation);
        try
        {
            using var lease = Begin();
            var half = Half(lease.Address, RootAt(lease.Address));
            if (Locate(half, new DictionaryKey(key, keyType), out var entry, out var value) is { } problem)
            {
                throw Damaged(problem);
            }

            ThrowIfLost();
            if (value == 0)
            {
                return false;
            }

            // Committed: it's gone.
            Volatile.Write(ref entry!.Value.Value, 0);
            _signal.Raise(lease.Address, int.MaxValue);
            return true;
        }
        finally
        {
            _lock.Exit();
        }
    }

    /// <summary>Removes all keys.</summary>
    /// <exception cref="ShmException">WaitTimeout; and as <see cref="ShmMutex.Lock"/>.</exception>
    public void Clear() => Clear(default);

    /// <summary>Removes all keys.</summary>
    /// <exception cref="ShmException">WaitTimeout; and as <see cref="ShmMutex.Lock"/>.</exception>
    public void Clear(CancellationToken cancellation)
    {
        Enter(cancellation);
        try
        {
            using var lease = Begin();
            var root = RootAt(lease.Address);
            Half(lease.Address, root + 1).Clear();
            ThrowIfLost();
            Switch(lease.Address, root);
            _signal.Raise(lease.Address, int.MaxValue);
        }
        finally
        {
            _lock.Exit();
        }
    }

    /// <summary>Replaces a value with one computed from it, retrying until nobody has changed it meanwhile.</summary>
    public ShmMessage Exchange(
        byte[] key, uint keyType, Func<ShmMessage?, ShmMessage> change, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var old = Find(new DictionaryKey(key, keyType), out var root, out var place);
            var value = change(old);
            var unless = new Demand(Condition.IfUnchanged, root, place);
            if (Write(new DictionaryKey(key, keyType), value.Bytes, value.Type, unless, cancellation))
            {
                return value;
            }
        }
    }

    private void Enter(CancellationToken cancellation) => _lock.Enter(WriteTimeout, _waiting, cancellation);

    private bool Write(
        DictionaryKey key, ReadOnlySpan<byte> value, uint valueType, in Demand demand, CancellationToken cancellation)
    {
        Enter(cancellation);
        try
        {
            using var lease = Begin();
            var root = RootAt(lease.Address);
            var half = Half(lease.Address, root);
            if (Locate(half, key, out var entry, out var old) is { } problem)
            {
                throw Damaged(problem);
            }

            if (!demand.IsMet(root, old))
            {
                ThrowIfLost();
                return false;
            }

            if (!TryWriteTo(half, entry, key, value, valueType))
            {
                WriteToOther(lease.Address, root, key, value, valueType);
            }

            _signal.Raise(lease.Address, int.MaxValue);
            return true;
        }
        finally
        {
            _lock.Exit();
        }
    }

    /// <summary>Writes behind what is there; false where there is no room.</summary>
    private bool TryWriteTo(
        DictionaryHalf half, DictionaryEntryView? entry, DictionaryKey key, ReadOnlySpan<byte> value, uint valueType)
    {
        var valueSize = (ulong)CollectionLayout.RecordSize(value.Length);
        var place = Allocate(half, valueSize + (entry is null ? key.EntrySize : 0));
        if (place == 0)
        {
            return false;
        }

        half.WriteValue(place, valueType, value);
        if (entry is { } present)
        {
            ThrowIfLost();

            // Committed.
            Volatile.Write(ref present.Value, place);
        }
        else
        {
            ref var bucket = ref half.BucketOf(key.Hash);
            half.WriteEntry(place + valueSize, bucket, place, key);
            ThrowIfLost();

            // Committed.
            Volatile.Write(ref bucket, place + valueSize);
        }

        return true;
    }

    /// <summary>Writes behind a copy of all other keys in the unused half, which is then in use.</summary>
    private void WriteToOther(nint segment, ulong root, DictionaryKey key, ReadOnlySpan<byte> value, uint valueType)
    {
        Compact(segment, root, skip: key);
        var half = Half(segment, root + 1);
        var valueSize = (ulong)CollectionLayout.RecordSize(value.Length);
        var place = Allocate(half, valueSize + key.EntrySize);
        if (place == 0)
        {
            throw Full(key.Bytes.Length, value.Length);
        }

        half.WriteValue(place, valueType, value);
        Link(half, place, valueSize, key);
        ThrowIfLost();

        // Committed; the other half is free.
        Switch(segment, root);
    }

    /// <summary>Adds a new key's entry to a half that isn't in use yet.</summary>
    private static void Link(DictionaryHalf half, ulong place, ulong valueSize, DictionaryKey key)
    {
        ref var bucket = ref half.BucketOf(key.Hash);
        half.WriteEntry(place + valueSize, bucket, place, key);
        Volatile.Write(ref bucket, place + valueSize);
    }

    private static unsafe void Switch(nint segment, ulong root) =>
        Volatile.Write(ref *(ulong*)(segment + DictionaryLayout.Root), root + 1);

    private ulong Allocate(DictionaryHalf half, ulong size) =>
        half.Allocate(half.Used ?? throw Damaged("its log ends outside of its half"), size);

    /// <summary>Copies all keys but one to the unused half. Nothing points there yet.</summary>
    private void Compact(nint segment, ulong root, DictionaryKey skip)
    {
        // A reader that saw the root before the last switch mustn't take what is written here for a value: it checks
        // the root again.
        Interlocked.MemoryBarrier();
        var from = Half(segment, root);
        var to = Half(segment, root + 1);
        to.Clear();
        var steps = Capacity / DictionaryLayout.EntryHeaderSize;
        for (uint bucket = 0; bucket < from.BucketCount; bucket++)
        {
            for (var place = from.Bucket(bucket); place != 0;)
            {
                if (!from.TryEntry(place, out var entry) || steps-- == 0)
                {
                    throw Damaged(LinkAstray(place));
                }

                place = entry.Next;
                if (entry.Value != 0 && !skip.IsOf(entry))
                {
                    CopyEntry(from, to, entry);
                }
            }
        }
    }

    private void CopyEntry(DictionaryHalf from, DictionaryHalf to, DictionaryEntryView entry)
    {
        if (!from.TryValue(entry.Value, out var bytes, out var type))
        {
            throw Damaged(ValueTooLong(entry.Value));
        }

        // Its hash is there already.
        var key = new DictionaryKey(entry.Key, entry.KeyType, entry.Hash);
        var valueSize = (ulong)CollectionLayout.RecordSize(bytes.Length);
        var copy = Allocate(to, valueSize + key.EntrySize);
        if (copy == 0)
        {
            throw Damaged("it holds more than it has room for");
        }

        to.WriteValue(copy, type, bytes);
        Link(to, copy, valueSize, key);
    }

    private ShmException Full(int key, int value) => new(
        ShmErrorId.NoSpace,
        $"Cannot set {key} bytes of key and {value} bytes of value in {this}: with what is there, they exceed "
            + $"{Capacity} bytes. Remove keys, or make a larger one.",
        this);
}
