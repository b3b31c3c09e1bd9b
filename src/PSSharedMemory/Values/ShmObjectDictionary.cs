using System;
using System.Collections;
using System.Collections.Specialized;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Linq;
using System.Management.Automation;
using System.Text;
using System.Threading;

namespace PSSharedMemory.Commands;

/// <summary>
/// A dictionary in a segment as scripts have dictionaries: <c>$d.jobs = 7</c>. Keys are text, told apart by case, and
/// whole numbers; values are any objects, and those that are not simple travel as jobs send them.
/// </summary>
[SuppressMessage("Design", "CA1010", Justification = "PowerShell adapts IDictionary; keys are text or numbers.")]
public sealed class ShmObjectDictionary : ShmDictionary, IDictionary
{
    internal ShmObjectDictionary(ShmSegment segment, bool isMaker, TimeSpan? writeTimeout = null)
        : base(segment, isMaker) => WriteTimeout = writeTimeout;

    /// <inheritdoc/>
    public ICollection Keys => Snapshot(withValues: false).ConvertAll(static entry => ToKey(entry.Key, entry.KeyType));

    /// <inheritdoc/>
    public ICollection Values => Snapshot(withValues: true).ConvertAll(static entry => Decode(entry.Value!));

    bool IDictionary.IsFixedSize => false;

    bool IDictionary.IsReadOnly => false;

    bool ICollection.IsSynchronized => true;

    object ICollection.SyncRoot => this;

    /// <summary>The value of a key; null where it has none.</summary>
    public object? this[object key]
    {
        get => Find(KeyBytes(key, out var type), type) is { } value ? Decode(value) : null;
        set
        {
            var bytes = PowerShellCodec.Default.Encode(value, out var valueType);
            Set(KeyBytes(key, out var type), type, bytes, valueType);
        }
    }

    /// <summary>Sets the value of a key that has none.</summary>
    /// <exception cref="ArgumentException">It has one.</exception>
    public void Add(object key, object? value)
    {
        if (!TryAdd(key, value))
        {
            throw new ArgumentException($"The key '{key}' is in {this} already.", nameof(key));
        }
    }

    /// <summary>
    /// Sets the value of a key that has none; returns whether it had none. Of several that try at once, one succeeds.
    /// </summary>
    public bool TryAdd(object key, object? value)
    {
        var bytes = PowerShellCodec.Default.Encode(value, out var valueType);
        return TryAdd(KeyBytes(key, out var type), type, bytes, valueType);
    }

    /// <summary>
    /// Replaces a value by what the script block makes of it (<c>$_</c>; null where the key has none), atomically
    /// against all others: where somebody else was faster, the block runs again with what is there then.
    /// </summary>
    /// <returns>The new value.</returns>
    public object? Update(object key, ScriptBlock block) => Decode(Exchange(
        KeyBytes(key, out var type), type, old => Encode(Result(block, old is null ? null : Decode(old))),
        CancellationToken.None));

    /// <inheritdoc/>
    public bool Contains(object key) => Find(KeyBytes(key, out var type), type) is not null;

    /// <summary>Whether the key has a value.</summary>
    public bool ContainsKey(object key) => Contains(key);

    /// <summary>Removes a key; whether it was there.</summary>
    public bool Remove(object key) => Remove(KeyBytes(key, out var type), type);

    void IDictionary.Remove(object key) => Remove(key);

    /// <inheritdoc/>
    public void CopyTo(Array array, int index)
    {
        foreach (DictionaryEntry entry in (IDictionary)this)
        {
            array.SetValue(entry, index++);
        }
    }

    /// <summary>All keys and values as they are now.</summary>
    public IDictionaryEnumerator GetEnumerator()
    {
        var copy = new OrderedDictionary();
        foreach (var (type, key, value) in Snapshot(withValues: true))
        {
            copy.Add(ToKey(key, type), Decode(value!));
        }

        return copy.GetEnumerator();
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Waits until a condition holds for the value of a key; the value.</summary>
    internal object? WaitFor(
        object key, Func<bool, object?, bool> isMet, TimeSpan? timeout, CancellationToken cancellation)
    {
        object? seen = null;
        var bytes = KeyBytes(key, out var type);
        Wait(
            () =>
            {
                var found = Find(bytes, type);
                seen = found is null ? null : Decode(found);
                return isMet(found is not null, seen);
            },
            timeout,
            cancellation);
        return seen;
    }

    /// <summary>A script's <c>$d.jobs = 7</c> has no cmdlet that hears of Ctrl+C.</summary>
    protected override void OnWaiting() => PipelineStop.ThrowIfStopping();

    private static ShmMessage Encode(object? value)
    {
        var bytes = PowerShellCodec.Default.Encode(value, out var type);
        return new ShmMessage(bytes, type);
    }

    private static object? Decode(ShmMessage value) => PowerShellCodec.Default.Decode(value.Bytes, value.Type);

    private static object? Result(ScriptBlock block, object? old)
    {
        var results = block.InvokeWithContext(null, [new PSVariable("_", old)]);
        return results.Count switch
        {
            0 => null,
            1 => results[0],
            _ => results.ToArray(),
        };
    }

    private static byte[] KeyBytes(object key, out uint type)
    {
        var bare = PlainObject.Of(key);
        switch (bare)
        {
            case string or char:
                type = (uint)ShmValueType.Text;
                return Encoding.UTF8.GetBytes($"{bare}");
            case sbyte or byte or short or ushort or int or uint or long:
                type = (uint)ShmValueType.Int64;
                return BitConverter.GetBytes(Convert.ToInt64(bare, CultureInfo.InvariantCulture));
            default:
                throw new ShmException(
                    ShmErrorId.OutOfRange,
                    $"'{bare}' isn't a key of a dictionary in shared memory. Give text or a whole number.", bare);
        }
    }

    private static object ToKey(byte[] key, uint type) => PowerShellCodec.Default.Decode(key, type) ?? "";
}
