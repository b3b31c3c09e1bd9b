using System;
using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>This part: the words before a declarator, which name its type.</summary>
internal sealed partial class DeclarationParser
{
    /// <summary>The result: the type and its other properties.</summary>
    private sealed class Specifiers
    {
        public TypeName Type { get; set; }

        public bool IsTypedef { get; set; }

        public bool IsStatic { get; set; }

        public bool IsConstant { get; set; }

        /// <summary>Whether it's of the type of its initializer.</summary>
        public bool IsAuto { get; set; }

        public bool IsAtomic { get; set; }

        public Attributes Attributes { get; } = new();

        /// <summary>Whether the type was defined here, in braces.</summary>
        public bool Defines { get; set; }

        public List<string> Words { get; } = [];
    }

    /// <summary>Whether a declaration or a type name begins with this token.</summary>
    private bool StartsType(Token token) => token.IsName
        && (PlainWords.Contains(token.Text)
            || token.Text is "struct" or "union" or "enum" or "_Atomic" or "class" or "typename"
            || IsTypeOf(token.Text)
            || IsQualifier(token.Text)
            || (token.Is("std") && !_cursor.Ahead(2).Text.StartsWith("hardware_", StringComparison.Ordinal))
            || (_cursor.Next.Is("::") && QualifiesType())
            || (_scope.TryGetTemplate(token.Text, out _) && _cursor.Next.Is("<"))
            || (_scope.IsType(token.Text) && !_scope.TryGetConstant(token.Text, out _)));

    private static bool IsQualifier(string word) => word is "const" or "volatile" or "restrict" or "__const"
        or "__volatile__" or "__volatile" or "__restrict" or "__restrict__" or "__const__" or "__extension__";

    private Specifiers ParseSpecifiers()
    {
        var result = new Specifiers();
        var first = _cursor.Current;
        TypeName? type = null;
        while (true)
        {
            var token = _cursor.Current;
            if (AcceptAttributes(result.Attributes) || AcceptStorage(result))
            {
                continue;
            }

            if (token.Is("_Atomic") && !_cursor.Next.Is("("))
            {
                _cursor.Advance();
                result.IsAtomic = true;
                continue;
            }

            if (token.Is("::") && type is null && _cursor.Next.IsName)
            {
                type = GlobalType();
                continue;
            }

            if (!token.IsName || (type is not null && !PlainWords.Contains(token.Text)))
            {
                break;
            }

            // complex.h's word for _Complex, which is a name like any other where the text does not include it.
            if (token.Is("complex") && _cursor.Next.IsName && !_scope.IsType("complex")
                && (result.Words.Contains("float") || result.Words.Contains("double")))
            {
                _cursor.Advance();
                result.Words.Add("_Complex");
                continue;
            }

            if (PlainWords.Contains(token.Text))
            {
                _cursor.Advance();
                result.Words.Add(PlainWords.Canonical(token.Text));
                continue;
            }

            // Only constants and what isn't data: a field has a type.
            if (result is { IsAuto: true, Words.Count: 0 } && _cursor.Next.Text is "=" or "{"
                && (result.IsStatic || result.IsConstant))
            {
                type = new TypeName(KnownTypes.Void, "auto");
                break;
            }

            if (result.Words.Count > 0 || TryParseNamedType(result) is not { } named)
            {
                break;
            }

            type = named;
        }

        result.Type = Combine(first, type, result.Words);

        // A pointer to an atomic struct needs no more of it than any other pointer.
        if (result.IsAtomic && (result.Type.Type.IsComplete || !result.Type.Type.IsRecord))
        {
            result.Type = MakeAtomic(first, result.Type);
        }

        return result;
    }

    private bool AcceptStorage(Specifiers result)
    {
        if (!_cursor.Current.IsName)
        {
            return false;
        }

        var word = _cursor.Current.Text;
        switch (word)
        {
            case "typedef":
                result.IsTypedef = true;
                break;
            case "static":
                result.IsStatic = true;
                break;
            // C++ and newer C keywords that are field names in older C.
            case "constexpr" or "constinit" or "consteval" or "noreturn" or "thread_local" or "mutable"
                when !_cursor.Next.IsName && !_cursor.Next.Is("::"):
                return false;
            case "const" or "constexpr" or "constinit":
                result.IsConstant = true;
                break;
            case "auto":
                result.IsAuto = true;
                break;
            case "extern" or "register" or "inline" or "__inline" or "__inline__" or "_Noreturn" or "noreturn"
                or "thread_local" or "_Thread_local" or "__thread" or "mutable" or "consteval":
            case var _ when IsQualifier(word):
                break;
            default:
                return false;
        }

        _cursor.Advance();
        return true;
    }

