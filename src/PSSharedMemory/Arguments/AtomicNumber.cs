using System;
using System.Globalization;
using System.Management.Automation;
using System.Numerics;

namespace PSSharedMemory.Commands;

/// <summary>Numbers that a user gives for values of 32 and 64 bits, checked against the type.</summary>
internal static class AtomicNumber
{
    /// <summary>A value of the type.</summary>
    /// <exception cref="ShmException">OutOfRange.</exception>
    public static T Value<T>(object? input)
        where T : IBinaryInteger<T>, IMinMaxValue<T> =>
        Convert<T>(input, Int128.CreateChecked(T.MinValue), Int128.CreateChecked(T.MaxValue));

    /// <summary>
    /// Bits, or an addend: signed or not, as long as they fit the width. PowerShell reads 0xFFFFFFFF as -1, and both
    /// mean the same bits.
    /// </summary>
    /// <exception cref="ShmException">OutOfRange.</exception>
    public static T Bits<T>(object? input)
        where T : IBinaryInteger<T>, IMinMaxValue<T>
    {
        var width = T.Zero.GetByteCount() * 8;
        return Convert<T>(input, -(Int128.One << (width - 1)), (Int128.One << width) - 1);
    }

    private static string Shown(object? input) =>
        input is string ? $"'{PrintableText.Of($"{input}")}'"
        : input is IConvertible or IFormattable ? PrintableText.Of($"{input}") : TypeWords.Begin(input);

    private static T Convert<T>(object? input, Int128 least, Int128 most)
        where T : IBinaryInteger<T>
    {
        input = PlainObject.Of(input);
        if (!TryConvert(input, out var number) || number != decimal.Truncate(number) || number < (decimal)least
            || number > (decimal)most)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                $"{Shown(input)} isn't {TypeWords.Of(typeof(T))} from {least} to {most}.",
                input);
        }

        return T.CreateTruncating((Int128)number);
    }

    /// <summary>
    /// False for what isn't a number and for one that is too large for a decimal, which is too large here as well.
    /// </summary>
    private static bool TryConvert(object? input, out decimal number)
    {
        // PowerShell converts empty text, arrays and hashtables to 0, which nobody means.
        if (input is not (IConvertible or IFormattable) || (input is string text && string.IsNullOrWhiteSpace(text)))
        {
            number = 0;
            return false;
        }

        try
        {
            number = (decimal)LanguagePrimitives.ConvertTo(input, typeof(decimal), CultureInfo.InvariantCulture);
            return true;
        }
        catch (PSInvalidCastException)
        {
            number = 0;
            return false;
        }
    }
}
