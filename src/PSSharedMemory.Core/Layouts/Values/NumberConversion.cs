using System;
using System.Globalization;
using System.Numerics;

namespace PSSharedMemory;

/// <summary>Exact conversions of callers' values; false if a value doesn't fit.</summary>
internal static class NumberConversion
{
    /// <summary>
    /// A whole number: of any numeric type if it is whole, an enum, a character, an address, or text that spells one.
    /// </summary>
    public static bool TryWhole(object? value, out BigInteger number)
    {
        switch (value)
        {
            case bool flag:
                number = flag ? 1 : 0;
                return true;
            case char character:
                number = character;
                return true;
            case string text:
                return TryText(text, out number);
            case nint address:
                number = address;
                return true;
            case nuint address:
                number = address;
                return true;
            case ShmAddress address:
                number = address.Value;
                return true;
            case BigInteger big:
                number = big;
                return true;
            case Int128 big:
                number = big;
                return true;
            case UInt128 big:
                number = big;
                return true;
            case float or double or Half:
                var real = value is Half half ? (double)half : Convert.ToDouble(value, CultureInfo.InvariantCulture);
                number = double.IsInteger(real) ? new BigInteger(real) : 0;
                return double.IsInteger(real);
            case decimal exact:
                number = new BigInteger(exact);
                return decimal.IsInteger(exact);
            case ulong unsigned:
                number = unsigned;
                return true;
            case Enum named:
                number = Type.GetTypeCode(named.GetType()) == TypeCode.UInt64
                    ? Convert.ToUInt64(named, CultureInfo.InvariantCulture)
                    : Convert.ToInt64(named, CultureInfo.InvariantCulture);
                return true;
            case sbyte or byte or short or ushort or int or uint or long:
                number = Convert.ToInt64(value, CultureInfo.InvariantCulture);
                return true;
            default:
                number = 0;
                return false;
        }
    }

    /// <summary>A real number: of any numeric type, or text that spells one.</summary>
    public static bool TryReal(object? value, out double number)
    {
        number = 0;
        switch (value)
        {
            case double or float:
                number = Convert.ToDouble(value, CultureInfo.InvariantCulture);
                return true;
            case Half half:
                number = (double)half;
                return true;
            case decimal exact:
                number = (double)exact;
                return true;
            case string text:
                // Digits that a double cannot reach are parsed as infinite.
                return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number)
                    && !(double.IsInfinity(number) && text.AsSpan().ContainsAnyInRange('0', '9'));
            case char:
                return false;
            default:
                var whole = TryWhole(value, out var integer);
                number = (double)integer;
                return whole;
        }
    }

    private static bool TryText(string text, out BigInteger number)
    {
        var digits = text.AsSpan().Trim();
        number = 0;
        if (digits.Length > 64)
        {
            return false;
        }

        return digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? BigInteger.TryParse(
                string.Concat("0", digits[2..]), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                out number)
            : BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
    }
}
