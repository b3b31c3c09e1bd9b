using System;

namespace PSSharedMemory;

/// <summary>The fields of /proc/PID/stat that tell who a process is (proc_pid_stat(5)).</summary>
internal ref struct ProcessStatLine
{
    // Marks of a task, PF_… of the kernel: it runs no code of its own any more; it is a thread of the kernel's.
    private const ulong PF_EXITING = 0x4;
    private const ulong PF_KTHREAD = 0x200000;

    /// <summary>The process id.</summary>
    public int ProcessId;

    /// <summary>The name (comm): at most 15 bytes, any but NUL; not escaped, line feeds included.</summary>
    public ReadOnlySpan<byte> Name;

    /// <summary>The state letter: R, S, D, Z (ended, not yet collected) and so on.</summary>
    public byte State;

    /// <summary>The parent's process id.</summary>
    public int ParentId;

    /// <summary>How many threads the process has.</summary>
    public int ThreadCount;

    /// <summary>
    /// When it started, in clock ticks since the boot. Tells a process from a later one with the same id.
    /// </summary>
    public ulong StartTicks;

    private ulong _flags;

    /// <summary>Whether it has ended and is only kept for its parent; of a process, its main thread.</summary>
    public readonly bool HasEnded => State is (byte)'Z' or (byte)'X';

    /// <summary>Whether it is ending: it runs no code of its own any more.</summary>
    public readonly bool IsEnding => (_flags & PF_EXITING) != 0;

    /// <summary>Whether it is a thread of the kernel, which has no memory of its own.</summary>
    public readonly bool IsKernelThread => (_flags & PF_KTHREAD) != 0;

    /// <summary>Reads the line; false where it has another form.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out ProcessStatLine stat)
    {
        stat = default;
        // The name may hold ") S 1 (": only the last bracket of the line closes it, for what follows is numbers.
        var open = text.IndexOf((byte)'(');
        var close = text.LastIndexOf((byte)')');
        if (open < 0 || close < open || !TryReadId(text, out stat.ProcessId))
        {
            return false;
        }

        stat.Name = text[(open + 1)..close];
        text = text[(close + 1)..];
        if (ProcText.ReadField(ref text) is not [var state])
        {
            return false;
        }

        stat.State = state;
        for (var number = 4; number <= 22; number++)
        {
            var field = ProcText.ReadField(ref text);
            var isRead = number switch
            {
                4 => TryReadId(field, out stat.ParentId),
                9 => ProcText.TryReadDecimal(ref field, out stat._flags),
                20 => TryReadId(field, out stat.ThreadCount),
                22 => ProcText.TryReadDecimal(ref field, out stat.StartTicks),
                _ => !field.IsEmpty,
            };
            if (!isRead)
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryReadId(ReadOnlySpan<byte> field, out int id)
    {
        var isRead = ProcText.TryReadDecimal(ref field, out var number) && number <= int.MaxValue;
        id = isRead ? (int)number : 0;
        return isRead;
    }
}
