using System;
using System.Text;

namespace PSSharedMemory;

/// <summary>A message of a queue.</summary>
/// <param name="Bytes">What it holds.</param>
/// <param name="Type">What the bytes are: a <see cref="ShmValueType"/>, or a number of the sender's own up to
/// 65535.</param>
public sealed record ShmMessage(byte[] Bytes, uint Type)
{
    /// <summary>"12 bytes of type 1".</summary>
    public override string ToString() =>
        FormattableString.Invariant($"{Bytes.Length} {(Bytes.Length == 1 ? "byte" : "bytes")} of type {Type}");

    /// <summary>The bytes as UTF-8, whatever their type.</summary>
    public string GetText() => Encoding.UTF8.GetString(Bytes);
}
