using System;
using System.Globalization;
using System.Management.Automation;
using System.Threading;

namespace PSSharedMemory.Commands;

/// <summary>The counters of a sequence lock, as -SequenceLock names them: fields of a type, or offsets.</summary>
internal static class SequenceCounters
{
    /// <summary>Finds the lock.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="counters">One or two paths of fields, or numbers: bytes from the start of the mapping.</param>
    /// <param name="type">What -As gives; null where that isn't a struct.</param>
    /// <param name="offset">Where the struct is.</param>
    /// <param name="order">The order of bytes of what has none of its own.</param>
    /// <param name="timeout">How long to try.</param>
    /// <param name="cancellation">Ends it.</param>
    public static ShmSequenceLock Find(
        ShmMapping mapping, object[] counters, ShmType? type, long offset, ShmByteOrder order, TimeSpan? timeout,
        CancellationToken cancellation)
    {
        var (first, size, isSwapped) = Place(counters[0], type, offset, order);
        var own = !isSwapped ? ShmByteOrder.Native
            : BitConverter.IsLittleEndian ? ShmByteOrder.BigEndian : ShmByteOrder.LittleEndian;
        if (counters.Length == 1)
        {
            return new ShmSequenceLock(mapping, first, size, own)
            {
                Timeout = timeout,
                Cancellation = cancellation
            };
        }

        var (second, otherSize, _) = Place(counters[1], type, offset, order);
        if (otherSize != size || second == first)
        {
            throw new ShmException(
                ShmErrorId.NotSupportedByKind,
                "-SequenceLock takes one counter, or two different ones of the same size: the one that is counted up "
                    + $"before a write, and the one after it. These have {size} and {otherSize} bytes.",
                counters);
        }

        return new ShmSequenceLock(mapping, first, second, size, own)
        {
            Timeout = timeout,
            Cancellation = cancellation
        };
    }

    private static (long Offset, int Size, bool IsSwapped) Place(
        object? counter, ShmType? type, long offset, ShmByteOrder order)
    {
        var value = PlainObject.Of(counter);
        if (value is not string path)
        {
            return LanguagePrimitives.TryConvertTo(value, CultureInfo.InvariantCulture, out long place)
                ? (place, sizeof(uint), order.IsSwapped())
                : throw new ShmException(
                    ShmErrorId.OutOfRange,
                    "-SequenceLock takes the counter's field, or its offset in bytes from the start of the mapping.",
                    value);
        }

        if (type is null)
        {
            TypedData.RefuseField(path);
        }

        var field = type!.GetField(path);
        var isCounter = field.BitWidth is null && field.Size is 1 or 2 or 4 or 8
            && field.Type.Kind is ShmTypeKind.Number or ShmTypeKind.Character;
        return isCounter
            ? (offset + field.Offset, (int)field.Size, order.IsSwappedFor(field.Type))
            : throw new ShmException(
                ShmErrorId.NotSupportedByKind,
                $"'{path}' ({field.TypeName}) cannot be a counter: -SequenceLock takes an integer of 1, 2, 4 or 8 bytes.",
                path);
    }
}
