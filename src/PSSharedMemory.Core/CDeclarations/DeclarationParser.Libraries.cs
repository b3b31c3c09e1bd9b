using System;

namespace PSSharedMemory.CDeclarations;

/// <summary>
/// This part: types of C++ libraries whose layout is known, as libstdc++ has them: those of std, and those that Boost
/// makes for shared memory.
/// </summary>
internal sealed partial class DeclarationParser
{
    /// <summary>What follows <c>std::</c>, or one of its templates after <c>using namespace std</c>.</summary>
    private TypeName StandardType()
    {
        if (_cursor.Is("chrono") && _cursor.Next.Is("::"))
        {
            _cursor.Advance();
            _cursor.Advance();
            return NotPlain(ChronoType());
        }

        var name = _cursor.ExpectName("a type of the namespace std");
        if (_cursor.Is("<") && IsStandardTemplate(name.Text))
        {
            return StandardTemplate(name);
        }

        return name.Text switch
        {
            "byte" => new TypeName(KnownTypes.UnsignedChar, "std::byte"),
            "nullptr_t" => new TypeName(KnownTypes.VoidPointer, "std::nullptr_t"),
            "mutex" or "recursive_mutex" => NotPlain(Renamed("pthread_mutex_t", $"std::{name.Text}")),
            _ when _known.TryGet(name.Text, out var type) => type.Type.IsAtomic ? NotPlain(type) : type,
            _ => throw name.Error(NotStandard(name.Text)),
        };
    }

    /// <summary>A class with constructors: one around it isn't plain either, and lends its padding.</summary>
    private static TypeName NotPlain(TypeName type)
    {
        var copy = type.Type.Variant();
        copy.LendsPadding = true;
        return type with { Type = copy };
    }

    private TypeName Renamed(string known, string spelling)
    {
        _known.TryGet(known, out var type);
        return type with { Spelling = spelling };
    }

    private static string NotStandard(string name) => name switch
    {
        "string" or "wstring" or "u16string" or "vector" or "deque" or "list" or "map" or "unordered_map" or "set"
            or "unordered_set" or "queue" or "stack" or "function" or "any" =>
            $"'std::{name}' keeps its data outside of the struct, in its own process's memory; expected an array of "
                + "fixed size, such as 'char text[64]'.",
        "string_view" or "span" or "unique_ptr" or "shared_ptr" or "weak_ptr" or "reference_wrapper" =>
            $"'std::{name}' points into its own process's memory; expected an array of fixed size, or an offset.",
        _ => $"'std::{name}' has no layout that is known here; expected std::atomic, std::array, std::pair, "
            + "std::optional, std::complex, std::bitset, a duration of std::chrono or a plain type such as "
            + "std::uint32_t.",
    };

    /// <summary>Durations and points in time: 64-bit counts of their unit.</summary>
    private TypeName ChronoType()
    {
        var name = _cursor.ExpectName("a type of the namespace std::chrono");
        switch (name.Text)
        {
            case "nanoseconds" or "microseconds" or "milliseconds" or "seconds" or "minutes" or "hours" or "days"
                or "weeks" or "months" or "years":
                return new TypeName(KnownTypes.Long, $"std::chrono::{name.Text}");
            case "system_clock" or "steady_clock" or "high_resolution_clock" when _cursor.Next.Text is "time_point"
                or "duration" && _cursor.Is("::"):
                _cursor.Advance();
                return new TypeName(KnownTypes.Long, $"std::chrono::{name.Text}::{_cursor.Advance().Text}");
            default:
                throw name.Error(
                    $"'std::chrono::{name.Text}' has no layout that is known here; expected a duration such as "
                        + "std::chrono::nanoseconds or a time_point of a clock.");
        }
    }

    private static bool IsStandardTemplate(string name) =>
        name is "atomic" or "array" or "pair" or "bitset" or "optional" or "complex";

