using System;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>What messages are made of: objects by themselves, or the bytes of a type that was given with -As.</summary>
internal sealed class MessageFormat(TypeArgument? type, int depth)
{
    private readonly PowerShellCodec _codec = new(depth);

    /// <summary>The message of an object.</summary>
    /// <exception cref="ShmException">OutOfRange: it does not fit the type.</exception>
    public byte[] Encode(object? value, out uint messageType)
    {
        if (type is null)
        {
            return _codec.Encode(value, out messageType);
        }

        messageType = (uint)ShmValueType.Bytes;
        if (type.Layout is { } layout)
        {
            var patch = TypedData.Encode(layout, value, null, null, ShmByteOrder.Native);
            var bytes = new byte[Math.Max(layout.Size, patch.End)];
            patch.ApplyTo(bytes);
            return bytes;
        }

        return WritableData.From(value, type, null, isNullTerminated: false).ToBytes(ShmByteOrder.Native);
    }

    /// <summary>The object of a message.</summary>
    /// <exception cref="ShmException">InvalidStructure; OutOfRange: it has fewer bytes than the type.</exception>
    public object? Decode(ShmMessage message)
    {
        if (type is { IsCString: true } && message.Type == (uint)ShmValueType.Bytes)
        {
            var end = System.Array.IndexOf(message.Bytes, (byte)0);
            return _codec.Decode(end < 0 ? message.Bytes : message.Bytes[..end], (uint)ShmValueType.Text);
        }

        if (type?.Layout is not { } layout)
        {
            return type is null || message.Type != (uint)ShmValueType.Bytes
                ? _codec.Decode(message.Bytes, message.Type)
                : _codec.Decode(message.Bytes, (uint)TypeOf(type));
        }

        return message.Bytes.Length >= layout.Size
            ? new ShmTypeReader(layout, null, new PowerShellRecords()).Read(message.Bytes)
            : throw new ShmException(
                ShmErrorId.OutOfRange,
                $"A message of {message.Bytes.Length} bytes isn't a '{layout.Name}', which has {layout.Size}.",
                message.Bytes);
    }

    private static ShmValueType TypeOf(TypeArgument type) => type switch
    {
        { IsString: true } or { IsCString: true } => ShmValueType.Text,
        { Scalar: { } scalar } when Enum.TryParse<ShmValueType>($"{scalar}", out var known) => known,
        _ => throw new PSInvalidCastException($"Cannot read a message as {type}."),
    };
}
