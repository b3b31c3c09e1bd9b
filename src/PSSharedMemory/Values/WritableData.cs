using System;
using System.Collections;
using System.Linq;
using System.Management.Automation;
using System.Text;

namespace PSSharedMemory.Commands;

/// <summary>
/// A value of the pipeline as the array of numbers, or the bytes of text, that goes to memory. All of it is converted
/// before anything is written.
/// </summary>
internal sealed class WritableData
{
    private readonly Array _values;

    private WritableData(Array values) => _values = values;

    public int ByteCount => Buffer.ByteLength(_values);

    /// <summary>Converts a value.</summary>
    /// <param name="given">A number, a collection of numbers, or text.</param>
    /// <param name="type">The type in memory; null takes the value's own type.</param>
    /// <param name="encoding">Of text; UTF-8 if null.</param>
    /// <param name="isNullTerminated">Whether a NUL follows text.</param>
    /// <exception cref="ShmException">
    /// OutOfRange: there is no value, a number does not fit the type, a character is not in the encoding;
    /// InvalidStructure: a NUL within a C string.
    /// </exception>
    /// <exception cref="PSInvalidCastException">It is of another type altogether.</exception>
    public static WritableData From(object? given, TypeArgument? type, Encoding? encoding, bool isNullTerminated)
    {
        var value = PlainObject.Of(given) ?? throw Nothing("The value");
        if (type is { IsString: true } or { IsCString: true } || (type is null && value is string or char))
        {
            return FromText(
                LanguagePrimitives.ConvertTo<string>(value), encoding ?? Encoding.UTF8,
                isNullTerminated || type is { IsCString: true });
        }

        var scalar = type?.Scalar ?? InferScalar(value);
        if (value is Array { Rank: > 1 } grid && grid.GetType().GetElementType() == ShmScalars.TypeOf(scalar))
        {
            // As C and NumPy keep it: the last index closest.
            var flat = Array.CreateInstance(ShmScalars.TypeOf(scalar), grid.Length);
            Buffer.BlockCopy(grid, 0, flat, 0, Buffer.ByteLength(grid));
            return new WritableData(flat);
        }

        return value is Array array && array.Rank == 1 && array.GetType().GetElementType() == ShmScalars.TypeOf(scalar)
            ? new WritableData(array)
            : FromNumbers(value, scalar);
    }

    /// <summary>The bytes, as <see cref="WriteTo"/> writes them.</summary>
    public byte[] ToBytes(ShmByteOrder order)
    {
        var bytes = new byte[ByteCount];
        Buffer.BlockCopy(_values, 0, bytes, 0, bytes.Length);
        if (order.IsSwapped())
        {
            ShmScalars.Reverse(
                bytes, ShmScalars.SizeOf(ShmScalars.FromType(_values.GetType().GetElementType()!)!.Value));
        }

        return bytes;
    }

    public void WriteTo(ShmMapping mapping, long offset, ShmByteOrder order) =>
        ShmScalars.WriteArray(mapping.Writer, _values, offset, order);

    private static WritableData FromText(string text, Encoding encoding, bool isNullTerminated)
    {
        if (isNullTerminated && text.Contains('\0'))
        {
            throw new ShmException(
                ShmErrorId.InvalidStructure,
                "A C string cannot have a NUL in it: its readers would stop there. Write it with -As String, which "
                    + "keeps NULs.",
                text);
        }

        // An encoder writes '?' for a character that it lacks, which nobody means.
        var strict = (Encoding)encoding.Clone();
        strict.EncoderFallback = EncoderFallback.ExceptionFallback;
        try
        {
            return new WritableData(strict.GetBytes(isNullTerminated ? text + '\0' : text));
        }
        catch (EncoderFallbackException)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                $"The text has a character that {encoding.WebName} does not have. Nothing was written.", text);
        }
    }

    private static WritableData FromNumbers(object value, ShmScalar scalar)
    {
        var items = value is IEnumerable several and not string ? several.Cast<object?>().ToArray() : [value];
        var elementType = ShmScalars.TypeOf(scalar);
        var values = Array.CreateInstance(elementType, items.Length);
        for (var i = 0; i < items.Length; i++)
        {
            values.SetValue(ToNumber(PlainObject.Of(items[i]) ?? throw Nothing($"Item {i}"), elementType), i);
        }

        return new WritableData(values);
    }

    private static object ToNumber(object item, Type type)
    {
        if (type == typeof(long) && Ticks(item) is { } ticks)
        {
            return ticks;
        }

        // PowerShell reads '' as 0 and '1,2' as 12.
        if (item is string text && (string.IsNullOrWhiteSpace(text) || text.Contains(',', StringComparison.Ordinal)))
        {
            throw new ShmException(
                ShmErrorId.OutOfRange, $"'{text}' isn't {TypeWords.Of(type)}. Nothing was written.", item);
        }

        try
        {
            return LanguagePrimitives.ConvertTo(item, type, System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (PSInvalidCastException error) when (error.InnerException is OverflowException)
        {
            throw ShmScalars.DoesNotFit(item, ShmScalars.FromType(type)!.Value);
        }
    }

    /// <summary>
    /// The size that a value has by itself: a bool is a C bool, an enum its number, a date its 8 bytes of ticks in UTC.
    /// </summary>
    private static ShmScalar InferScalar(object value)
    {
        var first = value is IEnumerable items and not IDictionary ? First(items) : value;
        return first switch
        {
            bool => ShmScalar.Byte,
            Enum => ShmScalars.FromType(Enum.GetUnderlyingType(first.GetType()))!.Value,
            DateTime or DateTimeOffset or TimeSpan or nint => ShmScalar.Int64,
            nuint => ShmScalar.UInt64,
            _ => ShmScalars.FromType(first.GetType()) ?? throw new PSInvalidCastException(
                $"Cannot infer the size of {TypeWords.Of(first)}; use -As to specify the type."),
        };
    }

    private static long? Ticks(object item) => item switch
    {
        DateTime date => date.ToUniversalTime().Ticks,
        DateTimeOffset date => date.UtcTicks,
        TimeSpan time => time.Ticks,
        _ => null,
    };

    // An empty collection is no bytes.
    private static object First(IEnumerable items)
    {
        foreach (var item in items)
        {
            return PlainObject.Of(item) ?? throw Nothing("Item 0");
        }

        return (byte)0;
    }

    // PowerShell makes 0 and "" of null; a variable that was never set means neither.
    private static ShmException Nothing(string what) =>
        new(ShmErrorId.OutOfRange, $"{what} is null: there is nothing to write. Clear-ShmData writes zeros.", null);
}
