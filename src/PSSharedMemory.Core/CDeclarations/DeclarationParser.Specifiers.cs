using System;
using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>This part: the words before a declarator, which name its type.</summary>
internal sealed partial class DeclarationParser
{
    private static readonly Dictionary<string, ShmType> Combinations = new(StringComparer.Ordinal)
    {
        ["void"] = KnownTypes.Void,
        ["_Bool"] = KnownTypes.Bool,
        ["char signed"] = KnownTypes.SignedChar,
        ["char unsigned"] = KnownTypes.UnsignedChar,
        ["short"] = KnownTypes.Short,
        ["short unsigned"] = KnownTypes.UnsignedShort,
        ["int"] = KnownTypes.Int,
        [""] = KnownTypes.Int,
        ["unsigned"] = KnownTypes.UnsignedInt,
        ["long"] = KnownTypes.Long,
        ["long unsigned"] = KnownTypes.UnsignedLong,
        ["long long"] = KnownTypes.LongLong,
        ["long long unsigned"] = KnownTypes.UnsignedLongLong,
        ["__int128"] = KnownTypes.Int128,
        ["__int128 unsigned"] = KnownTypes.UnsignedInt128,
        ["float"] = KnownTypes.Float,
        ["double"] = KnownTypes.Double,
        ["double long"] = KnownTypes.LongDouble,
        ["_Float16"] = KnownTypes.Half,
        ["_Float32"] = KnownTypes.Float,
        ["_Float64"] = KnownTypes.Double,
        ["_Float128"] = KnownTypes.LongDouble,
        ["_Complex float"] = KnownTypes.ComplexFloat,
        ["_Complex double"] = KnownTypes.ComplexDouble,
        ["_Complex double long"] = KnownTypes.ComplexLongDouble,
        ["__float128"] = KnownTypes.LongDouble,
    };

    /// <summary>The result: the type and its other properties.</summary>
    private sealed class Specifiers
    {
        public TypeName Type { get; set; }

        public bool IsTypedef { get; set; }

        public bool IsStatic { get; set; }

        public bool IsConstant { get; set; }

        public bool IsAtomic { get; set; }

        public Attributes Attributes { get; } = new();

        /// <summary>Whether the type was defined here, in braces.</summary>
        public bool Defines { get; set; }

        public List<string> Words { get; } = [];
    }

    /// <summary>Whether a declaration or a type name begins with this token.</summary>
    private bool StartsType(Token token) => token.IsName
        && (IsPlainWord(token.Text) || token.Text is "struct" or "union" or "enum" or "_Atomic" or "class"
            || IsTypeOf(token.Text)
            || IsQualifier(token.Text)
            || (token.Is("std") && !_cursor.Ahead(2).Text.StartsWith("hardware_", StringComparison.Ordinal))
            || _scope.Namespaces.Contains(token.Text)
            || (_scope.IsType(token.Text) && !_scope.Constants.ContainsKey(token.Text)));

    private static bool IsPlainWord(string word) => word is "void"
        or "char" or "short" or "int" or "long" or "float" or "double"
        or "signed" or "unsigned" or "__signed__" or "__signed" or "_Bool" or "__int128" or "_Float16" or "_Float32"
        or "_Float64"
        or "_Float128" or "__float128" or "_Complex" or "__complex__";

    private static bool IsTypeOf(string word) => word is "typeof" or "__typeof__" or "__typeof" or "typeof_unqual";

    private static bool IsQualifier(string word) => word is "const" or "volatile" or "restrict" or "__const"
        or "__volatile__"
        or "__volatile" or "__restrict" or "__restrict__" or "__const__" or "__extension__";

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

            if (!token.IsName || (type is not null && !IsPlainWord(token.Text)))
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

            if (IsPlainWord(token.Text))
            {
                _cursor.Advance();
                result.Words.Add(token.Text is "__signed__" or "__signed"
                    ? "signed"
                    : token.Text is "__complex__" ? "_Complex" : token.Text);
                continue;
            }

            if (result.Words.Count > 0 || TryParseNamedType(result) is not { } named)
            {
                break;
            }

