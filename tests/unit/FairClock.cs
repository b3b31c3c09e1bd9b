using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;

namespace PSSharedMemory.UnitTests;

/// <summary>
/// How long something takes in this thread, less what the thread could have run and waited for a processor: on a busy
/// host that is the host's doing. Where the kernel doesn't tell (CONFIG_SCHED_INFO), all of the time.
/// </summary>
internal readonly struct FairClock
{
    private readonly long _start;
    private readonly TimeSpan _before;

    private FairClock(long start, TimeSpan before) => (_start, _before) = (start, before);

    /// <summary>Since it was started, in the same thread.</summary>
    public TimeSpan Elapsed
    {
        get
        {
            // Read last at the end, as it was first at the start: what is waited meanwhile never makes it negative.
            var waited = Waited;
            var passed = Stopwatch.GetElapsedTime(_start);

            // The kernel counts it by another clock.
            return passed > waited ? passed - waited : TimeSpan.Zero;
        }
    }

    /// <summary>How long the thread has waited for a processor since.</summary>
    public TimeSpan Waited => ReadWaited() - _before;

    public static FairClock StartNew() => new(Stopwatch.GetTimestamp(), ReadWaited());

    private static TimeSpan ReadWaited()
    {
        try
        {
            // Nanoseconds on a processor, and waiting for one.
            var fields = File.ReadAllText("/proc/thread-self/schedstat").Split(' ');
            return TimeSpan.FromMicroseconds(long.Parse(fields[1], CultureInfo.InvariantCulture) / 1000);
        }
        catch (FileNotFoundException)
        {
            return TimeSpan.Zero;
        }
    }
}
