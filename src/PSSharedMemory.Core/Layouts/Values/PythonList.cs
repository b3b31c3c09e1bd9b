using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace PSSharedMemory;

/// <summary>
/// The layout of Python's multiprocessing.shared_memory.ShareableList: an int64 count n, n + 1 int64 offsets of the
/// items from where the data begins, the data, n formats of Python's struct module in 8 bytes each, and n bytes that
/// say how an item turns back into its value (0 itself, 1 text, 2 bytes, 3 None).
/// </summary>
public static class PythonList
{
    private const int Slot = 8;
    private const byte AsItIs = 0;
    private const byte AsText = 1;
    private const byte AsBytes = 2;
    private const byte AsNone = 3;

    /// <summary>Reads a list; the items are null, bool, long, double, string or byte[].</summary>
    /// <exception cref="ShmException">
    /// <see cref="ShmErrorId.InvalidStructure"/>: there is no list; OutOfRange: the mapping ends before it.
    /// </exception>
    public static object?[] Read(ShmMapping mapping, long offset)
    {
        var reader = mapping.Reader;
        var count = reader.ReadInt64(offset);
        var room = mapping.Length - offset;

        // An item takes an offset, a format and a code of a byte at least, whatever the count says.
        if (count < 0 || count > (room - (2 * Slot)) / ((2 * Slot) + 1))
        {
            throw Invalid(mapping, offset, $"its count is {count}");
        }

        var places = reader.ReadArray<long>(offset + Slot, (int)count + 1);
        var data = (count + 2) * Slot;
        var metadata = data + places[^1];
        if (places[^1] < 0 || metadata > room - (count * (Slot + 1)))
        {
            throw Invalid(mapping, offset, $"its items end at {places[^1]}");
        }

        var bytes = reader.ReadBytes(offset, checked((int)(metadata + (count * (Slot + 1)))));
        var items = new object?[count];
        for (var i = 0; i < items.Length; i++)
        {
            if (places[i] < 0 || places[i] > places[i + 1] || places[i + 1] > places[^1])
            {
                throw Invalid(mapping, offset, $"item {i} is from {places[i]} to {places[i + 1]}");
            }

            var item = bytes.AsSpan((int)(data + places[i]), (int)(places[i + 1] - places[i]));
            var format = Encoding.ASCII.GetString(bytes, (int)metadata + (i * Slot), Slot).TrimEnd('\0');
            items[i] = Item(item, format, bytes[(int)(metadata + (count * Slot)) + i])
                ?? (bytes[(int)(metadata + (count * Slot)) + i] == AsNone ? null : throw Invalid(
                    mapping, offset, $"item {i} has the format '{format}'"));
        }

        return items;
    }

    /// <summary>The bytes of a list.</summary>
    /// <exception cref="ShmException"><see cref="ShmErrorId.OutOfRange"/>: Python's list has no such value.</exception>
    public static byte[] Encode(IReadOnlyList<object?> items)
    {
        var data = new List<byte[]>(items.Count);
        var formats = new byte[items.Count * Slot];
        var codes = new byte[items.Count];
        for (var i = 0; i < items.Count; i++)
        {
            (var bytes, var format, codes[i]) = Encode(items[i], i);
            if (format.Length > Slot)
            {
                throw new ShmException(
                    ShmErrorId.OutOfRange,
                    $"Item {i} has {bytes.Length} bytes: too many for a Python list. Nothing was written.", items[i]);
            }

            data.Add(bytes);
            Encoding.ASCII.GetBytes(format, formats.AsSpan(i * Slot));
        }

        var result = new List<byte>();
        AddInt64(result, items.Count);
        long place = 0;
        AddInt64(result, place);
        foreach (var bytes in data)
        {
            AddInt64(result, place += bytes.Length);
        }

        foreach (var bytes in data)
        {
            result.AddRange(bytes);
        }

        result.AddRange(formats);
        result.AddRange(codes);
        return [.. result];
    }