    private TypeName? TryParseNamedType(Specifiers result)
    {
        var token = _cursor.Current;
        switch (token.Text)
        {
            case "typename" when _cursor.Next.IsName:
                _cursor.Advance();
                return TryParseNamedType(result);
            case "struct" or "union" or "class":
                return ParseRecord(result);
            case "enum":
                return ParseEnumeration(result);
            case "_Atomic":
                return ParseAtomicSpecifier();
            case "std" when _cursor.Next.Is("::"):
                _cursor.Advance();
                _cursor.Advance();
                return StandardType();
            case var word when IsTypeOf(word):
                return ParseTypeOf();
            case "_BitInt" when _cursor.Next.Is("("):
                throw token.Error(
                    "'_BitInt' is not supported here; expected a bit-field of the integer type with its size, such as "
                        + "'int x : 24' for '_BitInt(24) x'.");
            case var name when IsStandardTemplate(name) && _cursor.Next.Is("<") && !_scope.IsType(name)
                && !_scope.TryGetTemplate(name, out _):
                return StandardType();
            case var _ when AcceptQualifier() is { } path:
                return QualifiedType(path);
            case var name when _cursor.Next.Is("<") && _scope.TryGetTemplate(name, out var template):
                return Instantiate(template);
            case var name when _scope.TryGetType(name, out var type):
                RefuseEmptyTag(token, type.Type);
                if (_known.AlignsMember(name, type.Type))
                {
                    result.Attributes.Alignment = Math.Max(result.Attributes.Alignment, type.Type.Alignment);
                }

                _cursor.Advance();
                return type;
            case var _ when IsOnlyPointedTo():
                _cursor.Advance();
                return new TypeName(new ShmType(ShmTypeKind.None, token.Text, 0, 1), token.Text);
            default:
                return null;
        }
    }

    /// <summary>
    /// An empty struct has no bytes in C and one in C++, and nothing but its use without the keyword tells this text
    /// from C.
    /// </summary>
    private void RefuseEmptyTag(Token name, ShmType type)
    {
        if (!_isCxx && type is { Kind: ShmTypeKind.Struct, IsComplete: true, Size: 0 } && _scope.IsOnlyTag(name.Text))
        {
            throw name.Error(
                $"'{name.Text}' is empty: it has no bytes in C and one in C++; write 'struct {name.Text}' for C, or "
                    + $"'class {name.Text}' where it's defined.");
        }
    }

    /// <summary>
    /// Whether a name that isn't known can only be a type, whose size doesn't matter behind the pointer that follows:
    /// <c>FILE *log</c>, or <c>result_t (*call)(int)</c>.
    /// </summary>
    private bool IsOnlyPointedTo() => !IsReserved(_cursor.Current.Text)
        && (_cursor.Next.Is("*")
            || (_cursor.Next.Is("(") && _cursor.Ahead(2).Is("*") && _cursor.Ahead(3).IsName && _cursor.Ahead(4).Is(")")
                && _cursor.Ahead(5).Is("(")));

    private TypeName Combine(Token first, TypeName? named, List<string> words)
    {
        if (named is TypeName type)
        {
            return words.Count == 0
                ? type
                : throw first.Error($"'{type.Spelling}' and '{words[0]}' are two types in one declaration.");
        }

        if (words.Count == 0)
        {
            throw UnknownType(first);
        }

        var spelling = string.Join(' ', words);
        var plain = PlainWords.Combine(words, out var isChar);
        if (plain == KnownTypes.Extended)
        {
            plain = _known.LongDouble;
        }

        return (isChar ? _known.Char : plain) is { } found
            ? new TypeName(found, spelling)
            : throw first.Error($"'{spelling}' isn't a type.");
    }

    private ShmDefinitionException UnknownType(Token first)
    {
        var token = _cursor.Current;
        if (token.IsName)
        {
            if (_scope.FailureOf(token.Text) is { } cause)
            {
                return cause;
            }

            return token.Error(
                _scope.IsAmbiguous(token.Text)
                    ? $"several namespaces or structs declare '{token.Text}'; name the one that's meant, as in "
                        + $"'name::{token.Text}'."
                    : $"unknown type name '{token.Text}'; expected a type that is built in or declared "
                        + $"above.{_scope.IncludeHint}");
        }

        return (token == first ? first : token).Error($"expected a type, found {token.Quoted}.");
    }
}
