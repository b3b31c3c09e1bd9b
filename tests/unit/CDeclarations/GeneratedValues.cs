using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Numerics;
using System.Text;

namespace PSSharedMemory.UnitTests.CDeclarations;

/// <summary>A value for a member of a struct.</summary>
/// <param name="Path">The member, as C and field paths name it.</param>
/// <param name="Given">What a caller writes.</param>
/// <param name="Code">C that assigns it to the member of <c>v</c>.</param>
/// <param name="Read">What reading gives; null where gcc is asked: the nearest double of a wide real.</param>
internal sealed record GeneratedValue(string Path, object Given, string Code, object? Read);

/// <summary>Makes values for the members of a type that don't overlap, the same ones for the same seed.</summary>
internal sealed class GeneratedValues(int seed)
{
    // Reproducible on purpose.
#pragma warning disable CA5394
    private readonly Random _random = new(seed);

    public List<GeneratedValue> For(ShmType type)
    {
        var values = new List<GeneratedValue>();
        AddRecord(type, "", values);
        return values;
    }

    /// <summary>Of members in one place, as a union has them, one.</summary>
    private void AddRecord(ShmType type, string path, List<GeneratedValue> values)
    {
        var taken = new HashSet<long>();
        foreach (var field in type.Fields.OrderBy(_ => _random.Next()))
        {
            var first = (field.Offset * 8) + (field.BitOffset ?? 0);
            var bits = Enumerable.Range(0, field.BitWidth ?? (int)(field.Type.Size * 8)).Select(i => first + i);
            if (field.Type.Size > 0 && !bits.Any(taken.Contains))
            {
                taken.UnionWith(bits);
                Add(field.Type, field.BitWidth, path.Length == 0 ? field.Name : $"{path}.{field.Name}", values);
            }
        }
    }

    private void Add(ShmType type, int? width, string path, List<GeneratedValue> values)
    {
        switch (type.Kind)
        {
            case ShmTypeKind.Struct or ShmTypeKind.Union:
                AddRecord(type, path, values);
                break;
            case ShmTypeKind.Array when type.ElementType!.Kind == ShmTypeKind.Character:
                values.Add(Text(type, path));
                break;
            case ShmTypeKind.Array:
                for (var i = 0; i < type.Count; i++)
                {
                    Add(type.ElementType!, null, $"{path}[{i}]", values);
                }

                break;
            case ShmTypeKind.Opaque:
                break;
            case ShmTypeKind.FloatingPoint:
                values.Add(Real(type, path));
                break;
            default:
                values.Add(Whole(type, width, path));
                break;
        }
    }

    private GeneratedValue Whole(ShmType type, int? bitField, string path)
    {
        var number = type.Kind == ShmTypeKind.Enumeration ? type.ElementType! : type;
        var isLetter = type.Kind == ShmTypeKind.Character && bitField is null;
        var isSigned = number.IsSigned && !(isLetter && type.Size < 4);
        var width = bitField ?? (int)type.Size * 8;
        width = type.Kind == ShmTypeKind.Boolean ? 1 : width;
        var bits = new BigInteger(Bytes(17), isUnsigned: true) & ((BigInteger.One << width) - 1);
        bits = _random.Next(6) switch
        {
            0 => 0,
            1 => (BigInteger.One << width) - 1,
            2 => BigInteger.One << (width - 1),
            _ => bits,
        };
        var value = isSigned && !(bits >> (width - 1)).IsZero ? bits - (BigInteger.One << width) : bits;
        var names = type.Enumerators.Where(pair => pair.Value == (Int128)value).ToList();
        var given = names.Count > 0 && _random.Next(2) == 0 ? names[0].Key : isLetter ? (long)value : Given(value);
        var low = $"{(ulong)(bits & ulong.MaxValue)}ULL";
        var code = width > 64 ? $"((unsigned __int128){(ulong)(bits >> 64)}ULL << 64 | {low})" : low;
        code = type.Kind == ShmTypeKind.Address ? $"(void *){code}" : code;
        if (type.IsBigEndian == true)
        {
            code = $"__builtin_bswap{type.Size * 8}({code})";
        }

        return new GeneratedValue(path, given, $"v.{path} = {code};", value);
    }

    /// <summary>A number as callers have it: of one of the types that hold it, or text.</summary>
    private object Given(BigInteger value) => _random.Next(5) switch
    {
        0 => value.ToString(CultureInfo.InvariantCulture),
        1 when value >= 0 => "0x" + value.ToString("x", CultureInfo.InvariantCulture),
        2 when value >= int.MinValue && value <= int.MaxValue => (int)value,
        3 when BigInteger.Abs(value) < BigInteger.One << 90 => (decimal)value,
        _ when value >= long.MinValue && value <= long.MaxValue => (long)value,
        _ when value >= 0 && value <= ulong.MaxValue => (ulong)value,
        _ => value,
    };

