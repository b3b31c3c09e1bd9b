using System;

namespace PSSharedMemory.ConsoleHost;

/// <summary>Console colours as escape sequences.</summary>
internal static class Colors
{
    // ConsoleColor counts blue, green, red by bits; a terminal red, green, blue. The bright ones begin at 8 in both.
    private static readonly int[] Order = [0, 4, 2, 6, 1, 5, 3, 7];

    public static string Paint(ConsoleColor foreground, ConsoleColor background, string text)
    {
        var before = Code(foreground, 30, 90) + Code(background, 40, 100);
        return before.Length == 0 ? text : before + text + "\e[0m";
    }

    // A colour that is none (-1) is the terminal's own.
    private static string Code(ConsoleColor color, int dark, int bright) =>
        (int)color is < 0 or > 15 ? string.Empty
            : $"\e[{((int)color < 8 ? dark : bright) + Order[(int)color % 8]}m";
}
