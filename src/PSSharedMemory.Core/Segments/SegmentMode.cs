using System.IO;

namespace PSSharedMemory;

/// <summary>The mode of a segment: nine permission bits, and no others.</summary>
internal static class SegmentMode
{
    // 0777.
    private const UnixFileMode Permissions = (UnixFileMode)0x1FF;
    private const string Letters = "rwxrwxrwx";

    /// <summary>The permission bits of a mode that the kernel keeps with others.</summary>
    public static UnixFileMode Of(uint mode) => (UnixFileMode)mode & Permissions;

    /// <summary>Whether a mode has no other bits.</summary>
    public static bool IsValid(UnixFileMode mode) => (mode & ~Permissions) == 0;

    /// <summary>Refuses a mode with other bits.</summary>
    /// <param name="mode">The mode.</param>
    /// <param name="attempted">Completes "Cannot …".</param>
    /// <param name="target">The segment.</param>
    /// <exception cref="ShmException">InvalidMode.</exception>
    public static void Require(UnixFileMode mode, string attempted, object target)
    {
        if (!IsValid(mode))
        {
            throw new ShmException(
                ShmErrorId.InvalidMode,
                $"Cannot {attempted}: a segment has only the nine permission bits. Give a mode from 0000 to 0777.",
                target);
        }
    }

    /// <summary>As ls(1) writes it: "rw-r-----".</summary>
    public static string ToText(UnixFileMode mode) => string.Create(Letters.Length, mode, static (text, mode) =>
    {
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = ((int)mode & (0x100 >> i)) != 0 ? Letters[i] : '-';
        }
    });
}