    private GeneratedValue Real(ShmType type, string path)
    {
        if (type.Size == 16)
        {
            return WideReal(type, path);
        }

        var bytes = Bytes(8);
        var value = type.Size switch
        {
            2 => (double)BitConverter.ToHalf(bytes),
            4 => BitConverter.ToSingle(bytes),
            _ => BitConverter.ToDouble(bytes),
        };
        value = _random.Next(8) == 0 ? double.NegativeInfinity : double.IsNaN(value) ? 0.5 : value;
        var read = type.Size == 8 ? value : (object)(float)value;
        return new GeneratedValue(
            path, _random.Next(2) == 0 ? value : read, $"v.{path} = {Literal(value)};", read);
    }

    private GeneratedValue WideReal(ShmType type, string path)
    {
        var suffix = type.IsExtended ? "L" : "F128";
        object given;
        string literal;
        switch (_random.Next(6))
        {
            case 0:
                var real = BitConverter.ToDouble(Bytes(8));
                given = double.IsNaN(real) ? -0.0 : real;
                literal = Literal((double)given);
                break;
            case 1:
                given = _random.Next(2) == 0 ? double.PositiveInfinity : BitConverter.Int64BitsToDouble(0x7ff8L << 48);
                literal = double.IsNaN((double)given) ? "__builtin_nan(\"\")" : "__builtin_inf()";
                break;
            case 2:
                given = _random.NextInt64() * (_random.Next(2) == 0 ? -1 : 1);
                literal = $"{given}{suffix}".Replace(suffix, ".0" + suffix, StringComparison.Ordinal);
                break;
            case 3:
                given = new decimal(
                    _random.Next(), _random.Next(), _random.Next(), _random.Next(2) == 0, (byte)_random.Next(28));
                var digits = ((decimal)given).ToString(CultureInfo.InvariantCulture);
                literal = (digits.Contains('.', StringComparison.Ordinal) ? digits : digits + ".0") + suffix;
                break;
            case 4:
                // The 113 bits of the one, and more than the 64 of the other.
                var whole = new BigInteger(Bytes(14), isUnsigned: true);
                given = whole;
                literal = $"{whole}.0{suffix}";
                break;
            default:
                // Up to the smallest and the largest, and below the one.
                given = $"{(_random.Next(2) == 0 ? "-" : "")}{_random.Next(10)}.{_random.NextInt64()}"
                    + $"e{_random.Next(-4960, 4931)}";
                literal = given + suffix;
                break;
        }

        return new GeneratedValue(path, given, $"v.{path} = {literal};", null);
    }

    private GeneratedValue Text(ShmType type, string path)
    {
        var unit = type.ElementType!.Size;
        var encoding = unit == 1 ? new UTF8Encoding(false) : unit == 2 ? Encoding.Unicode : Encoding.UTF32;
        var text = "";
        while (_random.Next(8) > 0)
        {
            var next = text + char.ConvertFromUtf32(_random.Next(4) switch
            {
                0 => _random.Next(0x80, 0x800),
                1 => _random.Next(0x10000, 0x10ffff),
                _ => _random.Next(0x20, 0x7f),
            });
            if (encoding.GetByteCount(next) > type.Size)
            {
                break;
            }

            text = next;
        }

        var bytes = new byte[type.Size];
        encoding.GetBytes(text).CopyTo(bytes, 0);
        var code = string.Concat(Enumerable.Range(0, (int)type.Count).Select(i => string.Create(
            CultureInfo.InvariantCulture,
            $"v.{path}[{i}] = {new BigInteger(bytes.AsSpan(i * (int)unit, (int)unit), isUnsigned: true)}u; ")));
        return new GeneratedValue(path, text, code, text);
    }

    /// <summary>A double, exactly.</summary>
    private static string Literal(double value)
    {
        if (!double.IsFinite(value))
        {
            return $"{(value < 0 ? "-" : "")}__builtin_inf()";
        }

        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)(bits >> 52) & 0x7ff;
        var fraction = bits & ((1L << 52) - 1);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{(bits < 0 ? "-" : "")}0x{(exponent == 0 ? fraction : fraction | (1L << 52)):x}p"
                + $"{Math.Max(exponent, 1) - 1075}");
    }

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }
#pragma warning restore CA5394
}
