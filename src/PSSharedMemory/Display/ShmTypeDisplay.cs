using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace PSSharedMemory.Commands;

/// <summary>How a type shows: a table of its fields, those within a field beneath it. Called by the view.</summary>
public static class ShmTypeDisplay
{
    private const int MaximumRows = 20_000;
    private const int MaximumIndent = 20;

    /// <summary>Field, type, offset, size: one line each, offsets from the start of the whole.</summary>
    public static string Table(ShmType type)
    {
        List<string[]> rows = [["Field", "Type", "Offset", "Size"], ["-----", "----", "------", "----"]];
        AddRows(rows, type, 0, 0);
        int[] widths = [.. Enumerable.Range(0, 4).Select(column => rows.Max(row => row[column].Length))];
        var text = new StringBuilder();
        text.Append(Title(type)).Append('\n').Append('\n');
        foreach (var row in rows.Count > 2 ? rows : [])
        {
            var line =
                $"{row[0].PadRight(widths[0])} {row[1].PadRight(widths[1])} {row[2].PadLeft(widths[2])} "
                    + $"{row[3].PadLeft(widths[3])}";
            text.Append(line.TrimEnd()).Append('\n');
        }

        return text.ToString().TrimEnd('\n');
    }

    /// <summary>"struct header: 40 bytes, aligned to 8".</summary>
    public static string Title(ShmType type)
    {
        var kind = type.Kind switch
        {
            ShmTypeKind.Struct => "struct ",
            ShmTypeKind.Union => "union ",
            ShmTypeKind.Enumeration => "enum ",
            _ => "",
        };
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{(kind + type.Name).TrimEnd()}: {Words.Count(type.Size, "byte")}, aligned to {type.Alignment}");
    }

    /// <summary>"8", or "8:3" for a bit-field that begins at bit 3.</summary>
    public static string Offset(ShmField field) => Offset(field.Offset, field.BitOffset);

    /// <inheritdoc cref="Offset(ShmField)"/>
    internal static string Offset(long offset, int? bit) => bit is null
        ? offset.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{offset}:{bit}");

    /// <summary>"4", or "3 bits".</summary>
    public static string Size(ShmField field) => Size(field.Size, field.BitWidth);

    /// <inheritdoc cref="Size(ShmField)"/>
    internal static string Size(long size, int? bits) => bits is { } width
        ? Words.Count(width, "bit")
        : size.ToString(CultureInfo.InvariantCulture);

    /// <summary>Every path that leads to a field, those of an array's elements by the first one.</summary>
    internal static IEnumerable<(string Path, ShmField Field)> Paths(ShmType type, string prefix = "")
    {
        foreach (var field in type.Fields)
        {
            var path = prefix + field.Name;
            yield return (path, field);
            if (field.Fields.Count == 0)
            {
                continue;
            }

            var first = path;
            for (var element = field.Type; element.Kind == ShmTypeKind.Array; element = element.ElementType!)
            {
                first += "[0]";
            }

            foreach (var inner in Paths(field.Type.GetInnermostElement(), first + "."))
            {
                yield return inner;
            }
        }
    }

    private static void AddRows(List<string[]> rows, ShmType type, long offset, int depth)
    {
        foreach (var field in type.Fields)
        {
            if (rows.Count >= MaximumRows)
            {
                if (rows[^1][0] != "...")
                {
                    rows.Add(["...", "", "", ""]);
                }

                return;
            }

            var placed = field.MovedBy(offset);
            var indent = new string(' ', 2 * Math.Min(depth, MaximumIndent));
            rows.Add([indent + field.Name, field.TypeName, Offset(placed), Size(placed)]);
            if (field.Fields.Count > 0)
            {
                AddRows(rows, field.Type.GetInnermostElement(), placed.Offset, depth + 1);
            }
        }
    }
}
