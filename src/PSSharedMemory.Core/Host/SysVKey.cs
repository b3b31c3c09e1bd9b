using System;
using System.Globalization;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Keys of System V segments.</summary>
public static class SysVKey
{
    /// <summary>
    /// The key that C programs get from the same path and project (ftok(3)): made of the file's inode and device
    /// and the low 8 bits of the project id.
    /// </summary>
    /// <param name="path">A file or directory that exists.</param>
    /// <param name="projectId">1 to 255; C programs often give a character, such as 'A', which is 65.</param>
    /// <exception cref="ShmException">
    /// InvalidKey: no such file, it cannot be reached, or the project id is out of its range.
    /// </exception>
    public static int FromPath(string path, int projectId)
    {
        if (projectId is < 1 or > 255)
        {
            throw new ShmException(
                ShmErrorId.InvalidKey,
                $"Cannot make a key of '{path}': the project id {projectId} is not from 1 to 255; only 8 bits of it "
                    + "count.",
                path);
        }

        if (path.Contains('\0'))
        {
            throw new ShmException(
                ShmErrorId.InvalidKey, $"Cannot make a key of '{path}': a path cannot contain a NUL.", path);
        }

        var key = Libc.ftok(path, projectId);
        if (key < 0)
        {
            throw NativeError.From(
                ShmErrorId.InvalidKey, nameof(Libc.ftok), (int)-key, $"make a key of '{path}'",
                "the file cannot be looked at", "Give a file that exists.", path);
        }

        return (int)key;
    }

    /// <summary>"0x0000beef", as ipcs shows it.</summary>
    public static string ToText(int key) => string.Create(CultureInfo.InvariantCulture, $"0x{key:x8}");

    /// <summary>A decimal number or '0x…' in 32 bits, signed or not.</summary>
    /// <returns>Whether the text is a key.</returns>
    public static bool TryParse(string text, out int key)
    {
        var trimmed = text.AsSpan().Trim();
        if (trimmed.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return int.TryParse(trimmed[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out key);
        }

        var isNumber = long.TryParse(
            trimmed, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number is >= int.MinValue and <= uint.MaxValue;
        key = isNumber ? unchecked((int)number) : 0;
        return isNumber;
    }
}
