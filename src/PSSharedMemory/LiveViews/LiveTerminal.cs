using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;

namespace PSSharedMemory.Commands;

/// <summary>
/// A terminal that is drawn on in place: the alternate screen, so that what was there comes back, one write a frame,
/// and keys as they are typed. Disposing leaves it as it was, and so does Ctrl+Z until the shell's fg.
/// </summary>
internal sealed class LiveTerminal : IDisposable
{
    private const string Begin = "\e[?1049h\e[?25l\e[?7l\e[2J";
    private const string End = "\e[0m\e[?7h\e[?25h\e[?1049l";

    // So that a terminal that knows it shows no half of a frame.
    private const string BeginFrame = "\e[?2026h\e[H";
    private const string EndFrame = "\e[J\e[?2026l";

    private static readonly Dictionary<string, string> Keys = new()
    {
        ["\e"] = "escape",
        ["\r"] = "enter",
        ["\n"] = "enter",
        ["\x7f"] = "delete",
        ["\b"] = "delete",
        ["\e[A"] = "up",
        ["\e[B"] = "down",
        ["\eOA"] = "up",
        ["\eOB"] = "down",
        ["\e[5~"] = "pageup",
        ["\e[6~"] = "pagedown",
        ["\e[H"] = "home",
        ["\e[F"] = "end",
        ["\e[1~"] = "home",
        ["\e[4~"] = "end",
        ["\eOH"] = "home",
        ["\eOF"] = "end",
    };

    private readonly TerminalInput _input;
    private readonly Stream _output = Console.OpenStandardOutput();
    private readonly PosixSignalRegistration? _stops;

    // The signals come in threads of their own.
    private readonly object _lock = new();
    private bool _isEnded;
    private bool _isSuspended;
    private volatile bool _isContinued;

    private LiveTerminal(TerminalInput input)
    {
        _input = input;
        _stops = OperatingSystem.IsLinux() ? PosixSignalRegistration.Create(PosixSignal.SIGTSTP, Suspend) : null;
        Write(Begin);
    }

    /// <summary>Begins; null where input or output is no terminal.</summary>
    public static LiveTerminal? TryOpen() => Console.IsOutputRedirected || Console.IsInputRedirected ? null
        : TerminalInput.TryOpen() is { } input ? new LiveTerminal(input) : null;

    /// <summary>Columns and lines of the window now.</summary>
    public static (int Width, int Height) Size => (Math.Max(1, Console.WindowWidth), Math.Max(1, Console.WindowHeight));

    /// <summary>
    /// Takes the terminal again if the process was stopped and goes on; then all has to be drawn.
    /// </summary>
    public bool TryResume()
    {
        if (!_isContinued)
        {
            return false;
        }

        _isContinued = false;
        lock (_lock)
        {
            _isSuspended = false;
            _input.Resume();
            Write(Begin);
        }

        return true;
    }

    /// <summary>Shows the lines in place of those before.</summary>
    public void Show(IReadOnlyList<string> lines)
    {
        var frame = new StringBuilder(BeginFrame);
        for (var i = 0; i < lines.Count; i++)
        {
            frame.Append(i > 0 ? "\r\n" : "").Append(lines[i]).Append("\e[K");
        }

        lock (_lock)
        {
            if (!_isSuspended)
            {
                Write(frame.Append(EndFrame).ToString());
            }
        }
    }

    /// <summary>The keys that were typed within so many milliseconds.</summary>
    public static IReadOnlyList<string> ReadKeys(int milliseconds) =>
        TerminalInput.Read(milliseconds) is { } typed ? Split(Encoding.UTF8.GetString(typed)) : ["q"];

    /// <summary>What was typed, key by key: an escape sequence is one; what is unknown of them is none.</summary>
    internal static IReadOnlyList<string> Split(string typed)
    {
        List<string> keys = [];
        for (var i = 0; i < typed.Length;)
        {
            var length = LengthOfKey(typed, i);
            var key = typed.Substring(i, length);
            if (Keys.TryGetValue(key, out var name))
            {
                keys.Add(name);
            }
            else if (length == 1 && !char.IsControl(key[0]))
            {
                keys.Add(key);
            }

            i += length;
        }

        return keys;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stops?.Dispose();
        lock (_lock)
        {
            if (!_isEnded)
            {
                _isEnded = true;
                Write(_isSuspended ? "" : End);
                _input.Dispose();
                _output.Dispose();
            }
        }
    }

    // It stops without the lock, which the thread that draws needs as soon as the process goes on.
    private void Suspend(PosixSignalContext context)
    {
        context.Cancel = true;
        lock (_lock)
        {
            if (_isEnded || _isSuspended)
            {
                return;
            }

            _isSuspended = true;
            Write(End);
            _input.Suspend();
        }

        TerminalInput.StopProcess();
        _isContinued = true;
    }

    private static int LengthOfKey(string typed, int start)
    {
        if (typed[start] != '\e' || start + 1 >= typed.Length || typed[start + 1] is not ('[' or 'O'))
        {
            return 1;
        }

        var end = start + 2;
        while (end < typed.Length && typed[end] is not (>= '@' and <= '~'))
        {
            end++;
        }

        return Math.Min(end + 1, typed.Length) - start;
    }

    private void Write(string text)
    {
        try
        {
            _output.Write(Encoding.UTF8.GetBytes(text));
            _output.Flush();
        }
        catch (IOException)
        {
            // The terminal is gone, and so is who looks at it.
        }
    }
}
