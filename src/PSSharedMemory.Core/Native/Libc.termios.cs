using System;
using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>termios.h: how a terminal treats what is typed.</summary>
internal static unsafe partial class Libc
{
    public const int STDIN_FILENO = 0;

    private const int TCSAFLUSH = 2;
    private const uint ICANON = 2;
    private const uint ECHO = 8;

    // Of struct termios, which is 60 bytes in both C libraries: the third and the fourth word are flags.
    private const int SizeOfTermios = 64;
    private const int LocalFlagsIndex = 3;

    // And behind them a byte, and the bytes of special characters, VTIME the sixth and VMIN the seventh.
    private const int TimeIndex = 17 + 5;
    private const int LeastIndex = 17 + 6;

    /// <summary>How the terminal of a descriptor is set; null where it is none.</summary>
    public static byte[]? GetTerminal(int fd)
    {
        var settings = new byte[SizeOfTermios];
        fixed (byte* pointer = settings)
        {
            return Fold(tcgetattr(fd, pointer)) < 0 ? null : settings;
        }
    }

    /// <summary>Sets it so; what was typed and not read is dropped.</summary>
    public static bool SetTerminal(int fd, byte[] settings)
    {
        fixed (byte* pointer = settings)
        {
            return Fold(tcsetattr(fd, TCSAFLUSH, pointer)) >= 0;
        }
    }

    /// <summary>
    /// The same settings, but that keys are read as they are typed and not echoed, and that reading never waits. Ctrl+C
    /// stays Ctrl+C.
    /// </summary>
    public static byte[] KeyByKey(byte[] settings)
    {
        var changed = (byte[])settings.Clone();
        var flags = MemoryMarshal.Cast<byte, uint>(changed.AsSpan());
        flags[LocalFlagsIndex] &= ~(ICANON | ECHO);
        changed[TimeIndex] = 0;
        changed[LeastIndex] = 0;
        return changed;
    }

    /// <summary>Reads what is there into the buffer: bytes, 0 at the end, or -errno.</summary>
    public static int Read(int fd, byte[] buffer)
    {
        fixed (byte* start = buffer)
        {
            return (int)read(fd, start, (nuint)buffer.Length);
        }
    }

    [LibraryImport(Library, SetLastError = true)]
    private static partial int tcgetattr(int fd, byte* settings);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int tcsetattr(int fd, int actions, byte* settings);
}
