namespace PSSharedMemory.Commands;

/// <summary>Bytes as people read them.</summary>
internal static class HexText
{
    private const string Digits = "0123456789abcdef";

    /// <summary>"de ad be ef".</summary>
    public static string Hex(byte[] bytes) => bytes.Length == 0
        ? ""
        : string.Create((bytes.Length * 3) - 1, bytes, static (text, bytes) =>
        {
            text.Fill(' ');
            for (var i = 0; i < bytes.Length; i++)
            {
                text[i * 3] = Digits[bytes[i] >> 4];
                text[(i * 3) + 1] = Digits[bytes[i] & 15];
            }
        });

    /// <summary>ASCII; a dot for control characters and for what is beyond 7 bits, as xxd(1) has it.</summary>
    public static string Ascii(byte[] bytes) => string.Create(bytes.Length, bytes, static (text, bytes) =>
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            text[i] = bytes[i] is >= 0x20 and < 0x7F ? (char)bytes[i] : '.';
        }
    });
}
