using System;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory.CDeclarations;

/// <summary>
/// This part: specializations of templates. The arguments choose one as in C++ where its pattern is whole types and
/// numbers, its parameters, pointers to them or arrays of them; where that cannot be told, the template is refused.
/// </summary>
internal sealed partial class DeclarationParser
{
    private const string UnknownFit = "whether one of its specializations fits these arguments cannot be told";

    /// <summary>The specialization that the arguments choose, with its parameters bound; else the template.</summary>
    private Template Specialized(
        Token place, Template template, List<(TemplateParameter Parameter, TypeName Type, CValue Value)> bindings)
    {
        var partial = new List<(Template Template, List<(TemplateParameter, TypeName, CValue)> Bound)>();
        foreach (var candidate in template.Specializations)
        {
            var bound = new List<(TemplateParameter, TypeName, CValue)>();
            switch (Fits(candidate, bindings, bound))
            {
                case true when candidate.Parameters.Count == 0:
                    return candidate;
                case true:
                    partial.Add((candidate, bound));
                    break;
                case null:
                    throw NotSupported(place, template, UnknownFit);
                default:
                    break;
            }
        }

        if (partial.Count > 1)
        {
            throw NotSupported(place, template, "several of its specializations fit these arguments");
        }

        if (partial.Count == 0)
        {
            return template.Obstacle is { } obstacle ? throw NotSupported(place, template, obstacle) : template;
        }

        foreach (var (parameter, type, value) in partial[0].Bound)
        {
            Bind(parameter, type, value);
        }

        return partial[0].Template;
    }

    private static ShmDefinitionException NotSupported(Token place, Template template, string obstacle) =>
        place.Error($"the template '{template.Name}' isn't supported here: {obstacle}.");

    private void Bind(TemplateParameter parameter, TypeName type, CValue value)
    {
        if (type.Type is null)
        {
            _scope.SetConstant(parameter.Name, value);
        }
        else
        {
            _scope.Bind(parameter.Name, type);
        }
    }

    /// <summary>Whether the arguments fit a pattern; null where that cannot be told.</summary>
    private bool? Fits(
        Template candidate, List<(TemplateParameter Parameter, TypeName Type, CValue Value)> arguments,
        List<(TemplateParameter, TypeName, CValue)> bound)
    {
        bool? result = true;
        var patterns = Patterns(candidate.Pattern!);
        if (patterns.Count > arguments.Count)
        {
            return null;
        }

        for (var i = 0; i < patterns.Count; i++)
        {
            var fits = FitsOne(candidate, patterns[i], arguments[i], bound);
            if (fits == false)
            {
                return false;
            }

            result = fits is null ? null : result;
        }

        return result;
    }

    private bool? FitsOne(
        Template candidate, List<Token> pattern, (TemplateParameter Parameter, TypeName Type, CValue Value) argument,
        List<(TemplateParameter, TypeName, CValue)> bound)
    {
        var isType = argument.Type.Type is not null;
        var first = candidate.Parameters.FirstOrDefault(item => item.Name.Length > 0 && pattern[0].Is(item.Name));
        if (first is not null && pattern.Count == 1)
        {
            // A parameter that stands in two places is the same in both.
            var earlier = bound.FindIndex(item => item.Item1 == first);
            bound.Add((first, argument.Type, argument.Value));
            return earlier < 0
                ? true
                : AreSame(bound[earlier].Item2, bound[earlier].Item3, argument.Type, argument.Value);
        }

        if (first is not null && isType && pattern.Count == 2 && pattern[1].Is("*"))
        {
            var pointee = new ShmType(ShmTypeKind.None, argument.Type.Spelling.TrimEnd(' ', '*'), 0, 1);
            bound.Add((first, new TypeName(pointee, pointee.Name), default));
            return argument.Type.Type!.Kind == ShmTypeKind.Address;
        }

        if (first is not null && isType && pattern.Count == 4 && pattern[1].Is("[") && pattern[3].Is("]")
            && candidate.Parameters.FirstOrDefault(item => pattern[2].Is(item.Name)) is { } count)
        {
            var array = argument.Type.Type!;
            if (array.Kind != ShmTypeKind.Array)
            {
                return false;
            }

            bound.Add((first, new TypeName(array.ElementType!, array.ElementType!.Name), default));
            bound.Add((count, default, CValue.SizeOf(array.Count)));
            return true;
        }

        if (candidate.Parameters.Any(item => pattern.Exists(token => token.Is(item.Name))))
        {
            return isType && IsOfOtherForm(pattern, argument.Type) ? false : null;
        }

        pattern.Add(candidate.Pattern![^1]);
        var (_, type, value) = WithScope(
            candidate, () => WithTokens(pattern, candidate.PackLimit, () => Argument(argument.Parameter)));
        return AreSame(type, value, argument.Type, argument.Value);
    }

    /// <summary>Whether a pattern is of references, constants, arrays or templates, and the type isn't.</summary>
    private static bool IsOfOtherForm(List<Token> pattern, TypeName type)
    {
        var kind = type.Type.Kind;
        var isTemplate = pattern.Exists(static token => token.Is("<"));
        return pattern[^1].Text is "&" or "&&" || (pattern.Count == 2 && pattern[0].Is("const") && !IsConstant(type))
            || (pattern[^1].Is("]") && kind != ShmTypeKind.Array)
            || (pattern[^1].Is(")") && kind != ShmTypeKind.Address)
            || (isTemplate && !type.Type.IsAtomic && !type.Type.IsRecord && kind != ShmTypeKind.Opaque);
    }

    private static bool? AreSame(TypeName one, CValue oneValue, TypeName other, CValue otherValue) =>
        one.Type is null || other.Type is null
            ? one.Type is null && other.Type is null && oneValue.Exact == otherValue.Exact
            : AreSame(one, other);

    /// <summary>The arguments of a pattern, each with its tokens.</summary>
    private static List<List<Token>> Patterns(IReadOnlyList<Token> pattern)
    {
        List<List<Token>> patterns = [[]];
        var depth = 0;
        foreach (var token in pattern.Take(pattern.Count - 1))
        {
            depth += token.Text switch
            {
                "<" or "(" or "[" => 1,
                ">" or ")" or "]" => -1,
                ">>" => -2,
                _ => 0,
            };
            if (depth == 0 && token.Is(","))
            {
                patterns.Add([]);
            }
            else
            {
                patterns[^1].Add(token);
            }
        }

        return patterns;
    }

    /// <summary>Whether two types are one in C++; null for pointers, of which only that they are is known.</summary>
    private static bool? AreSame(TypeName one, TypeName other)
    {
        var (a, b) = (one.Type, other.Type);
        if (a.Kind != b.Kind || IsConstant(one) != IsConstant(other))
        {
            return false;
        }

        return a.Kind switch
        {
            ShmTypeKind.Address => one.Spelling == other.Spelling ? true : null,
            ShmTypeKind.Struct or ShmTypeKind.Union => ReferenceEquals(a.Fields, b.Fields),
            ShmTypeKind.Enumeration => ReferenceEquals(a.Enumerators, b.Enumerators),
            ShmTypeKind.Array => a.Count != b.Count ? false
                : AreSame(new TypeName(a.ElementType!, ""), new TypeName(b.ElementType!, "")),
            _ => a.Name == b.Name && a.Size == b.Size && a.IsAtomic == b.IsAtomic,
        };
    }

    private static bool IsConstant(TypeName type) => type.Spelling.StartsWith("const ", StringComparison.Ordinal);
}
