using System.Collections;
using System.Globalization;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <content>
/// What comes out of a job, another host or a Clixml file as a bag of properties: it shows what it still says, by the
/// same views.
/// </content>
public static partial class ShmDisplay
{
    /// <summary>What the pages of a mapping allow.</summary>
    public static string ProtectionOfPages(object row) => Live<ShmMapping>(row) is { } mapping
        ? Protection(mapping)
        : ProtectionOf(Value(row, nameof(ShmMapping.Protection)));

    /// <summary>A protection, or its text in what travelled.</summary>
    internal static string ProtectionOf(object? value) =>
        Conversion.TryTo<ShmProtection>(value, out var protection)
            ? Protection(protection)
            : "";

    /// <summary>The segment of a mapping.</summary>
    public static string SegmentOf(object row) =>
        Live<ShmMapping>(row) is { } mapping ? Segment(mapping) : Texts(row, nameof(ShmMapping.Segment), "");

    /// <summary>Patterns, keys and magic of an origin, each on a line.</summary>
    public static string KnownBy(object row)
    {
        var magic = Texts(row, nameof(ShmOrigin.Magic), "\nmagic ");
        return string.Join('\n', new[]
        {
            Texts(row, nameof(ShmOrigin.Patterns), "\n"), Texts(row, nameof(ShmOrigin.Keys), "\n"),
            magic.Length > 0 ? "magic " + magic : "",
        }.Where(static text => text.Length > 0));
    }

    /// <summary>A struct type as a table; one that travelled as its size and the names of its fields.</summary>
    public static string TypeTable(object row) => Live<ShmType>(row) is { } type ? ShmTypeDisplay.Table(type)
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{Texts(row, nameof(ShmType.Name), "")}: {Words.Count(Number(row, nameof(ShmType.Size)), "byte")}, "
                + $"aligned to {Number(row, nameof(ShmType.Alignment))}\n\n{Texts(row, nameof(ShmType.Fields), "\n")}");

    private static string OffsetOfField(PSObject bag) =>
        ShmTypeDisplay.Offset(Number(bag, nameof(ShmField.Offset)), Bits(bag, nameof(ShmField.BitOffset)));

    private static string SizeOfField(PSObject bag) =>
        ShmTypeDisplay.Size(Number(bag, nameof(ShmField.Size)), Bits(bag, nameof(ShmField.BitWidth)));

    private static int? Bits(PSObject bag, string property) =>
        Value(bag, property) is null ? null : (int)Number(bag, property);

    /// <summary>The picture of a mapping; of one that travelled, its pages in words.</summary>
    public static string Map(object row, object? style) => Live<ShmMap>(row) is { } map ? ShmMapText.Draw(map, style)
        : $"{Texts(row, nameof(ShmMap.Segment), "")}  {Size(Number(row, nameof(ShmMap.Length)))}, pages of "
            + $"{Size(Number(row, nameof(ShmMap.PageSize)))}\n\n{Texts(row, nameof(ShmMap.Runs), "\n")}";

    private static T? Live<T>(object row)
        where T : class => (row as PSObject)?.BaseObject as T ?? row as T;

    /// <summary>The value of a property; null where there is none.</summary>
    internal static object? Value(object row, string property)
    {
        var value = PSObject.AsPSObject(row).Properties[property]?.Value;
        return (value as PSObject)?.BaseObject is { } plain and not PSCustomObject ? plain : value;
    }

    private static long Number(object row, string property) =>
        LanguagePrimitives.TryConvertTo<long>(
            Value(row, property), CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary>The elements of a property as text.</summary>
    internal static string Texts(object row, string property, string separator) => Value(row, property) switch
    {
        null => "",
        string text => Text(text),
        IEnumerable many => string.Join(separator, many.Cast<object?>().Select(static one => Text($"{one}"))),
        var one => Text($"{one}"),
    };
}
