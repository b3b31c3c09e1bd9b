using System;
using System.Globalization;
using System.Text;

namespace PSSharedMemory;

/// <summary>Follows a path such as <c>header.items[3].name</c> or <c>grid[1][2]</c> down a type.</summary>
internal static class FieldPath
{
    /// <param name="root">Where the path begins.</param>
    /// <param name="path">Names, dots and indexes. An index at the very start counts whole values of the root: one
    /// after another.</param>
    public static ShmField Resolve(ShmType root, string path)
    {
        var current = new ShmField("", root.Name, root, 0);
        var position = 0;
        if (path.Length == 0)
        {
            throw Malformed(path, 0, "expected a field's name");
        }

        while (position < path.Length)
        {
            if (path[position] == '[')
            {
                current = Element(current, path, ref position, isFirst: position == 0);
                continue;
            }

            if (position > 0 && path[position++] != '.')
            {
                throw Malformed(path, position - 1, "expected '.' or '['");
            }

            current = Member(current, path, ref position);
        }

        return current.Named(path);
    }

    private static ShmField Member(ShmField current, string path, ref int position)
    {
        var start = position;
        while (position < path.Length && path[position] is not ('.' or '[' or ']'))
        {
            position++;
        }

        var name = path[start..position].Trim();
        if (name.Length == 0)
        {
            throw Malformed(path, start, "expected a field's name");
        }

        var field = current.Type.FindField(name) ?? throw Missing(current, name);
        return field.MovedBy(current.Offset);
    }

    private static ShmField Element(ShmField current, string path, ref int position, bool isFirst)
    {
        var start = ++position;
        while (position < path.Length && path[position] != ']')
        {
            position++;
        }

        if (position == path.Length)
        {
            throw Malformed(path, position, "expected ']'");
        }

        var digits = path.AsSpan(start, position - start).Trim();
        if (!TryReadIndex(digits, out var index))
        {
            throw Malformed(path, start, "expected an index from 0");
        }

        position++;

        var type = current.Type;
        if (type.Kind != ShmTypeKind.Array)
        {
            if (!isFirst)
            {
                throw new ShmException(
                    ShmErrorId.OutOfRange,
                    $"'{path}' asks for an element of '{(current.Name.Length > 0 ? current.Name : type.Label)}', which "
                        + $"isn't an array but {(current.TypeName.Length > 0 ? current.TypeName : type.Label)}.",
                    path);
            }

            return Moved(current, type, current.TypeName, index, path);
        }

        // What follows a flexible array is bounded by the mapping alone.
        if (index >= type.Count && !type.IsFlexible)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                $"'{path}' asks for element {index} of an array that has {type.Count} (0 to {type.Count - 1}).", path);
        }

        return Moved(current, type.ElementType!, ElementName(current.TypeName), index, path);
    }

    private static ShmField Moved(ShmField current, ShmType element, string typeName, long index, string path)
    {
        var offset = current.Offset + ((Int128)index * element.Size);
        if (offset > long.MaxValue / 2)
        {
            throw new ShmException(ShmErrorId.OutOfRange, $"'{path}' is beyond any memory.", path);
        }

        return new ShmField(current.Name, typeName, element, (long)offset);
    }

    private static string ElementName(string arrayName)
    {
        var open = arrayName.IndexOf('[', StringComparison.Ordinal);
        var close = arrayName.IndexOf(']', StringComparison.Ordinal);
        return open < 0 || close < open ? arrayName : arrayName.Remove(open, close - open + 1);
    }

    private static bool TryReadIndex(ReadOnlySpan<char> digits, out long index) =>
        digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? long.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out index)
                && index >= 0
            : long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out index);

    private static ShmException Missing(ShmField current, string name)
    {
        var type = current.Type;
        var where = current.Name.Length == 0 ? $"The type '{type.Label}'" : $"'{current.Name}' ({current.TypeName})";
        if (type.Fields.Count == 0)
        {
            return new ShmException(ShmErrorId.OutOfRange, $"{where} has no fields, so none named '{name}'.", name);
        }

        var names = new StringBuilder();
        foreach (var field in type.Fields)
        {
            if (names.Length > 200)
            {
                names.Append(", ...");
                break;
            }

            names.Append(names.Length == 0 ? "" : ", ").Append(field.Name);
        }

        return new ShmException(ShmErrorId.OutOfRange, $"{where} has no field '{name}'; it has {names}.", name);
    }

    private static ShmDefinitionException Malformed(string path, int position, string expected) =>
        new(1, position + 1, $"{expected} in the field path '{path}'.", path);
}
