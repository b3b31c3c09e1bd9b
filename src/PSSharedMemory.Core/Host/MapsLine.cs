using System;

namespace PSSharedMemory;

/// <summary>What an area allows and whether it is shared: the four letters of a line in /proc/PID/maps.</summary>
[Flags]
internal enum AreaAccess : byte
{
    None = 0,
    Read = 1,
    Write = 2,
    Execute = 4,
    Shared = 8,
}

/// <summary>
/// One area of an address space: a line of /proc/PID/maps, or the head line of one in smaps (proc_pid_maps(5)).
/// </summary>
internal ref struct MapsLine
{
    /// <summary>Address of the first byte.</summary>
    public ulong Start;

    /// <summary>Address behind the last byte.</summary>
    public ulong End;

    /// <summary>Protection, and whether the area is shared.</summary>
    public AreaAccess Access;

    /// <summary>Offset in the object, in bytes.</summary>
    public ulong Offset;

    /// <summary>The device of the object, as <see cref="DeviceOf"/> makes it; 0 for none.</summary>
    public ulong Device;

    /// <summary>The inode of the object, or 0. For System V this is the id, and 0 is a good one.</summary>
    public ulong Inode;

    /// <summary>
    /// The path, as the kernel writes it: a line feed as \012, and " (deleted)" behind an unlinked one.
    /// </summary>
    public ReadOnlySpan<byte> Path;

    /// <summary>Bytes.</summary>
    public readonly ulong Length => End - Start;

    /// <summary>Whether writes are seen by others.</summary>
    public readonly bool IsShared => (Access & AreaAccess.Shared) != 0;

    /// <summary>The two halves of a device number in one value, the same for maps and for statx.</summary>
    public static ulong DeviceOf(ulong major, ulong minor) => (major << 32) | minor;

    /// <summary>Takes the next area off the text of a maps file; lines of any other form are skipped.</summary>
    public static bool TryRead(scoped ref ReadOnlySpan<byte> text, out MapsLine area)
    {
        while (ProcText.TryReadLine(ref text, out var line))
        {
            if (TryParse(line, out area))
            {
                return true;
            }
        }

        area = default;
        return false;
    }

    /// <summary>Reads one line; false where it is not the line of an area (a detail line of smaps, say).</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, out MapsLine area)
    {
        area = default;
        if (!ProcText.TryReadHex(ref line, out area.Start)
            || !ProcText.TrySkip(ref line, (byte)'-')
            || !ProcText.TryReadHex(ref line, out area.End)
            || area.End <= area.Start
            || !ProcText.TrySkip(ref line, (byte)' ')
            || line.Length < 5
            || !TryReadAccess(line[..4], out area.Access))
        {
            return false;
        }

        line = line[4..];
        if (!ProcText.TrySkip(ref line, (byte)' ')
            || !ProcText.TryReadHex(ref line, out area.Offset)
            || !ProcText.TrySkip(ref line, (byte)' ')
            || !ProcText.TryReadHex(ref line, out var major)
            || !ProcText.TrySkip(ref line, (byte)':')
            || !ProcText.TryReadHex(ref line, out var minor)
            || !ProcText.TrySkip(ref line, (byte)' ')
            || !ProcText.TryReadDecimal(ref line, out area.Inode))
        {
            return false;
        }

        area.Device = DeviceOf(major, minor);
        // Blanks pad the path to a column; a path begins with '/' or '[', so that its own blanks are kept.
        area.Path = line.TrimStart((byte)' ');
        return true;
    }

    private static bool TryReadAccess(ReadOnlySpan<byte> letters, out AreaAccess access)
    {
        access = AreaAccess.None;
        if (letters[0] == 'r')
        {
            access |= AreaAccess.Read;
        }

        if (letters[1] == 'w')
        {
            access |= AreaAccess.Write;
        }

        if (letters[2] == 'x')
        {
            access |= AreaAccess.Execute;
        }

        if (letters[3] == 's')
        {
            access |= AreaAccess.Shared;
        }

        return letters[3] is (byte)'s' or (byte)'p';
    }
}
