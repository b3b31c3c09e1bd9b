using System;
using System.Globalization;
using System.Numerics;

namespace PSSharedMemory;

/// <summary>A number as callers give it, without any rounding.</summary>
/// <param name="Numerator">Its sign is that of the number.</param>
/// <param name="Denominator">Above zero.</param>
/// <param name="IsNegative">Whether it is below zero, or the negative zero.</param>
internal readonly record struct Rational(BigInteger Numerator, BigInteger Denominator, bool IsNegative)
{
    private const int LongestText = 10_000;
    private const int LargestPower = 20_000;

    /// <summary>Of a number of any type, or of text that spells one; not of an infinity or a NaN.</summary>
    public static bool TryFrom(object? value, out Rational number)
    {
        switch (value)
        {
            case double or float or Half:
                var real = value is Half half ? (double)half : Convert.ToDouble(value, CultureInfo.InvariantCulture);
                number = double.IsFinite(real) ? OfDouble(real) : default;
                return double.IsFinite(real);
            case decimal exact:
                return TryText(exact.ToString(CultureInfo.InvariantCulture), out number);
            case string text:
                return TryText(text.Trim(), out number) || TryWhole(text, out number);
            case char:
                number = default;
                return false;
            default:
                return TryWhole(value, out number);
        }
    }

    private static bool TryWhole(object? value, out Rational number)
    {
        var isWhole = NumberConversion.TryWhole(value, out var whole);
        number = new Rational(whole, 1, whole.Sign < 0);
        return isWhole;
    }

    private static Rational OfDouble(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)(bits >> 52) & 0x7ff;
        var fraction = bits & 0xf_ffff_ffff_ffff;
        BigInteger whole = exponent == 0 ? fraction : fraction | (1L << 52);
        var power = Math.Max(exponent, 1) - 1075;
        whole <<= Math.Max(power, 0);
        var divisor = BigInteger.One << Math.Max(-power, 0);
        return new Rational(value < 0 ? -whole : whole, divisor, double.IsNegative(value));
    }

    /// <summary>Digits with a point and a power of ten, each optional: <c>-1.25e-3</c>.</summary>
    private static bool TryText(string text, out Rational number)
    {
        number = default;
        var end = text.AsSpan().IndexOfAny('e', 'E');
        var digits = end < 0 ? text : text[..end];
        var power = 0;
        if (text.Length > LongestText
            || (end >= 0 && !int.TryParse(
                text.AsSpan(end + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out power))
            || Math.Abs((long)power) > LargestPower)
        {
            return false;
        }

        var point = digits.IndexOf('.', StringComparison.Ordinal);
        if (point >= 0)
        {
            power -= digits.Length - point - 1;
            digits = digits.Remove(point, 1);
        }

        if (!BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            return false;
        }

        number = new Rational(
            whole * BigInteger.Pow(10, Math.Max(power, 0)), BigInteger.Pow(10, Math.Max(-power, 0)),
            digits[0] == '-');
        return true;
    }
}
