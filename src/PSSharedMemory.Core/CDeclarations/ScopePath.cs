using System;
using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>The namespaces and classes around a declaration, and where a name in it may have been declared.</summary>
internal sealed class ScopePath
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _aliases = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _bases = new(StringComparer.Ordinal);

    /// <summary>The innermost scope. Setting it back leaves those that were opened since.</summary>
    public Level Here { get; set; } = new("", IsRecord: false, null);

    /// <summary>The path of the innermost scope: names with <c>::</c> between them; empty outside of all.</summary>
    public string Current => Here.Path;

    /// <summary>The innermost scope that isn't a struct: C declares there what a struct only mentions.</summary>
    public string Outer
    {
        get
        {
            var level = Here;
            while (level.IsRecord)
            {
                level = level.Around!;
            }

            return level.Path;
        }
    }

    /// <summary>The scope around all others.</summary>
    public Level Outermost
    {
        get
        {
            var level = Here;
            while (level.Around is not null)
            {
                level = level.Around;
            }

            return level;
        }
    }

    /// <summary>Opens a namespace or class in the innermost scope.</summary>
    public void Enter(string name, bool isRecord)
    {
        Here = new Level(Join(Current, name), isRecord, Here);
        _known.Add(Current);
    }

    /// <summary>Makes an enumeration a scope: its enumerators are known by its name.</summary>
    public string Add(string name)
    {
        var path = Join(Current, name);
        _known.Add(path);
        return path;
    }

    /// <summary>Records that a class has the names of another.</summary>
    public void AddBase(string path, string parent)
    {
        if (!_bases.TryGetValue(path, out var parents))
        {
            _bases.Add(path, parents = []);
        }

        parents.Add(parent);
    }

    /// <summary><c>namespace short = a::b;</c></summary>
    public void AddAlias(string name, string path) => _aliases[Join(Current, name)] = path;

    /// <summary>The path that a qualifier such as <c>a::b</c> stands for here; null if it's no scope.</summary>
    public string? Resolve(string qualifier)
    {
        for (var level = Here; level is not null; level = level.Around)
        {
            var path = Join(level.Path, qualifier);
            if (_known.Contains(path))
            {
                return path;
            }

            if (_aliases.TryGetValue(path, out var target))
            {
                return target;
            }
        }

        return null;
    }

    /// <summary>Where a name without a qualifier is looked for, the innermost scope first.</summary>
    public IEnumerable<string> Visible()
    {
        for (var level = Here; level is not null; level = level.Around)
        {
            foreach (var path in WithBases(level.Path))
            {
                yield return path;
            }
        }
    }

    /// <summary>A class and those that it derives from.</summary>
    public IEnumerable<string> WithBases(string path)
    {
        yield return path;
        if (_bases.TryGetValue(path, out var parents))
        {
            foreach (var parent in parents)
            {
                foreach (var above in WithBases(parent))
                {
                    yield return above;
                }
            }
        }
    }

    public static string Join(string path, string name) => path.Length == 0 ? name : $"{path}::{name}";

    /// <summary>A namespace or class that is open.</summary>
    /// <param name="Path">Its whole path.</param>
    /// <param name="IsRecord">Whether it's a class.</param>
    /// <param name="Around">The scope around it; null for the outermost.</param>
    public sealed record Level(string Path, bool IsRecord, Level? Around);
}
