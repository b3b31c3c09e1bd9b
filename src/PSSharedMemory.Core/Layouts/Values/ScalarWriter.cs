using System;
using System.Buffers.Binary;
using System.Globalization;
using System.Linq;
using System.Numerics;

namespace PSSharedMemory;

/// <summary>Turns one value into the bytes of a scalar type, exactly or not at all.</summary>
internal static class ScalarWriter
{
    /// <param name="type">A number, character, bool, enumeration, pointer, or real number.</param>
    /// <param name="value">The value.</param>
    /// <param name="path">The field, as an error names it.</param>
    /// <param name="bytes">As many as the type has.</param>
    public static void Write(ShmType type, object? value, string path, Span<byte> bytes)
    {
        if (type.Kind == ShmTypeKind.FloatingPoint)
        {
            WriteReal(type, value, path, bytes);
            return;
        }

        var bits = Bits(type, null, value, path);
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)(bits >> (8 * i));
        }
    }

    /// <summary>The bits of a value, as two's complement.</summary>
    /// <param name="type">A number, character, bool, enumeration or pointer.</param>
    /// <param name="bitField">Bits of a bit-field, which is a number even of char; null for all of the type's.</param>
    /// <param name="value">The value.</param>
    /// <param name="path">The field, as an error names it.</param>
    public static UInt128 Bits(ShmType type, int? bitField, object? value, string path)
    {
        var isLetter = type.Kind == ShmTypeKind.Character && bitField is null;
        var width = bitField ?? (int)type.Size * 8;
        var number = isLetter && value is string { Length: 1 } letter ? letter[0] : Whole(type, value, path);
        var digits = type.Kind == ShmTypeKind.Enumeration ? type.ElementType! : type;
        var signed = digits.IsSigned;
        var minimum = signed ? -(BigInteger.One << (width - 1)) : 0;
        var maximum = (BigInteger.One << (signed ? width - 1 : width)) - 1;
        if (digits.Kind == ShmTypeKind.Boolean)
        {
            maximum = 1;
        }

        // A char is a signed or unsigned number and a letter: both readings of its 8 bits are valid.
        if (isLetter)
        {
            (minimum, maximum) = (type.Size == 2 ? 0 : -(BigInteger.One << (width - 1)), (BigInteger.One << width) - 1);
        }

        if (number < minimum || number > maximum)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{number} does not fit in '{path}' ({type.Name}{(width < type.Size * 8 ? $" : {width}" : "")}): "
                        + $"{minimum} to {maximum}.{(signed ? "" : ShmScalars.HexadecimalHint(value))} Nothing "
                        + $"was written."),
                value);
        }

        return (UInt128)(number & ((BigInteger.One << width) - 1));
    }

    private static BigInteger Whole(ShmType type, object? value, string path)
    {
        if (type.Kind == ShmTypeKind.Enumeration && value is string name && TryEnumerator(
            type, name.Trim(), out var named))
        {
            return named;
        }

        if (type.Kind == ShmTypeKind.Boolean && value is string flag && bool.TryParse(flag, out var parsed))
        {
            return parsed ? 1 : 0;
        }

        if (type.Kind == ShmTypeKind.Address && value is nint address)
        {
            return (nuint)address;
        }

        return NumberConversion.TryWhole(value, out var number) ? number : throw WrongKind(type, value, path);
    }

    private static bool TryEnumerator(ShmType type, string name, out BigInteger value)
    {
        value = 0;
        var found = false;
        foreach (var enumerator in type.Enumerators)
        {
            if (enumerator.Key == name)
            {
                value = enumerator.Value;
                return true;
            }

            if (enumerator.Key.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                value = enumerator.Value;
                found = true;
            }
        }

        return found;
    }

    private static void WriteReal(ShmType type, object? value, string path, Span<byte> bytes)
    {
        // Keep the bits of NaNs: going through double would change them.
        if (type.Size == 4 && value is float single)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes, single);
            return;
        }

        if (type.Size == 2 && value is Half half)
        {
            BinaryPrimitives.WriteHalfLittleEndian(bytes, half);
            return;
        }

        if (type.Size == 16 && Rational.TryFrom(value, out var exact))
        {
            if (!WideReal.TryWrite(exact, type.IsExtended, bytes))
            {
                throw TooLarge(type, value, path);
            }

            return;
        }

        if (!NumberConversion.TryReal(value, out var number))
        {
            throw WrongKind(type, value, path);
        }

        var overflows = double.IsFinite(number) && type.Size switch
        {
            2 => Half.IsInfinity((Half)number),
            4 => float.IsInfinity((float)number),
            _ => false,
        };
        if (overflows)
        {
            throw TooLarge(type, value, path);
        }

        if (type.Size == 2)
        {
            BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)number);
        }
        else if (type.Size == 4)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes, (float)number);
        }
        else if (type.Size == 8)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes, number);
        }
        else
        {
            WideReal.WriteSpecial(number, type.IsExtended, bytes);
        }
    }

    private static ShmException TooLarge(ShmType type, object? value, string path) => new(
        ShmErrorId.OutOfRange,
        string.Create(
            CultureInfo.InvariantCulture, $"{value} does not fit in '{path}' ({type.Name}). Nothing was written."),
        value);

    public static ShmException WrongKind(ShmType type, object? value, string path)
    {
        var given = value switch
        {
            null => "nothing ($null)",
            Array { Rank: > 1 } grid =>
                $"a {grid.GetType().Name} of "
                    + $"{string.Join(" by ", Enumerable.Range(0, grid.Rank).Select(grid.GetLength))}",
            string text => $"the text '{(text.Length > 40 ? text[..40] + "..." : text)}'",
            _ when value.GetType().Name is ['A' or 'E' or 'I' or 'O', ..] => $"an {value.GetType().Name}",
            _ => $"a {value.GetType().Name}",
        };
        var expected = type.Kind switch
        {
            ShmTypeKind.Struct or ShmTypeKind.Union => "a dictionary or an object with its fields",
            ShmTypeKind.Array when type.ElementType!.Kind == ShmTypeKind.Character => "text, or its bytes",
            ShmTypeKind.Array => "an array",
            ShmTypeKind.Character => "one character or a whole number",
            ShmTypeKind.Address => "an address, a whole number",
            ShmTypeKind.Enumeration => "one of its names or a whole number",
            ShmTypeKind.Boolean => "true or false",
            ShmTypeKind.FloatingPoint => "a number",
            ShmTypeKind.Opaque => $"an array of {type.Size} bytes",
            _ => "a whole number",
        };
        return new ShmException(
            ShmErrorId.OutOfRange, $"{Named(path, type)} takes {expected}, not {given}. Nothing was written.",
            value);
    }

    private static string Named(string path, ShmType type) =>
        path == type.Name ? $"A value of type '{type.Label}'" : $"'{path}' ({type.Label})";
}
