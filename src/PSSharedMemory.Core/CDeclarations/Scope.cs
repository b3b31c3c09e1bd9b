using System;
using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>The names that a text has declared so far. C keeps tags apart from all other names.</summary>
internal sealed class Scope
{
    private readonly KnownTypes _known;
    private readonly NameTable<TypeName> _typedefs = new();
    private readonly NameTable<ShmType> _tags = new();
    private readonly NameTable<CValue> _constants = new();
    private readonly NameTable<Template> _templates = new();
    private readonly Dictionary<ShmType, string> _paths = [];
    private readonly Dictionary<string, ShmDefinitionException> _failures = new(StringComparer.Ordinal);

    public Scope(KnownTypes known) => _known = known;

    /// <summary>The namespaces and classes that are open.</summary>
    public ScopePath Path { get; } = new();

    /// <summary>Structs and unions in the order in which their definitions ended.</summary>
    public List<ShmType> Records { get; } = [];

    /// <summary>What else was defined, in order: enumerations and typedefs.</summary>
    public List<TypeName> Others { get; } = [];

    /// <summary>The name of the last template, or null: for texts that have nothing else.</summary>
    public string? LastTemplate { get; private set; }

    /// <summary>Whether TCHAR is a character of 16 bits.</summary>
    public bool IsUnicode { get; set; }

    /// <summary>
    /// Whether headers of the kernel are included, whose structs of the same name may differ from the C library's.
    /// </summary>
    public bool IsOfKernel { get; set; }

    /// <summary>Whether headers of X11 are included, whose BOOL has one byte and not the four of Windows.</summary>
    public bool IsOfX11 { get; set; }

    /// <summary>Whether any header is.</summary>
    public bool HasIncludes { get; set; }

    /// <summary>A hint for a name that may be declared in an included header.</summary>
    public string IncludeHint =>
        HasIncludes ? " #include is not followed: give the text of that header too, before this one." : "";

    /// <summary>Records why a name is undefined. The first reason wins.</summary>
    public void Fail(string name, ShmDefinitionException error) => _failures.TryAdd(name, error);

    /// <summary>Why a name is undefined; null if it was never declared.</summary>
    public ShmDefinitionException? FailureOf(string name) => _failures.GetValueOrDefault(name);

    public bool IsType(string name) => TryGetType(name, out _);

    /// <summary>A typedef of the text or the library or, as in C++, a tag.</summary>
    public bool TryGetType(string name, out TypeName type)
    {
        if (TryFindType(name, out type))
        {
            return true;
        }

        if (name is "TCHAR" or "_TCHAR")
        {
            type = new TypeName(IsUnicode ? KnownTypes.Char16 : _known.Char, name);
            return true;
        }

        return !(IsOfX11 && name == "BOOL") && _known.TryGet(name, out type);
    }

    /// <summary>A type of a namespace or class, or of what that class derives from.</summary>
    public bool TryGetTypeIn(string path, string name, out TypeName type)
    {
        foreach (var place in Path.WithBases(path))
        {
            if (_typedefs.TryGet(place, name, out type))
            {
                return true;
            }

            if (_tags.TryGet(place, name, out var tagged))
            {
                type = new TypeName(tagged, name);
                return true;
            }
        }

        type = default;
        return false;
    }

