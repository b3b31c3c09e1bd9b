using System;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory.CDeclarations;

/// <summary>What a text declares, ready to pick a type from.</summary>
internal sealed class ParsedDeclarations
{
    private readonly Scope _scope;

    public ParsedDeclarations(Scope scope) => _scope = scope;

    /// <summary>
    /// The named type; without a name, the last struct or union, or else the last enumeration or typedef.
    /// </summary>
    public ShmType Pick(string? name)
    {
        if (name is null)
        {
            if (_scope.Records.Count > 0)
            {
                // The typedef of the same name may be aligned.
                var record = _scope.Records[^1];
                return _scope.Find(record.Name) is { } typedef && typedef.Type.Fields == record.Fields
                    ? typedef.Type
                    : record;
            }

            var last = _scope.Others.LastOrDefault(type => type.Type.IsComplete);
            return last.Type is null
                ? throw new ShmDefinitionException(1, 1, NothingToPick)
                : last.Type.Variant(name: last.Spelling);
        }

        var found = _scope.Find(name) ?? throw FailureOf(name) ?? Missing(name);
        if (!found.Type.IsComplete)
        {
            throw FailureOf(name)
                ?? new ShmDefinitionException(1, 1, $"'{name}' is declared but its fields are not.", name);
        }

        return found.Type.Name == found.Spelling ? found.Type : found.Type.Variant(name: found.Spelling);
    }

    /// <summary>The names of everything that can be picked, in the order of the text.</summary>
    public IReadOnlyList<string> Names() =>
    [
        .. _scope.Records.Select(type => type.Name).Concat(_scope.Others.Select(type => type.Spelling))
            .Where(known => known.Length > 0).Distinct(StringComparer.Ordinal),
    ];

    /// <summary>Everything that can be picked, in the order of the text.</summary>
    public IReadOnlyList<ShmType> Types() =>
        [.. Names().Where(name => _scope.Find(name) is { Type.IsComplete: true }).Select(Pick)];

    private ShmDefinitionException? FailureOf(string name)
    {
        var start = Math.Max(name.LastIndexOf(' '), name.LastIndexOf(':'));
        return _scope.FailureOf(name[(start + 1)..]);
    }

    private string NothingToPick => _scope.LastTemplate is { } template
        ? $"the text has only the template '{template}', which has no layout of its own; name it with its arguments, "
            + $"as in '{template}<int>'."
        : "the text defines no type; expected a struct, as in 'struct point { int x; int y; };'.";

    private ShmDefinitionException Missing(string name)
    {
        if (_scope.IsAmbiguous(name))
        {
            return new ShmDefinitionException(
                1, 1,
                $"several namespaces or structs declare '{name}'; name the one that's meant, as in 'space::{name}'.",
                name);
        }

        var known = string.Join(", ", Names().Take(20));
        return new ShmDefinitionException(
            1, 1, $"the text defines no type '{name}'; it has {(known.Length == 0 ? "none" : known)}.", name);
    }
}
