using System;

namespace PSSharedMemory;

/// <summary>The fields of /proc/PID/stat that tell who a process is (proc_pid_stat(5)).</summary>
internal ref struct ProcessStatLine
{
    /// <summary>The process id.</summary>
    public int ProcessId;

    /// <summary>The name (comm): at most 15 bytes, any bytes but NUL, brackets and blanks included.</summary>
    public ReadOnlySpan<byte> Name;

    /// <summary>The state letter: R, S, D, Z (ended, not yet collected) and so on.</summary>
    public byte State;

    /// <summary>The parent's process id.</summary>
    public int ParentId;

    /// <summary>The kernel's marks of the task (PF_EXITING and others).</summary>
    public ulong Flags;

    /// <summary>How many threads the process has.</summary>
    public int ThreadCount;

    /// <summary>
    /// When it started, in clock ticks since the boot. Tells a process from a later one with the same id.
    /// </summary>
    public ulong StartTicks;

    /// <summary>Reads the line; false where it has another form.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out ProcessStatLine stat)
    {
        stat = default;
        if (!ProcText.TryReadDecimal(ref text, out var id) || id > int.MaxValue)
        {
            return false;
        }
        // The name may hold ") S 1 (": only the last bracket of the line closes it, for what follows is numbers.
        var open = text.IndexOf((byte)'(');
        var close = text.LastIndexOf((byte)')');
        if (open < 0 || close < open)
        {
            return false;
        }

        stat.ProcessId = (int)id;
        stat.Name = text[(open + 1)..close];
        text = text[(close + 1)..];

        var state = ProcText.ReadField(ref text);
        if (state.Length != 1)
        {
            return false;
        }

        stat.State = state[0];

        for (var field = 4; field <= 22; field++)
        {
            var value = ProcText.ReadField(ref text);
            if (value.IsEmpty)
            {
                return false;
            }

            if (field is not (4 or 9 or 20 or 22))
            {
                continue;
            }

            if (!ProcText.TryReadDecimal(ref value, out var number))
            {
                return false;
            }

            if (field == 4)
            {
                stat.ParentId = (int)number;
            }
            else if (field == 9)
            {
                stat.Flags = number;
            }
            else if (field == 20)
            {
                stat.ThreadCount = (int)number;
            }
            else
            {
                stat.StartTicks = number;
            }
        }

        return true;
    }
}
