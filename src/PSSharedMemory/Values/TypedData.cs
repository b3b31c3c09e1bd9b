using System;
using System.Collections;
using System.Collections.Generic;
using System.Management.Automation;
using System.Text;

namespace PSSharedMemory.Commands;

/// <summary>Structs between a mapping and the objects of a script.</summary>
internal static class TypedData
{
    /// <summary>
    /// Reads a value of the type, several of them, one of its fields, or elements of a field that is an array.
    /// </summary>
    public static object Read(
        ShmMapping mapping, ShmType type, long offset, string? path, long? count, Encoding? encoding,
        ShmByteOrder order)
    {
        if (path is not null)
        {
            return ReadField(mapping, type, offset, type.GetField(path), count, encoding, order);
        }

        var reader = new ShmTypeReader(type, encoding, new PowerShellRecords(), order);
        return count is { } many
            ? reader.ReadArray(mapping, offset, many)
            : reader.Read(mapping, offset);
    }

    /// <summary>Reads several values of the type, each decoded when it is taken.</summary>
    public static IEnumerable<object> ReadEach(
        ShmMapping mapping, ShmType type, long offset, long count, Encoding? encoding, ShmByteOrder order) =>
        new ShmTypeReader(type, encoding, new PowerShellRecords(), order).ReadEach(mapping, offset, count);

    /// <summary>
    /// Reads a value of the type, or several, whose bytes are copied while nobody writes; they are decoded after that.
    /// </summary>
    public static object ReadSteady(
        ShmMapping mapping, ShmType type, long offset, long? count, Encoding? encoding, ShmByteOrder order,
        ShmSequenceLock sequence)
    {
        var length = (Int128)type.Size * (count ?? 1);
        if (count < 0 || length > Array.MaxLength)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange, $"Cannot read {count} of '{type.Name}' at once, {length} bytes.", mapping);
        }

        var bytes = sequence.Read(() => mapping.Reader.ReadBytes(offset, (int)length));
        var reader = new ShmTypeReader(type, encoding, new PowerShellRecords(), order);
        return count is { } many ? reader.ReadArray(bytes, (int)many) : reader.Read(bytes);
    }

    /// <summary>Several fields, as one object with a property for each path.</summary>
    public static object ReadFields(
        ShmMapping mapping, ShmType type, long offset, string[] paths, Encoding? encoding, ShmByteOrder order)
    {
        // All are found before the first is read.
        var fields = Array.ConvertAll(paths, type.GetField);
        var reader = new ShmTypeReader(type, encoding, new PowerShellRecords(), order);
        var result = new PSObject();
        result.TypeNames.Insert(0, "ShmType#" + type.Name);
        for (var i = 0; i < fields.Length; i++)
        {
            if (result.Properties[paths[i]] is null)
            {
                result.Properties.Add(
                    new PSNoteProperty(paths[i], reader.ReadField(mapping, offset, fields[i])));
            }
        }

        return result;
    }

    /// <summary>
    /// The bytes of a value of the type, of several in a list, or of one of its fields. Checks everything.
    /// </summary>
    public static ShmPatch Encode(ShmType type, object? value, string? path, Encoding? encoding, ShmByteOrder order)
    {
        var writer = new ShmTypeWriter(type, encoding, PowerShellValues.Instance, order);
        if (path is not null)
        {
            return writer.EncodeField(path, value);
        }

        var isSeveral = type.Kind is not (ShmTypeKind.Array or ShmTypeKind.Opaque)
            && PowerShellValues.Instance.Unwrap(value) is IList and not IDictionary;
        return isSeveral
            ? writer.EncodeArray((IEnumerable)PowerShellValues.Instance.Unwrap(value)!)
            : writer.Encode(value);
    }

    /// <summary>A field is one of a type.</summary>
    public static void RefuseField(string? path)
    {
        if (path is not null)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange, $"'{path}' needs a type: give one of New-ShmType with -As.", path);
        }
    }

    private static object ReadField(
        ShmMapping mapping, ShmType type, long offset, ShmField field, long? count, Encoding? encoding,
        ShmByteOrder order)
    {
        if (count is not { } many)
        {
            return ReaderOf(type).ReadField(mapping, offset, field);
        }

        // Elements from the start of an array; of a flexible one, whose length only the program knows, any number.
        if (field.Type.Kind != ShmTypeKind.Array || (many > field.Type.Count && !field.Type.IsFlexibleArray()))
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                $"Cannot read {many} elements of '{field.Name}' ({field.TypeName}): it has {field.Count}.",
                mapping);
        }

        var element = field.Type.ElementType!;
        if (element.Kind == ShmTypeKind.Character && many is >= 0 and <= int.MaxValue)
        {
            element = element.MakeArray(many);
            return ReaderOf(element).Read(mapping, offset + field.Offset);
        }

        return ReaderOf(element).ReadArray(mapping, offset + field.Offset, many);

        ShmTypeReader ReaderOf(ShmType one) => new(one, encoding, new PowerShellRecords(), order);
    }
}