            type = named;
        }

        result.Type = Combine(first, type, result);
        if (result.IsAtomic)
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
            case "constexpr" or "noreturn" or "thread_local" or "mutable" when !_cursor.Next.IsName
                && !_cursor.Next.Is("::"):
                return false;
            case "const" or "constexpr":
                result.IsConstant = true;
                break;
            case "extern" or "register" or "auto" or "inline" or "__inline" or "__inline__" or "_Noreturn" or "noreturn"
                or "thread_local" or "_Thread_local" or "__thread" or "mutable":
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
            case "struct" or "union" or "class":
                return ParseRecord(result);
            case "enum":
                return ParseEnumeration(result);
            case "_Atomic":
                return ParseAtomicSpecifier();
            case "std" when _cursor.Next.Is("::"):
                _cursor.Advance();
                _cursor.Advance();
                return TemplateType() ?? LibraryType();
            case var word when IsTypeOf(word):
                return ParseTypeOf();
            case "atomic" or "array" or "pair" or "bitset" when _cursor.Next.Is("<") && !_scope.IsType(token.Text):
                return TemplateType();
            case var _ when SkipQualifier():
                return TryParseNamedType(result);
            case var name when _scope.TryGetType(name, out var type):
                _cursor.Advance();
                return type;
            default:
                return null;
        }
    }

    private TypeName LibraryType()
    {
        var name = _cursor.ExpectName("a type of the namespace std");
        if (name.Is("byte"))
        {
            return new TypeName(KnownTypes.UnsignedChar, "std::byte");
        }

        return _known.TryGet(name.Text, out var type)
            ? type
            : throw name.Error(
                $"'std::{name.Text}' has no layout that is known here; expected std::atomic, std::array, std::pair, "
                    + "std::bitset or a plain type such as std::uint32_t.");
    }

    /// <summary>
    /// <c>atomic&lt;T&gt;</c>, <c>array&lt;T, N&gt;</c>, <c>pair&lt;A, B&gt;</c> and <c>bitset&lt;N&gt;</c> of C++.
    /// </summary>
    private TypeName? TemplateType()
    {
        var name = _cursor.Current;
        if (!_cursor.Next.Is("<") || name.Text is not ("atomic" or "array" or "pair" or "bitset"))
        {
            return null;
        }

        _cursor.Advance();
        _cursor.Advance();
        _cursor.Enter();
        if (name.Text == "bitset")
        {
            var bits = ConstantExpression.Evaluate(_cursor, this, stopAtAngle: true);
            _cursor.ExpectClosingAngle("after the template's arguments");
            _cursor.Leave();
            return Bitset(name, bits);
        }

        var argument = ParseTypeName();
        if (name.Text == "pair")
        {
            _cursor.Expect(",", "between the types of std::pair");
            var second = ParseTypeName();
            argument = Pair(name, argument, second);
        }
        else if (name.Text == "atomic")
        {
            // Unlike _Atomic, of a std::array as well: that is a struct in C++.
            argument = argument.Type is { IsComplete: true, Kind: ShmTypeKind.Array }
                ? new TypeName(KnownTypes.Atomic(argument.Type), argument.Spelling)
                : MakeAtomic(name, argument);
        }
        else
        {
            _cursor.Expect(",", "between the type and the size of std::array");
            var place = _cursor.Current;
            var count = ConstantExpression.Evaluate(_cursor, this, stopAtAngle: true);
            argument = MakeArray(place, argument, count, flexible: false);
        }

        _cursor.ExpectClosingAngle("after the template's arguments");
        _cursor.Leave();
        return argument;
    }

    private TypeName Pair(Token name, TypeName first, TypeName second)
    {
        foreach (var part in (ReadOnlySpan<TypeName>)[first, second])
        {
            if (!part.Type.IsComplete)
            {
                throw _scope.FailureOf(part.Type.Name)
                    ?? name.Error($"'{part.Spelling}' is not complete here; expected its definition above.");
            }
        }

        var spelling = $"std::pair<{first.Spelling}, {second.Spelling}>";
        var record = new ShmType(ShmTypeKind.Struct, spelling, 0, 1);
        Member[] members =
        [
            new("first", first, null, new Attributes(), name),
            new("second", second, null, new Attributes(), name),
        ];
        RecordLayout.Complete(record, members, _abi, new Attributes(), 0, name, []);
        record.LendsPadding = true;
        return new TypeName(record, spelling);
    }

    /// <summary>
    /// As libstdc++ and libc++ store it: 64-bit words, starting with the least significant bit of the first.
    /// </summary>
    private TypeName Bitset(Token name, CValue bits)
    {
        if (bits.IsNegative || !bits.IsTrue)
        {
            throw name.Error($"a std::bitset has one bit or more here, found {bits}.");
        }

        var words = CValue.SizeOf((long)((bits.Exact + 63) / 64));
        var array = MakeArray(name, new TypeName(KnownTypes.UnsignedLong, "unsigned long"), words, flexible: false);
        return array with { Spelling = $"std::bitset<{bits}>" };
    }

    /// <summary><c>typeof</c> of a type, of a field of a null pointer to a struct, or of an integer constant.</summary>
    private TypeName ParseTypeOf()
    {
        var word = _cursor.Advance();
        _cursor.Expect("(", $"after '{word.Text}'");
        _cursor.Enter();
        TypeName type;
        if (StartsType(_cursor.Current))
        {
            type = ParseTypeName();
        }
        else if (_cursor.Is("(") && _cursor.Next.Is("("))
        {
            var field = FieldOfNull();
            type = new TypeName(field, field.Name);
        }
        else
        {
            var value = ConstantExpression.Evaluate(_cursor, this);
            var number = value.IsLong
                ? value.IsUnsigned ? KnownTypes.UnsignedLong : KnownTypes.Long
                : value.IsUnsigned ? KnownTypes.UnsignedInt : KnownTypes.Int;
            type = new TypeName(number, number.Name);
        }

        _cursor.Leave();
        _cursor.Expect(")", $"after the type of '{word.Text}'");
        return type;
    }

    private TypeName ParseAtomicSpecifier()
    {
        var place = _cursor.Advance();
        _cursor.Expect("(", "after '_Atomic'");
        _cursor.Enter();
        var type = ParseTypeName();
        _cursor.Leave();
        _cursor.Expect(")", "after the type of '_Atomic'");
        return MakeAtomic(place, type);
    }

    private static TypeName MakeAtomic(Token place, TypeName type)
    {
        if (!type.Type.IsComplete || type.Type.Kind == ShmTypeKind.Array)
        {
            throw place.Error($"'{type.Spelling}' cannot be atomic.");
        }

        return new TypeName(
            KnownTypes.Atomic(type.Type), type.Type.IsAtomic ? type.Spelling : $"_Atomic({type.Spelling})");
    }

    private TypeName Combine(Token first, TypeName? named, Specifiers specifiers)
    {
        var words = specifiers.Words;
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
        if (words.Count > 5)
        {
            throw first.Error($"'{spelling}' isn't a type.");
        }

        // The order of the words doesn't matter: sort them and drop those without effect.
        var parts = new List<string>(words);
        var hasChar = parts.Contains("char");
        if (parts.Contains("signed") && parts.Contains("unsigned"))
        {
            throw first.Error($"'{spelling}' isn't a type.");
        }

        if (!hasChar && parts.Remove("signed")
            && parts.Exists(word => word is "float" or "double" or "void" or "_Bool"))
        {
            throw first.Error($"'{spelling}' isn't a type.");
        }

        if (parts.Count > 1 || words.Count > parts.Count)
        {
            parts.Remove("int");
        }

        parts.Sort(StringComparer.Ordinal);
        var key = string.Join(' ', parts);
        if (key == "char")
        {
            return new TypeName(_known.Char, spelling);
        }

        return Combinations.TryGetValue(key, out var plain)
            ? new TypeName(plain, spelling)
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
                $"unknown type name '{token.Text}'; expected a type that is built in or declared "
                    + $"above.{_scope.IncludeHint}");
        }

        return (token == first ? first : token).Error($"expected a type, found {token.Quoted}.");
    }
}
