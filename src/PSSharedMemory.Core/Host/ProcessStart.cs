using System;
using System.Globalization;
using System.IO;

namespace PSSharedMemory;

/// <summary>Whether processes still run, by their id and their start (proc_pid_stat(5)).</summary>
internal static class ProcessStart
{
    // USER_HZ, the same on all architectures that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>The start of this process, in clock ticks since the boot.</summary>
    public static ulong OwnStart { get; } = TryRead(Environment.ProcessId, out var start) ? start : 0;

    /// <summary>The inode of this process's pid namespace; 0 where it could not be read.</summary>
    public static uint OwnNamespace { get; } = ReadNamespace();

    /// <summary>
    /// Whether that very process may still run code: not if it is a zombie.
    /// </summary>
    public static bool IsAlive(int processId, ulong start) => TryRead(processId, out var found) && found == start;

    /// <summary>
    /// How long ago a process started, rounded up to the clock's ticks; null where the host's age can't be read.
    /// </summary>
    public static TimeSpan? AgeOf(ulong start)
    {
        var uptime = new HostFiles().Read("/proc/uptime")?.Split(' ')[0];
        return double.TryParse(uptime, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds - (((double)start - 2) / TicksPerSecond))
            : null;
    }

    private static bool TryRead(int processId, out ulong start)
    {
        start = 0;
        byte[] text;
        try
        {
            text = File.ReadAllBytes(PathOf(processId, "stat"));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (IOException) when (!Directory.Exists(PathOf(processId, "")))
        {
            // It ended between the opening and the reading.
            return false;
        }

        if (!ProcessStatLine.TryParse(text, out var stat) || stat.State is (byte)'Z' or (byte)'X')
        {
            return false;
        }

        start = stat.StartTicks;
        return true;
    }

    private static uint ReadNamespace()
    {
        var link = new FileInfo("/proc/self/ns/pid").LinkTarget ?? "";
        var open = link.IndexOf('[', StringComparison.Ordinal);
        return open >= 0 && uint.TryParse(
            link.AsSpan(open + 1).TrimEnd(']'), NumberStyles.None, CultureInfo.InvariantCulture, out var inode)
            ? inode
            : 0;
    }

    private static string PathOf(int id, string file) =>
        string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/{file}");
}
