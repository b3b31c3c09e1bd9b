using System;

namespace PSSharedMemory;

/// <summary>Moves whole values between a mapping and readers and writers.</summary>
internal static class TypedAccess
{
    /// <summary>Reads one value; all its bytes in one copy.</summary>
    public static object Read(ShmMapping mapping, long offset, ShmTypeReader reader) =>
        reader.Read(Bytes(mapping, offset, reader.Type, 1));

    /// <summary>Reads values that stand one after another; all their bytes in one copy.</summary>
    public static Array ReadArray(ShmMapping mapping, long offset, ShmTypeReader reader, long count) =>
        reader.ReadArray(Bytes(mapping, offset, reader.Type, count), (int)count);

    /// <summary>Reads one field, and no byte that is not its own.</summary>
    public static object ReadField(ShmMapping mapping, long offset, ShmTypeReader reader, ShmField field) =>
        field.BitWidth is null
            ? reader.ReadField(field, Bytes(mapping, offset + field.Offset, field.Type, 1))
            : reader.ReadField(field, mapping.Reader.ReadBytes(offset + field.FirstByte, (int)field.ByteLength));

    /// <summary>Writes what a patch says. All places are checked before the first is written.</summary>
    public static void Write(ShmMapping mapping, long offset, ShmPatch patch)
    {
        if (offset < 0 || offset > mapping.Length - patch.End)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                $"Cannot write {patch.End} bytes at offset {offset} of {mapping}: it has {mapping.Length} bytes. "
                    + "Nothing was written.",
                mapping);
        }

        foreach (var run in patch.Runs)
        {
            mapping.Lease(offset + run.Offset, run.Data.Length, run.Mask is null
                ? ShmProtection.Write
                : ShmProtection.Read | ShmProtection.Write).Dispose();
        }

        foreach (var run in patch.Runs)
        {
            var data = run.Data;
            if (run.Mask is not null)
            {
                data = mapping.Reader.ReadBytes(offset + run.Offset, data.Length);
                ShmPatch.Merge(data, run);
            }

            mapping.Writer.WriteBytes(offset + run.Offset, data);
        }
    }

    /// <summary>The bytes of values that stand one after another, in one copy.</summary>
    /// <exception cref="ShmException">OutOfRange, and all that <see cref="ShmReader"/> throws.</exception>
    public static byte[] Bytes(ShmMapping mapping, long offset, ShmType type, long count)
    {
        var length = (Int128)type.Size * count;
        if (count < 0 || offset < 0 || length > mapping.Length - offset)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                $"Cannot read {count} of '{type.Label}', {length} bytes, at offset {offset} of {mapping}: it has "
                    + $"{mapping.Length} bytes.",
                mapping);
        }

        if (length > Array.MaxLength || count > Array.MaxLength)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                $"{count} of '{type.Label}' are {length} bytes: too many to read at once. Read them in pieces, or name "
                    + "a field.",
                mapping);
        }

        return mapping.Reader.ReadBytes(offset, (int)length);
    }
}
