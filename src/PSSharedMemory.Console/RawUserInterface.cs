using System;
using System.Management.Automation.Host;
using System.Text;

namespace PSSharedMemory.ConsoleHost;

/// <summary>The terminal's size, cursor and keys.</summary>
/// <remarks>A terminal does not give its cells back, so there is no reading of them.</remarks>
internal sealed class RawUserInterface : PSHostRawUserInterface
{
    private const ConsoleColor TerminalsOwn = (ConsoleColor)(-1);

    private string _title = string.Empty;

    public override ConsoleColor ForegroundColor { get; set; } = TerminalsOwn;

    public override ConsoleColor BackgroundColor { get; set; } = TerminalsOwn;

    public override Size BufferSize
    {
        get => new(Terminal.Width, Terminal.Height);
        set => throw Unsupported();
    }

    public override Size WindowSize
    {
        get => BufferSize;
        set => throw Unsupported();
    }

    public override Size MaxWindowSize => BufferSize;

    public override Size MaxPhysicalWindowSize => BufferSize;

    public override Coordinates WindowPosition
    {
        get => new(0, 0);
        set => throw Unsupported();
    }

    public override Coordinates CursorPosition
    {
        get
        {
            if (!Terminal.CanEdit)
            {
                return new(0, 0);
            }

            (var left, var top) = Console.GetCursorPosition();
            return new(left, top);
        }

        set
        {
            if (Terminal.OutputTakesEscapes)
            {
                Console.SetCursorPosition(value.X, value.Y);
            }
        }
    }

    public override int CursorSize { get; set; } = 25;

    public override string WindowTitle
    {
        get => _title;
        set
        {
            _title = value;
            if (Terminal.OutputTakesEscapes)
            {
                Console.Out.Write($"\e]0;{value.Replace('\a', ' ').Replace('\e', ' ')}\a");
            }
        }
    }

    public override bool KeyAvailable => !Console.IsInputRedirected && Console.KeyAvailable;

    public override KeyInfo ReadKey(ReadKeyOptions options)
    {
        if (Console.IsInputRedirected)
        {
            throw new InvalidOperationException("Standard input is not a terminal: there is no key to wait for.");
        }

        var key = Keys.Read(echo: (options & ReadKeyOptions.NoEcho) == 0);
        ControlKeyStates states = default;
        if (key.Modifiers.HasFlag(ConsoleModifiers.Shift))
        {
            states |= ControlKeyStates.ShiftPressed;
        }

        if (key.Modifiers.HasFlag(ConsoleModifiers.Alt))
        {
            states |= ControlKeyStates.LeftAltPressed;
        }

        if (key.Modifiers.HasFlag(ConsoleModifiers.Control))
        {
            states |= ControlKeyStates.LeftCtrlPressed;
        }

        return new KeyInfo((int)key.Key, key.KeyChar, states, (options & ReadKeyOptions.IncludeKeyDown) != 0);
    }

    public override void FlushInputBuffer()
    {
        while (KeyAvailable)
        {
            Console.ReadKey(intercept: true);
        }
    }

    public override int LengthInBufferCells(string source) => CellWidth.Of(source);

    public override int LengthInBufferCells(string source, int offset) => CellWidth.Of(source[offset..]);

    public override int LengthInBufferCells(char source) =>
        Rune.TryCreate(source, out var rune) ? CellWidth.Of(rune) : 1;

    /// <summary>Clears the screen, which is what scripts use this for; other fills are not supported.</summary>
    public override void SetBufferContents(Rectangle rectangle, BufferCell fill)
    {
        if (rectangle is not { Left: -1, Top: -1, Right: -1, Bottom: -1 })
        {
            throw Unsupported();
        }

        if (Terminal.OutputTakesEscapes)
        {
            Console.Out.Write("\e[H\e[2J");
        }
    }

    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) => throw Unsupported();

    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw Unsupported();

    public override void ScrollBufferContents(
        Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) => throw Unsupported();

    private static NotSupportedException Unsupported() =>
        new("A terminal on Linux does not offer this to its programs.");
}
