using System.Collections;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;

namespace PSSharedMemory;

/// <summary>The values of one struct or union, by the names of its fields and in their order.</summary>
[SuppressMessage("Naming", "CA1710",
    Justification = "A struct's values: that they can be looked up by name is one trait of several.")]
public sealed class ShmRecord : IReadOnlyDictionary<string, object?>
{
    private readonly object?[] _values;

    internal ShmRecord(ShmType type, object?[] values)
    {
        Type = type;
        _values = values;
    }

    /// <summary>The struct or union.</summary>
    public ShmType Type { get; }

    /// <inheritdoc/>
    public int Count => _values.Length;

    /// <inheritdoc/>
    public IEnumerable<string> Keys
    {
        get
        {
            foreach (var member in Type.Fields)
            {
                yield return member.Name;
            }
        }
    }

    /// <inheritdoc/>
    public IEnumerable<object?> Values => _values;

    /// <summary>The value of a field.</summary>
    /// <exception cref="ShmException"><see cref="ShmErrorId.OutOfRange"/>: no such field.</exception>
    public object? this[string key] => TryGetValue(key, out var value)
        ? value
        : throw new ShmException(ShmErrorId.OutOfRange, $"The type '{Type.Label}' has no field '{key}'.", key);

    /// <inheritdoc/>
    public bool ContainsKey(string key) => Type.FindField(key) is not null;

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out object? value)
    {
        var index = Type.IndexOf(key);
        value = index < 0 ? null : _values[index];
        return index >= 0;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        for (var i = 0; i < _values.Length; i++)
        {
            yield return new KeyValuePair<string, object?>(Type.Fields[i].Name, _values[i]);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
