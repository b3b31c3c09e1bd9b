using System;

namespace PSSharedMemory;

/// <summary>
/// A line of /proc/sysvipc/shm (proc_sysvipc(5)): a System V segment of this IPC namespace. Sizes are bytes.
/// </summary>
internal struct SysVShmLine
{
    /// <summary>The table.</summary>
    public const string Path = "/proc/sysvipc/shm";

    /// <summary>The key; 0 for a private segment, and for one that waits for removal.</summary>
    public int Key;

    /// <summary>The id.</summary>
    public int Id;

    /// <summary>Permissions, and the marks of a segment that is locked or waits for removal.</summary>
    public uint Mode;

    /// <summary>Its size.</summary>
    public long Size;

    /// <summary>The process that made it; 0 where it is of another process namespace.</summary>
    public int CreatorProcessId;

    /// <summary>The process that attached or detached last; 0 for none.</summary>
    public int LastProcessId;

    /// <summary>How many areas it is mapped to.</summary>
    public long AttachCount;

    /// <summary>The owner.</summary>
    public uint UserId;

    /// <summary>The owner's group.</summary>
    public uint GroupId;

    /// <summary>When it was attached last, in seconds since 1970; 0 for never.</summary>
    public long AttachTime;

    /// <summary>When it was detached last, in seconds since 1970; 0 for never.</summary>
    public long DetachTime;

    /// <summary>When owner or mode changed last, in seconds since 1970.</summary>
    public long ChangeTime;

    /// <summary>Its pages in RAM.</summary>
    public long Rss;

    /// <summary>Its pages in swap.</summary>
    public long Swap;

    /// <summary>
    /// Takes the next segment off the text of the table; the head line and empty ones are skipped.
    /// </summary>
    /// <exception cref="FormatException">A line of another form: what it says must not be lost silently.</exception>
    public static bool TryRead(scoped ref ReadOnlySpan<byte> text, out SysVShmLine segment)
    {
        while (ProcText.TryReadLine(ref text, out var line))
        {
            line = line.Trim(" \t"u8);
            if (!line.IsEmpty && !line.StartsWith("key"u8))
            {
                segment = Parse(line);
                return true;
            }
        }

        segment = default;
        return false;
    }

    // key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap
    private static SysVShmLine Parse(ReadOnlySpan<byte> line)
    {
        SysVShmLine segment = default;
        segment.Key = (int)Next(ref line, int.MinValue, int.MaxValue);
        segment.Id = (int)Next(ref line, 0, int.MaxValue);
        segment.Mode = Octal(Next(ref line, 0, uint.MaxValue));
        segment.Size = Next(ref line);
        segment.CreatorProcessId = (int)Next(ref line, 0, int.MaxValue);
        segment.LastProcessId = (int)Next(ref line, 0, int.MaxValue);
        segment.AttachCount = Next(ref line);
        segment.UserId = (uint)Next(ref line, 0, uint.MaxValue);
        segment.GroupId = (uint)Next(ref line, 0, uint.MaxValue);
        _ = Next(ref line);
        _ = Next(ref line);
        segment.AttachTime = Next(ref line, long.MinValue);
        segment.DetachTime = Next(ref line, long.MinValue);
        segment.ChangeTime = Next(ref line, long.MinValue);
        segment.Rss = Next(ref line);
        segment.Swap = Next(ref line);
        return segment;
    }

    // A size may be one of 64 bits without a sign: it stays at the end of 63, as all that is larger.
    private static long Next(scoped ref ReadOnlySpan<byte> line, long least = 0, long most = long.MaxValue)
    {
        var field = ProcText.ReadField(ref line);
        var isNegative = ProcText.TrySkip(ref field, (byte)'-');
        var isNumber = ProcText.TryReadNumber(ref field, out var number) && field.IsEmpty;
        var value = (long)Math.Min(number, long.MaxValue);
        value = isNegative ? -value : value;
        return isNumber && value >= least && value <= most
            ? value
            : throw new FormatException($"{Path} doesn't have the format that proc_sysvipc(5) describes.");
    }

    /// <summary>The number whose octal digits were read as decimal ones.</summary>
    private static uint Octal(long digits)
    {
        uint value = 0;
        for (var shift = 0; digits > 0; digits /= 10, shift += 3)
        {
            value |= (uint)(digits % 10) << shift;
        }

        return value;
    }
}
