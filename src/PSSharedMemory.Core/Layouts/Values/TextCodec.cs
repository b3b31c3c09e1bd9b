using System;
using System.Text;

namespace PSSharedMemory;

/// <summary>Text in arrays of one character type: its encoding, and the width of its NUL.</summary>
internal sealed class TextCodec
{
    public static readonly Encoding Default = new UTF8Encoding(false);

    private readonly Encoding _encoding;
    private readonly int _unit;

    private TextCodec(Encoding encoding, int unit)
    {
        _encoding = encoding;
        _unit = unit;
    }

    /// <param name="character">The type of the characters.</param>
    /// <param name="encoding">That of single bytes; wider characters are UTF-16 or UTF-32.</param>
    /// <param name="order">The order of the bytes of wider characters.</param>
    public static TextCodec For(ShmType character, Encoding encoding, ShmByteOrder order) => character.Size switch
    {
        1 => new TextCodec(encoding, Math.Max(1, encoding.GetByteCount("\0"))),
        2 => new TextCodec(new UnicodeEncoding(IsBig(order), false), 2),
        _ => new TextCodec(new UTF32Encoding(IsBig(order), false), 4),
    };

    public string Name => _encoding.WebName;

    public string Decode(ReadOnlySpan<byte> bytes) => _encoding.GetString(bytes[..LengthToNul(bytes)]);

    /// <exception cref="EncoderFallbackException">The encoding has no bytes for a character.</exception>
    public byte[] Encode(string text)
    {
        var strict = (Encoding)_encoding.Clone();
        strict.EncoderFallback = EncoderFallback.ExceptionFallback;
        return strict.GetBytes(text);
    }

    private static bool IsBig(ShmByteOrder order) =>
        order == ShmByteOrder.BigEndian || (order == ShmByteOrder.Native && !BitConverter.IsLittleEndian);

    private int LengthToNul(ReadOnlySpan<byte> bytes)
    {
        if (_unit == 1)
        {
            var end = bytes.IndexOf((byte)0);
            return end < 0 ? bytes.Length : end;
        }

        for (var i = 0; i + _unit <= bytes.Length; i += _unit)
        {
            if (!bytes.Slice(i, _unit).ContainsAnyExcept((byte)0))
            {
                return i;
            }
        }

        return bytes.Length;
    }
}
