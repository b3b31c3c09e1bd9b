using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// What is typed on this process' terminal, key by key and without an echo. Disposing sets the terminal as it was.
/// </summary>
public sealed class TerminalInput : IDisposable
{
    private readonly byte[] _settings;

    private TerminalInput(byte[] settings) => _settings = settings;

    /// <summary>Begins; null where the standard input is not a terminal.</summary>
    public static TerminalInput? TryOpen()
    {
        if (Libc.GetTerminal(Libc.STDIN_FILENO) is not { } settings)
        {
            return null;
        }

        Libc.SetTerminal(Libc.STDIN_FILENO, Libc.KeyByKey(settings));
        return new TerminalInput(settings);
    }

    /// <summary>The bytes that come within a number of milliseconds; null where the terminal is gone.</summary>
    public static byte[]? Read(int milliseconds)
    {
        if (!Libc.PollIn(Libc.STDIN_FILENO, milliseconds))
        {
            return [];
        }

        // Ctrl+C drops what was typed: there may be nothing after all.
        var buffer = new byte[256];
        var count = Libc.Read(Libc.STDIN_FILENO, buffer);
        return count > 0 ? buffer[..count] : Libc.GetTerminal(Libc.STDIN_FILENO) is null ? null : [];
    }

    /// <inheritdoc/>
    public void Dispose() => Libc.SetTerminal(Libc.STDIN_FILENO, _settings);
}
