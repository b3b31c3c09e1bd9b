using System;
using System.IO;

namespace PSSharedMemory.ConsoleHost;

/// <summary>What the standard streams are connected to.</summary>
internal static class Terminal
{
    // A script's table is as wide as this where there is no terminal to ask.
    private const int WidthWithoutTerminal = 120;

    private const int HeightWithoutTerminal = 50;

    /// <summary>See https://no-color.org: set and not empty.</summary>
    public static bool NoColor { get; } = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    public static bool OutputTakesEscapes { get; } = !Console.IsOutputRedirected && !IsDumb;

    public static bool ErrorTakesEscapes { get; } = !Console.IsErrorRedirected && !IsDumb;

    /// <summary>Whether a line can be edited: keys are read and the cursor moved.</summary>
    public static bool CanEdit { get; } = !Console.IsInputRedirected && OutputTakesEscapes;

    public static int Width => Ask(() => Console.WindowWidth, WidthWithoutTerminal);

    public static int Height => Ask(() => Console.WindowHeight, HeightWithoutTerminal);

    private static bool IsDumb => Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb";

    private static int Ask(Func<int> question, int otherwise)
    {
        if (Console.IsOutputRedirected)
        {
            return otherwise;
        }

        try
        {
            var answer = question();
            return answer > 0 ? answer : otherwise;
        }
        catch (IOException)
        {
            return otherwise;
        }
    }
}
