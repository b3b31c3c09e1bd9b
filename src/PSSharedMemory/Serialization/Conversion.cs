using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Conversions to types that aren't PowerShell's own. In a shell that is locked down the engine refuses them, also to a
/// cmdlet: a row of a CSV would be no segment there.
/// </summary>
internal static class Conversion
{
    private static readonly SegmentConverter Segments = new();
    private static readonly RecordConverter Records = new();

    /// <summary>The value as one of the type.</summary>
    /// <exception cref="PSInvalidCastException">It cannot be read as one.</exception>
    public static T To<T>(object? value) => (T)To(value, typeof(T))!;

    /// <inheritdoc cref="To{T}"/>
    public static object? To(object? value, Type type)
    {
        var wanted = Nullable.GetUnderlyingType(type) ?? type;
        var plain = value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;
        if (wanted.IsInstanceOfType(plain))
        {
            return plain;
        }

        if (plain is PSObject bag && Converter(wanted) is { } converter && converter.CanConvertFrom(bag, wanted))
        {
            return converter.ConvertFrom(bag, wanted, CultureInfo.InvariantCulture, true);
        }

        return wanted.IsEnum && Enumerated(plain, wanted) is { } named ? named
            : ListOf(wanted) is { } element && plain is IEnumerable items and not string ? Array(items, element)
            : LanguagePrimitives.ConvertTo(value, type, CultureInfo.InvariantCulture);
    }

    /// <summary>Whether the value can be read as one of the type, and as which.</summary>
    public static bool TryTo<T>(object? value, out T made)
    {
        made = default!;
        if (value is null)
        {
            return false;
        }

        try
        {
            made = To<T>(value);
            return true;
        }
        catch (PSInvalidCastException)
        {
            return false;
        }
    }

    /// <summary>The converter of what the module can make again.</summary>
    public static PSTypeConverter? Converter(Type type) =>
        typeof(ShmSegment).IsAssignableFrom(type) || type == typeof(ShmAttachment) ? Segments
            : RecordConverter.Types.Contains(type) ? Records
            : null;

    // Text is what it has always been; a number is one of the type's, or flags.
    private static object? Enumerated(object? plain, Type type) => plain switch
    {
        // Several at once are flags alone.
        string text when (IsFlags(type) || !text.Contains(',', StringComparison.Ordinal))
            && Enum.TryParse(type, text, true, out var named) => IsValid(named!, type) ? named : null,
        sbyte or byte or short or ushort or int or uint or long or ulong =>
            Enum.ToObject(type, plain) is var named && IsValid(named, type) ? named : null,
        object[] names when names.All(static name => name is string || (name as PSObject)?.BaseObject is string) =>
            Enumerated(string.Join(", ", names), type),
        _ => null,
    };

    private static bool IsValid(object named, Type type) =>
        IsFlags(type) || Enum.IsDefined(type, named);

    private static bool IsFlags(Type type) => type.IsDefined(typeof(FlagsAttribute), false);

    private static Type? ListOf(Type type) => type.IsArray ? Own(type.GetElementType()!)
        : type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)
            ? type.GenericTypeArguments[0]
            : null;

    private static Type? Own(Type type) => type.IsPrimitive || type == typeof(string) ? null : type;

    private static Array Array(IEnumerable items, Type element)
    {
        object?[] made = [.. items.Cast<object?>().Select(item => To(item, element))];
        var array = System.Array.CreateInstance(element, made.Length);
        made.CopyTo(array, 0);
        return array;
    }
}
