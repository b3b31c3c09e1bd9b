using System;
using System.Diagnostics;
using System.Globalization;

namespace PSSharedMemory;

/// <summary>The end of a wait, by a clock that nobody sets.</summary>
internal readonly struct Deadline
{
    private readonly long _end;

    /// <param name="timeout">Null waits forever; 0 or less looks once.</param>
    public Deadline(TimeSpan? timeout)
    {
        var now = Stopwatch.GetTimestamp();
        _end = timeout is { } time && time.TotalSeconds * Stopwatch.Frequency < long.MaxValue - now
            ? now + (long)(time.TotalSeconds * Stopwatch.Frequency)
            : long.MaxValue;
    }

    public bool HasPassed => _end != long.MaxValue && Stopwatch.GetTimestamp() >= _end;

    /// <summary>
    /// The end of the wait or, if sooner, the given time from now: a timestamp of <see cref="Stopwatch"/>.
    /// </summary>
    public long EndOfSlice(TimeSpan atMost)
    {
        var end = Stopwatch.GetTimestamp() + (long)(atMost.TotalSeconds * Stopwatch.Frequency);
        return _end < end ? _end : end;
    }

    /// <summary>"0.25 s": a time in a message, in the same digits in every culture.</summary>
    public static string Seconds(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");

    /// <summary>What is left, no less than nothing; null without end.</summary>
    public TimeSpan? Rest => _end == long.MaxValue ? null : Slice(TimeSpan.MaxValue);

    /// <summary>What is left, but no more than the given time and no less than nothing.</summary>
    public TimeSpan Slice(TimeSpan atMost)
    {
        if (_end == long.MaxValue)
        {
            return atMost;
        }

        var rest = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), _end);
        return rest < TimeSpan.Zero ? TimeSpan.Zero : rest < atMost ? rest : atMost;
    }
}
