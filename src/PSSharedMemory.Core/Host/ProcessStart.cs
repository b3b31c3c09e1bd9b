using System;
using System.Globalization;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Whether processes still run, by their id and their start (proc_pid_stat(5)).</summary>
internal static class ProcessStart
{
    /// <summary>Clock ticks in a second as /proc counts them (USER_HZ): 100 on every architecture of .NET.</summary>
    public const int TicksPerSecond = 100;

    private static ulong s_ownStart;
    private static ulong s_ownNamespace;

    /// <summary>The start of this process, in clock ticks since the boot.</summary>
    /// <exception cref="ShmException">LimitReached, PlatformNotSupported: /proc doesn't tell.</exception>
    public static ulong OwnStart => s_ownStart != 0 ? s_ownStart : s_ownStart = ReadOwnStart();

    /// <summary>The inode of this process's pid namespace, 32 bits of it as in C; 0 if unknown.</summary>
    public static uint OwnNamespace =>
        unchecked((uint)(s_ownNamespace != 0 ? s_ownNamespace : s_ownNamespace = ReadOwnNamespace()));

    /// <summary>
    /// Whether that very process may still run code: not if it is a zombie. One that cannot be looked at may.
    /// </summary>
    public static bool IsAlive(int processId, ulong start)
    {
        using var reader = new ProcReader();
        var status = reader.Enter(processId);
        if (status >= 0)
        {
            status = reader.ReadStat(out var stat);
            if (status >= 0)
            {
                return stat.StartTicks == start && !stat.HasEnded;
            }
        }

        return !ProcReader.IsGone(status);
    }

    /// <summary>
    /// How long ago a process started, rounded up to the clock's ticks; null where the host's age cannot be read.
    /// </summary>
    public static TimeSpan? AgeOf(ulong start)
    {
        var uptime = new HostFiles().Read("/proc/uptime")?.Split(' ')[0];
        return double.TryParse(uptime, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds - (((double)start - 2) / TicksPerSecond))
            : null;
    }

    // What cannot be read now, for want of a descriptor, can be later.
    private static ulong ReadOwnStart()
    {
        using var reader = new ProcReader();
        var status = reader.EnterSelf();
        var stat = default(ProcessStatLine);
        status = status < 0 ? status : reader.ReadStat(out stat);
        NativeError.ThrowIf(status, nameof(Libc.openat), "read when this process started", "/proc/self/stat");
        return stat.StartTicks;
    }

    private static ulong ReadOwnNamespace()
    {
        using var reader = new ProcReader();
        return reader.EnterSelf() >= 0 ? ProcessIdentity.ReadNamespace(reader, 0, "ns/pid\0"u8) : 0;
    }
}
