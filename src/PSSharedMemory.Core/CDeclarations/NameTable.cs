using System;
using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>
/// Names of one kind (typedefs, tags, constants, templates), each in the namespace or class that declares it, so that
/// two of them may declare one name.
/// </summary>
internal sealed class NameTable<T>
{
    private readonly Dictionary<(string Path, string Name), T> _declared = [];

    // The path of a name that only one scope declares; null where several do.
    private readonly Dictionary<string, string?> _paths = new(StringComparer.Ordinal);

    /// <summary>Declares a name, or gives it another meaning.</summary>
    /// <param name="path">The scope: names with <c>::</c> between them; empty outside of all.</param>
    /// <param name="name">The name.</param>
    /// <param name="value">What it means.</param>
    public void Set(string path, string name, T value)
    {
        _declared[(path, name)] = value;
        if (!_paths.TryAdd(name, path) && _paths[name] != path)
        {
            _paths[name] = null;
        }
    }

    /// <summary>Makes a name that another scope declares known in this one as well.</summary>
    public void SetAlias(string path, string name, T value) => _declared[(path, name)] = value;

    /// <summary>Finds a name that this very scope declares.</summary>
    public bool TryGet(string path, string name, out T value) => _declared.TryGetValue((path, name), out value!);

    /// <summary>Finds a name wherever it's declared, if only one scope does.</summary>
    public bool TryGetOnly(string name, out T value)
    {
        value = default!;
        return _paths.TryGetValue(name, out var path) && path is not null && TryGet(path, name, out value);
    }

    /// <summary>Whether several scopes declare the name.</summary>
    public bool IsAmbiguous(string name) => _paths.TryGetValue(name, out var path) && path is null;

    /// <summary>Whether any scope declares the name.</summary>
    public bool Contains(string name) => _paths.ContainsKey(name);
}
