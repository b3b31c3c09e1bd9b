using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// What is typed on this process' terminal, key by key and without an echo: for programs that show shared memory live.
/// Disposing sets the terminal as it was (termios(3)).
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

    /// <summary>Waits for keys.</summary>
    /// <param name="milliseconds">How long; -1 for ever, 0 to look once. A signal ends the wait early.</param>
    /// <returns>The bytes that came, at most 256; none in time is an empty array, and null a terminal that is
    /// gone.</returns>
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

    /// <summary>Sets the terminal as it was, until <see cref="Resume"/>: another program has it.</summary>
    public void Suspend() => Libc.SetTerminal(Libc.STDIN_FILENO, _settings);

    /// <summary>Takes keys as they are typed again.</summary>
    public void Resume() => Libc.SetTerminal(Libc.STDIN_FILENO, Libc.KeyByKey(_settings));

    /// <summary>
    /// Does what Ctrl+Z does where nobody handles it (SIGTSTP): the process stops, and this returns when it goes on.
    /// Where no shell could let it go on, the kernel doesn't stop it.
    /// </summary>
    public static unsafe void StopProcess()
    {
        Libc.sigaction_t action = default;
        if (Libc.sigaction(Libc.SIGTSTP, &action, out var before) >= 0)
        {
            _ = Libc.raise(Libc.SIGTSTP);
            _ = Libc.sigaction(Libc.SIGTSTP, &before, out _);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Suspend();
}
