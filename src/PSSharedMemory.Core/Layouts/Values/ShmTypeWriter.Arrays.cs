using System;
using System.Collections;
using System.Text;

namespace PSSharedMemory;

/// <summary>This part: arrays, and the text and the bytes that fill some of them.</summary>
public sealed partial class ShmTypeWriter
{
    private void AddArray(PatchBuilder patch, ShmField field, object? value, string path)
    {
        var type = field.Type;
        var element = type.ElementType!;
        if (element.Kind == ShmTypeKind.Character && value is string text)
        {
            AddText(patch, field, text, path);
            return;
        }

        if (value is not IList items || value is IDictionary)
        {
            throw ScalarWriter.WrongKind(type, value, path);
        }

        if (value is Array { Rank: > 1 } grid)
        {
            AddGrid(patch, field, grid, path);
            return;
        }

        if (items.Count != type.Count && !type.IsFlexible)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                $"'{path}' ({type.Name}) has {type.Count} elements, {items.Count} were given; name single ones by "
                    + $"their path, '{path}[0]'. Nothing was written.",
                value);
        }

        if (value is byte[] raw
            && element is { Size: 1, Kind: ShmTypeKind.Number or ShmTypeKind.Character, IsAtomic: false }
            && !(element.Kind == ShmTypeKind.Number && element.IsSigned))
        {
            raw.CopyTo(patch.Reserve(field.Offset, raw.Length, false));
            return;
        }

        for (var i = 0; i < items.Count; i++)
        {
            Add(
                patch, new ShmField(path, element.Name, element, field.Offset + (i * element.Size)), items[i],
                $"{path}[{i}]");
        }
    }

    /// <summary>
    /// A .NET array of several dimensions, which have to be those of the field: both keep the last index closest.
    /// </summary>
    private void AddGrid(PatchBuilder patch, ShmField field, Array grid, string path)
    {
        var element = field.Type;
        for (var dimension = 0; dimension < grid.Rank; dimension++)
        {
            if (element.Kind != ShmTypeKind.Array || element.Count != grid.GetLength(dimension))
            {
                throw ScalarWriter.WrongKind(field.Type, grid, path);
            }

            element = element.ElementType!;
        }

        var offset = field.Offset;
        foreach (var item in grid)
        {
            Add(patch, new ShmField(path, element.Name, element, offset), item, path);
            offset += element.Size;
        }
    }

    private void AddText(PatchBuilder patch, ShmField field, string text, string path)
    {
        var type = field.Type;
        var codec = TextCodec.For(type.ElementType!, _encoding, _order);
        var trimmed = text.TrimEnd('\0');
        if (trimmed.Contains('\0', StringComparison.Ordinal))
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                $"The text for '{path}' has a NUL within, where reading it would end; give bytes instead. Nothing was "
                    + "written.",
                text);
        }

        if (trimmed.Contains('\ufffd', StringComparison.Ordinal))
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                $"The text for '{path}' has U+FFFD in it, which stands for bytes that were no {codec.Name} when they "
                    + "were read: they would be lost. Leave the field out, read it in its own encoding, or give its "
                    + "bytes. Nothing was written.",
                text);
        }

        byte[] bytes;
        try
        {
            bytes = codec.Encode(trimmed);
        }
        catch (EncoderFallbackException)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                $"The text for '{path}' has a character that {codec.Name} does not have. Nothing was written.", text);
        }

        var room = type.IsFlexible ? bytes.Length + type.ElementType!.Size : type.Size;
        if (bytes.Length > room)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                $"The text for '{path}' takes {bytes.Length} bytes in {codec.Name}; {type.Name} has {room}. Nothing "
                    + "was written.",
                text);
        }

        if (room > Array.MaxLength)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange, $"'{path}' has {room} bytes: too many to write at once.", text);
        }

        bytes.CopyTo(patch.Reserve(field.Offset, (int)room, false));
    }

    private void AddBytes(PatchBuilder patch, ShmField field, object? value, string path)
    {
        if (value is not IList items || items.Count != field.Type.Size)
        {
            throw ScalarWriter.WrongKind(field.Type, value, path);
        }

        var bytes = new byte[items.Count];
        for (var i = 0; i < bytes.Length; i++)
        {
            ScalarWriter.Write(
                CDeclarations.KnownTypes.UnsignedChar, _source.Unwrap(items[i]), $"{path}[{i}]", bytes.AsSpan(i, 1));
        }

        bytes.CopyTo(patch.Reserve(field.Offset, bytes.Length, false));
    }
}
