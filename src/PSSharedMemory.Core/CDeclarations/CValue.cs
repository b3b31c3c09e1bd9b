using System;
using System.Globalization;

namespace PSSharedMemory.CDeclarations;

/// <summary>An integer constant with its C type: 32 or 64 bits, signed or not. Stored extended to 64 bits.</summary>
internal readonly record struct CValue
{
    private CValue(long bits, bool isLong, bool isUnsigned)
    {
        IsLong = isLong;
        IsUnsigned = isUnsigned;
        Bits = isLong ? bits : isUnsigned ? (uint)bits : (int)bits;
    }

    public long Bits { get; }

    public bool IsLong { get; }

    public bool IsUnsigned { get; }

    public bool IsTrue => Bits != 0;

    public bool IsNegative => !(IsUnsigned && IsLong) && Bits < 0;

    public Int128 Exact => IsUnsigned ? (ulong)Bits : Bits;

    public static CValue Int(bool value) => new(value ? 1 : 0, false, false);

    public static CValue SizeOf(long value) => new(value, true, true);

    public static CValue Of(long bits, bool isLong, bool isUnsigned) => new(bits, isLong, isUnsigned);

    /// <summary>The value of an enumerator: an int if it fits, otherwise 64 bits.</summary>
    public static CValue Enumerator(Int128 value) => value switch
    {
        _ when value >= int.MinValue && value <= int.MaxValue => new((long)value, false, false),
        _ when value >= 0 && value <= uint.MaxValue => new((long)value, false, true),
        _ when value <= long.MaxValue => new((long)value, true, false),
        _ => new((long)(ulong)value, true, true),
    };

    /// <summary>Reads an integer constant: decimal, hexadecimal, octal or binary, with its suffix.</summary>
    public static CValue Number(Token token)
    {
        var text = token.Text.Replace("'", "", StringComparison.Ordinal);
        var suffix = text.Length;
        var hex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        while (suffix > 0 && text[suffix - 1] is 'u' or 'U' or 'l' or 'L' or 'z' or 'Z')
        {
            suffix--;
        }

        var end = text[suffix..].ToUpperInvariant();
        if (end is not ("" or "U" or "L" or "UL" or "LU" or "LL" or "ULL" or "LLU" or "Z" or "UZ" or "ZU"))
        {
            throw token.Error($"'{token.Text}' isn't an integer constant.");
        }

        var digits = text[..suffix];
        var radix = 10;
        if (hex || digits.StartsWith("0b", StringComparison.OrdinalIgnoreCase))
        {
            radix = hex ? 16 : 2;
            digits = digits[2..];
        }
        else if (digits.Length > 1 && digits[0] == '0')
        {
            radix = 8;
        }

        var value = Digits(token, digits, radix);
        var isUnsigned = end.Contains('U', StringComparison.Ordinal);
        var isLong = end.Contains('L', StringComparison.Ordinal) || end.Contains('Z', StringComparison.Ordinal)
            || value > uint.MaxValue;
        var mayBeUnsigned = radix != 10;
        if (!isLong && !isUnsigned && value > int.MaxValue)
        {
            isUnsigned = mayBeUnsigned;
            isLong = !mayBeUnsigned;
        }

        if (isLong && value > long.MaxValue)
        {
            isUnsigned = true;
        }

        return new CValue((long)value, isLong, isUnsigned);
    }

    public CValue Convert(bool isLong, bool isUnsigned) => new(Bits, isLong, isUnsigned);

    /// <summary>Cuts to an integer type of any size, as a cast does, and promotes the result.</summary>
    public CValue Cast(long size, bool isSigned) => size switch
    {
        1 => new(isSigned ? (sbyte)Bits : (byte)Bits, false, false),
        2 => new(isSigned ? (short)Bits : (ushort)Bits, false, false),
        4 => new(Bits, false, !isSigned),
        _ => new(Bits, true, !isSigned),
    };

    public override string ToString() => Exact.ToString(CultureInfo.InvariantCulture);

    private static ulong Digits(Token token, string digits, int radix)
    {
        if (digits.Length == 0)
        {
            throw token.Error($"'{token.Text}' isn't an integer constant.");
        }

        ulong value = 0;
        foreach (var c in digits)
        {
            var digit = char.IsAsciiHexDigit(c) ? System.Convert.ToInt32(c.ToString(), 16) : 16;
            if (digit >= radix)
            {
                throw token.Error($"'{token.Text}' isn't an integer constant.");
            }

            if (value > (ulong.MaxValue - (ulong)digit) / (ulong)radix)
            {
                throw token.Error($"'{token.Text}' does not fit in 64 bits.");
            }

            value = (value * (ulong)radix) + (ulong)digit;
        }

        return value;
    }
}
