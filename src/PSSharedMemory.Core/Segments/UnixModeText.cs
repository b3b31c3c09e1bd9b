using System.IO;

namespace PSSharedMemory;

/// <summary>Permission bits as ls(1) writes them.</summary>
internal static class UnixModeText
{
    private const string Letters = "rwxrwxrwx";

    /// <summary>"rw-r-----".</summary>
    public static string Of(UnixFileMode mode) => string.Create(Letters.Length, mode, static (text, mode) =>
    {
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = ((int)mode & (0x100 >> i)) != 0 ? Letters[i] : '-';
        }
    });
}
