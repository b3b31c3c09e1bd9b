using System;
using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// An object as the views show it. The types file gives it to every object as the hidden property Shown, and the format
/// files name what they want of it by a format string:
/// <code>
/// &lt;PropertyName&gt;Shown&lt;/PropertyName&gt;&lt;FormatString&gt;Size Allocated&lt;/FormatString&gt;
/// </code>
/// A script block would show a blank in a shell that is locked down: ConstrainedLanguage refuses its method calls. The
/// first word is a column of <see cref="ShmDisplay.Column"/>, or how to write the property that the second one names
/// (the first again, if there is none). "within 20" wraps the text at blanks in 20 columns, "behind 55" in what 55
/// columns leave of the screen, "behind 42 by 2" in half of that. A view without columns takes no format string, and
/// shows <see cref="ShmDisplay.Whole"/>.
/// </summary>
public sealed class ShownRow : IFormattable
{
    private readonly object _row;

    private ShownRow(object row) => _row = row;

    /// <summary>The getter of the property.</summary>
    public static ShownRow Of(PSObject row) => new(Live(row));

    /// <summary>The object; of a bag of properties the one that it was, where the module can make it again.</summary>
    internal static object Live(PSObject row) =>
        row.BaseObject is PSCustomObject ? TravelledObject.Live(row) ?? row : row.BaseObject;

    /// <inheritdoc/>
    public override string ToString() => ShmDisplay.Whole(_row);

    /// <inheritdoc/>
    /// <exception cref="FormatException">No column has this name.</exception>
    public string ToString(string? format, IFormatProvider? formatProvider)
    {
        if (string.IsNullOrEmpty(format))
        {
            return ToString();
        }

        var words = format.Split(' ');
        var room = Array.FindIndex(words, static word => word is "within" or "behind");
        var named = room < 0 ? words : words[..room];
        var text = ShmDisplay.Column(_row, named[0]) ?? Written(named[0], named[^1])
            ?? throw new FormatException($"No view has a column '{format}'.");
        return room < 0 ? text
            : words[room] == "within" ? WordWrap.Of(text, Count(words[room + 1]))
            : WordWrap.InColumn(
                text, HostScreen.Width(), Count(words[room + 1]), words.Length > room + 3 ? Count(words[room + 3]) : 1);
    }

    private static int Count(string digits) => int.Parse(digits, CultureInfo.InvariantCulture);

    private string? Written(string way, string property)
    {
        var value = ShmDisplay.Value(_row, property);
        return way switch
        {
            "Text" => ShmDisplay.Text($"{value}"),
            "Lines" => ShmDisplay.Texts(_row, property, "\n"),
            "List" => ShmDisplay.Texts(_row, property, ", "),
            "Count" => value is null ? "?" : Plain(value is ICollection items ? items.Count : value),
            "Size" => ShmDisplay.Size(Number(value)),
            "SizeOrUnknown" => ShmDisplay.SizeOrUnknown(Number(value)),
            "Age" => ShmDisplay.Age(value as TimeSpan?),
            "Key" => ShmDisplay.Key((int?)Number(value)),
            "Address" => ShmDisplay.Address(Number(value)),
            "Offset" => ShmDisplay.Offset(Number(value) ?? 0),
            "Protection" => ShmDisplay.ProtectionOf(value),
            "LocalTime" => value is DateTime time ? time.ToLocalTime().ToString(CultureInfo.CurrentCulture) : "",
            "Clock" => Clock(value, "HH:mm:ss"),
            "Milliseconds" => Clock(value, "HH:mm:ss.fff"),
            "Microseconds" => Clock(value, "HH:mm:ss.ffffff"),
            _ => null,
        };
    }

    private static string Plain(object value) => string.Create(CultureInfo.InvariantCulture, $"{value}");

    private static string Clock(object? value, string format) =>
        value is DateTime time ? time.ToLocalTime().ToString(format, CultureInfo.InvariantCulture) : "";

    // Addresses at the top of the address space are larger than a signed number.
    private static long? Number(object? value) => value switch
    {
        null => null,
        ulong large => unchecked((long)large),
        _ => LanguagePrimitives.TryConvertTo<long>(value, CultureInfo.InvariantCulture, out var number) ? number : null,
    };
}