    public ShmType? FindTag(string tag) =>
        TryFind(_tags, tag, out var type) ? type
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
            return _typedefs.TryGet("", name, out type);
        }

        var kind = name.StartsWith("union", StringComparison.Ordinal) ? ShmTypeKind.Union : ShmTypeKind.Struct;
        var found = _tags.TryGet("", name[(space + 1)..], out var tagged) && tagged.Kind == kind;
        type = found ? new TypeName(tagged!, name) : default;
        return found;
    }

    /// <summary>The tag that the innermost scope, or one around it, declares; null for none.</summary>
    public ShmType? VisibleTag(string tag)
    {
        foreach (var path in Path.Visible())
        {
            if (_tags.TryGet(path, tag, out var type))
            {
                return type;
            }
        }

        return null;
    }

    /// <summary>Whether the innermost scope has the tag.</summary>
    public bool DeclaresHere(string tag) => _tags.TryGet(Path.Current, tag, out _);

    /// <param name="type">The type, with the tag as its name.</param>
    /// <param name="isMentioned">
    /// Whether it's only mentioned, as in <c>struct s *next</c>: that declares it outside of the struct around it.
    /// </param>
    public void AddTag(ShmType type, bool isMentioned)
    {
        var path = isMentioned ? Path.Outer : Path.Current;
        _tags.Set(path, type.Name, type);
        _paths[type] = ScopePath.Join(path, type.Name);
    }

    /// <summary>The path of the scope that a class is; null if it has no tag.</summary>
    public string? PathOf(ShmType type) => _paths.GetValueOrDefault(type);

    public void AddTypedef(Token name, TypeName type)
    {
        if (_typedefs.TryGet(Path.Current, name.Text, out var earlier) && earlier.Type != type.Type
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

        _typedefs.Set(Path.Current, name.Text, type with { Spelling = name.Text });
        Others.Add(type with { Spelling = name.Text });
    }

    /// <summary>Names a type within a template: unlike a typedef, it keeps its spelling.</summary>
    public void Bind(string name, TypeName type) => _typedefs.Set(Path.Current, name, type);

    /// <summary>False where the innermost scope has the constant already.</summary>
    public bool TryAddConstant(string name, CValue value)
    {
        if (_constants.TryGet(Path.Current, name, out _))
        {
            return false;
        }

        _constants.Set(Path.Current, name, value);
        return true;
    }

    public void SetConstant(string name, CValue value) => _constants.Set(Path.Current, name, value);

    /// <summary>Makes an enumerator known by its enumeration's name as well: <c>Color::Red</c>.</summary>
    public void SetConstantIn(string path, string name, CValue value) => _constants.SetAlias(path, name, value);

    public bool TryGetConstant(string name, out CValue value) => TryFind(_constants, name, out value);

    public bool TryGetConstantIn(string path, string name, out CValue value)
    {
        foreach (var place in Path.WithBases(path))
        {
            if (_constants.TryGet(place, name, out value))
            {
                return true;
            }
        }

        value = default;
        return false;
    }

    public void AddTemplate(Template template)
    {
        _templates.Set(Path.Current, template.Name, template);
        LastTemplate = template.Name;
    }

    public bool TryGetTemplate(string name, out Template template) => TryFind(_templates, name, out template);

    public bool TryGetTemplateIn(string path, string name, out Template template) =>
        _templates.TryGet(path, name, out template);

    /// <summary>The type with a name: a typedef or a tag of the text, or a built-in type.</summary>
    public TypeName? Find(string name)
    {
        foreach (var keyword in (ReadOnlySpan<string>)["struct ", "union ", "enum "])
        {
            if (name.StartsWith(keyword, StringComparison.Ordinal))
            {
                return FindTag(name[keyword.Length..].Trim()) is { } tagged ? new TypeName(tagged, tagged.Name) : null;
            }
        }

        var qualifier = name.EndsWith('>') ? -1 : name.LastIndexOf("::", StringComparison.Ordinal);
        if (qualifier > 0)
        {
            var path = Path.Resolve(name[..qualifier]);
            return path is not null && TryGetTypeIn(path, name[(qualifier + 2)..], out var member)
                ? member
                : null;
        }

        return TryGetType(name, out var type) ? type : FindTag(name) is { } tag ? new TypeName(tag, name) : null;
    }

    /// <summary>Whether it's a tag and no typedef: only C++ takes it for a type without its keyword.</summary>
    public bool IsOnlyTag(string name) => _tags.Contains(name) && !_typedefs.Contains(name);

    /// <summary>Whether several namespaces or classes have a type of this name.</summary>
    public bool IsAmbiguous(string name) => _tags.IsAmbiguous(name) || _typedefs.IsAmbiguous(name);

    private bool TryFindType(string name, out TypeName type)
    {
        type = default;
        if (!_typedefs.Contains(name) && !_tags.Contains(name))
        {
            return false;
        }

        foreach (var path in Path.Visible())
        {
            if (_typedefs.TryGet(path, name, out type))
            {
                return true;
            }

            if (_tags.TryGet(path, name, out var tagged))
            {
                type = new TypeName(tagged, name);
                return true;
            }
        }

        if (TryFind(_typedefs, name, out type))
        {
            return true;
        }

        var found = TryFind(_tags, name, out var elsewhere);
        type = found ? new TypeName(elsewhere, name) : default;
        return found;
    }

    /// <summary>
    /// Looks outwards from the innermost scope, and at last where it isn't strictly visible, if only one scope has it:
    /// for C, whose structs are no scopes, and for <c>using namespace</c>.
    /// </summary>
    private bool TryFind<T>(NameTable<T> table, string name, out T value)
    {
        value = default!;
        if (!table.Contains(name))
        {
            return false;
        }

        foreach (var path in Path.Visible())
        {
            if (table.TryGet(path, name, out value))
            {
                return true;
            }
        }

        return !_failures.ContainsKey(name) && table.TryGetOnly(name, out value);
    }
}