    /// <summary>A template of std with its arguments in angle brackets.</summary>
    private TypeName StandardTemplate(Token name)
    {
        _cursor.Advance();
        _cursor.Enter();
        if (name.Text == "bitset")
        {
            var bits = ConstantExpression.Evaluate(_cursor, this, stopAtAngle: true);
            return CloseTemplate(NotPlain(Bitset(name, bits)));
        }

        var argument = ParseTypeName();
        switch (name.Text)
        {
            case "pair":
                _cursor.Expect(",", "between the types of std::pair");
                return CloseTemplate(Pair(name, argument, ParseTypeName()));
            case "optional":
                return CloseTemplate(Optional(name, argument));
            case "complex":
                return CloseTemplate(NotPlain(Complex(name, argument)));
            case "atomic":
                // Unlike _Atomic, of a std::array as well: that is a struct in C++.
                return CloseTemplate(NotPlain(argument.Type is { IsComplete: true, Kind: ShmTypeKind.Array }
                    ? new TypeName(KnownTypes.Atomic(argument.Type), argument.Spelling)
                    : MakeAtomic(name, argument)));
            default:
                _cursor.Expect(",", "between the type and the size of std::array");
                var place = _cursor.Current;
                var count = ConstantExpression.Evaluate(_cursor, this, stopAtAngle: true);
                if (!count.IsTrue)
                {
                    throw place.Error("a std::array without elements is empty, but has bytes; expected one or more.");
                }

                return CloseTemplate(MakeArray(place, argument, count, flexible: false));
        }
    }

    private TypeName CloseTemplate(TypeName type)
    {
        _cursor.ExpectClosingAngle("after the template's arguments");
        _cursor.Leave();
        return type;
    }

    private TypeName Pair(Token name, TypeName first, TypeName second) =>
        StandardRecord(name, $"std::pair<{first.Spelling}, {second.Spelling}>", ("first", first), ("second", second));

    /// <summary>The value, and after it whether there is one.</summary>
    private TypeName Optional(Token name, TypeName value) => StandardRecord(
        name, $"std::optional<{value.Spelling}>", ("value", value),
        ("has_value", new TypeName(KnownTypes.Bool, "bool")));

    private TypeName StandardRecord(Token name, string spelling, params (string Name, TypeName Type)[] fields)
    {
        var members = Array.ConvertAll(
            fields, field => new Member(field.Name, field.Type, null, new Attributes(), name));
        foreach (var field in fields)
        {
            if (!field.Type.Type.IsComplete)
            {
                throw _scope.FailureOf(field.Type.Type.Name)
                    ?? name.Error($"'{field.Type.Spelling}' is not complete here; expected its definition above.");
            }
        }

        var record = new ShmType(ShmTypeKind.Struct, spelling, 0, 1);
        RecordLayout.Complete(record, members, _abi, new Attributes(), 0, name, []);
        record.LendsPadding = true;
        return new TypeName(record, spelling);
    }

    private static TypeName Complex(Token name, TypeName part) => part.Type.Name switch
    {
        "float" => new TypeName(KnownTypes.ComplexFloat, "std::complex<float>"),
        "double" => new TypeName(KnownTypes.ComplexDouble, "std::complex<double>"),
        "long double" => new TypeName(KnownTypes.ComplexLongDouble, "std::complex<long double>"),
        _ => throw name.Error($"a std::complex is of float, double or long double, not of '{part.Spelling}'."),
    };

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

    /// <summary>What Boost makes for shared memory: its locks are those of pthreads, its pointers distances.</summary>
    private TypeName BoostType(string path)
    {
        var name = _cursor.ExpectName($"a type of the namespace {path}");
        return NotPlain(BoostType(path, name));
    }

    private TypeName BoostType(string path, Token name)
    {
        switch (name.Text)
        {
            case "interprocess_mutex" or "interprocess_recursive_mutex":
                return Renamed("pthread_mutex_t", $"{path}::{name.Text}");
            case "interprocess_condition":
                return Renamed("pthread_cond_t", $"{path}::{name.Text}");
            case "interprocess_semaphore":
                return Renamed("sem_t", $"{path}::{name.Text}");
            case "offset_ptr" when _cursor.Is("<"):
                _cursor.Advance();
                _cursor.Enter();
                var target = ParseTypeName();
                return CloseTemplate(new TypeName(KnownTypes.UnsignedLong, $"{path}::offset_ptr<{target.Spelling}>"));
            default:
                throw name.Error(
                    $"'{path}::{name.Text}' has no layout that is known here; expected interprocess_mutex, "
                        + "interprocess_condition, interprocess_semaphore or offset_ptr.");
        }
    }
}