    private static object? Item(ReadOnlySpan<byte> item, string format, byte code)
    {
        switch (format)
        {
            case "q" when item.Length >= Slot && code == AsItIs:
                return BinaryPrimitives.ReadInt64LittleEndian(item);
            case "d" when item.Length >= Slot && code == AsItIs:
                return BinaryPrimitives.ReadDoubleLittleEndian(item);
            case "xxxxxxx?" when item.Length >= Slot && code == AsItIs:
                return item[7] != 0;
            case var _ when code == AsNone:
                return null;
        }

        if (format.Length < 2 || format[^1] != 's'
            || !int.TryParse(
                format.AsSpan(0, format.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length))
        {
            return null;
        }

        var bytes = item[..Math.Min(length, item.Length)].TrimEnd((byte)0);
        return code == AsText ? Text(bytes) : code == AsBytes ? bytes.ToArray() : null;
    }

    /// <summary>
    /// Python reserves a place by the number of characters, so that text beyond ASCII is cut at the end of its place,
    /// maybe within a character: what is whole of it is the text.
    /// </summary>
    private static string Text(ReadOnlySpan<byte> bytes)
    {
        for (var back = 1; back <= Math.Min(3, bytes.Length); back++)
        {
            var lead = bytes[^back];
            if (lead >= 0xC0)
            {
                var needed = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
                bytes = needed > back ? bytes[..^back] : bytes;
                break;
            }

            if (lead < 0x80)
            {
                break;
            }
        }

        return Encoding.UTF8.GetString(bytes);
    }

    private static (byte[] Bytes, string Format, byte Code) Encode(object? item, int index)
    {
        var bytes = new byte[Slot];
        switch (item)
        {
            case null:
                return (bytes, "xxxxxx?x", AsNone);
            case bool flag:
                bytes[7] = flag ? (byte)1 : (byte)0;
                return (bytes, "xxxxxxx?", AsItIs);
            case double or float or decimal or Half:
                NumberConversion.TryReal(item, out var real);
                BinaryPrimitives.WriteDoubleLittleEndian(bytes, real);
                return (bytes, "d", AsItIs);
            case char letter:
                return Padded(Encoding.UTF8.GetBytes(letter.ToString()), AsText);
            case string text:
                if (text.EndsWith('\0'))
                {
                    throw new ShmException(
                        ShmErrorId.OutOfRange,
                        $"Item {index} ends with a NUL, which Python's list would lose. Nothing was written.", item);
                }

                return Padded(Encoding.UTF8.GetBytes(text), AsText);
            case byte[] raw:
                if (raw.Length > 0 && raw[^1] == 0)
                {
                    throw new ShmException(
                        ShmErrorId.OutOfRange,
                        $"Item {index} ends with a zero byte, which Python's list would lose. Nothing was written.",
                        item);
                }

                return Padded(raw, AsBytes);
        }

        if (!NumberConversion.TryWhole(item, out var number))
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                $"Item {index} is a {item.GetType().Name}; a Python list holds numbers, text, byte[], true, false and "
                    + "$null. Nothing was written.",
                item);
        }

        if (number < long.MinValue || number > long.MaxValue)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                $"Item {index}, {number}, does not fit in 64 bits with a sign. Nothing was written.", item);
        }

        BinaryPrimitives.WriteInt64LittleEndian(bytes, (long)(BigInteger)number);
        return (bytes, "q", AsItIs);
    }

    /// <summary>As Python: the next multiple of 8, with one zero byte at least.</summary>
    private static (byte[] Bytes, string Format, byte Code) Padded(byte[] content, byte code)
    {
        var bytes = new byte[Slot * ((content.Length / Slot) + 1)];
        content.CopyTo(bytes, 0);
        return (bytes, string.Create(CultureInfo.InvariantCulture, $"{bytes.Length}s"), code);
    }

    private static void AddInt64(List<byte> result, long value)
    {
        Span<byte> bytes = stackalloc byte[Slot];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        result.AddRange(bytes);
    }

    private static ShmException Invalid(ShmMapping mapping, long offset, string why) => new(
        ShmErrorId.InvalidStructure, $"There is no Python list at offset {offset} of {mapping}: {why}.", mapping);
}
