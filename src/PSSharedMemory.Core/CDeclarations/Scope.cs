using System;
using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>The names that a text has declared so far. C keeps tags apart from all other names.</summary>
internal sealed class Scope
{
    private readonly KnownTypes _known;
    private readonly Dictionary<string, TypeName> _typedefs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ShmDefinitionException> _failures = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ShmType> _tags = new(StringComparer.Ordinal);

    public Scope(KnownTypes known) => _known = known;

    public Dictionary<string, CValue> Constants { get; } = new(StringComparer.Ordinal);

    /// <summary>Namespaces of C++: what is in them is kept without their names.</summary>
    public HashSet<string> Namespaces { get; } = new(StringComparer.Ordinal);

    /// <summary>Structs and unions in the order in which their definitions ended.</summary>
    public List<ShmType> Records { get; } = [];

    /// <summary>What else was defined, in order: enumerations and typedefs.</summary>
    public List<TypeName> Others { get; } = [];

    /// <summary>Whether TCHAR is a character of 16 bits.</summary>
    public bool IsUnicode { get; set; }

    /// <summary>
    /// Whether headers of the kernel are included, whose structs of the same name may differ from the C library's.
    /// </summary>
    public bool IsOfKernel { get; set; }

    /// <summary>Whether any header is.</summary>
    public bool HasIncludes { get; set; }

    /// <summary>A hint for a name that may be declared in an included header.</summary>
    public string IncludeHint =>
        HasIncludes ? " #include is not followed: give the text of that header too, before this one." : "";

    /// <summary>The first declaration that was left out; null where there is none.</summary>
    public ShmDefinitionException? FirstFailure { get; set; }

    /// <summary>Records why a name is undefined. The first reason wins.</summary>
    public void Fail(string name, ShmDefinitionException error) => _failures.TryAdd(name, error);

    /// <summary>Why a name is undefined; null if it was never declared.</summary>
    public ShmDefinitionException? FailureOf(string name) => _failures.GetValueOrDefault(name);

    public bool IsType(string name) => _typedefs.ContainsKey(name) || name is "TCHAR" or "_TCHAR"
        || _known.TryGet(name, out _) || _tags.ContainsKey(name);

    /// <summary>A typedef of the text or the library or, as in C++, a tag.</summary>
    public bool TryGetType(string name, out TypeName type)
    {
        if (_typedefs.TryGetValue(name, out type))
        {
            return true;
        }

        if (_tags.TryGetValue(name, out var tagged))
        {
            type = new TypeName(tagged, name);
            return true;
        }

        if (name is "TCHAR" or "_TCHAR")
        {
            type = new TypeName(IsUnicode ? KnownTypes.Char16 : _known.Char, name);
            return true;
        }

        return _known.TryGet(name, out type);
    }

    public ShmType? FindTag(string tag) =>
        _tags.TryGetValue(tag, out var type) ? type
            : IsOfKernel && tag is "ipc_perm" or "shmid_ds" or "msqid_ds" or "stat" ? null
            : _known.TryGet("struct " + tag, out var known) || _known.TryGet("union " + tag, out known)
            ? known.Type
            : null;

    /// <summary>A typedef, or by its keyword a tag, of this text alone.</summary>
    public bool TryGetOwn(string name, out TypeName type)
    {
        var space = name.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0)
        {
            return _typedefs.TryGetValue(name, out type);
        }

        var kind = name.StartsWith("union", StringComparison.Ordinal) ? ShmTypeKind.Union : ShmTypeKind.Struct;
        var found = _tags.TryGetValue(name[(space + 1)..], out var tagged) && tagged.Kind == kind;
        type = found ? new TypeName(tagged!, name) : default;
        return found;
    }

    public bool Declares(string tag) => _tags.ContainsKey(tag);

    public void AddTag(ShmType type) => _tags[type.Name] = type;

    public void AddTypedef(Token name, TypeName type)
    {
        if (_typedefs.TryGetValue(name.Text, out var earlier) && earlier.Type != type.Type
            && !(earlier.Type.Kind == type.Type.Kind && !type.Type.IsRecord && earlier.Type.Size == type.Type.Size
                && earlier.Type.Name == type.Type.Name))
        {
            throw name.Error($"'{name.Text}' is a typedef of another type already.");
        }

        // linux/types.h says '__u32 __bitwise' of __be32: its order is in its name alone.
        if (_known.HasByteOrder(name.Text) && _known.TryGet(name.Text, out var ordered)
            && ordered.Type.Size == type.Type.Size)
        {
            type = type with { Type = ordered.Type };
        }

        _typedefs[name.Text] = type with { Spelling = name.Text };
        Others.Add(type with { Spelling = name.Text });
    }

    /// <summary>The type with a name: a typedef or a tag of the text, or a built-in type.</summary>
    public TypeName? Find(string name)
    {
        // Namespaces are not kept: trading::order is order.
        var qualifier = name.LastIndexOf("::", StringComparison.Ordinal);
        var bare = qualifier < 0 ? name : name[(qualifier + 2)..];
        foreach (var keyword in (ReadOnlySpan<string>)["struct ", "union ", "enum "])
        {
            if (name.StartsWith(keyword, StringComparison.Ordinal))
            {
                return FindTag(name[keyword.Length..].Trim()) is { } tagged ? new TypeName(tagged, tagged.Name) : null;
            }
        }

        return TryGetType(bare, out var type) ? type : FindTag(bare) is { } tag ? new TypeName(tag, bare) : null;
    }
}
