using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;

namespace PSSharedMemory.Benchmarks;

/// <summary>
/// Times two things in turn, A B A B, so that a machine whose speed drifts drifts for both. What counts is the median
/// of the ratios of neighbours.
/// </summary>
internal static class SideBySide
{
    /// <param name="subject">Does it once; its time is measured here.</param>
    /// <param name="reference">What it is held against.</param>
    /// <param name="rounds">Pairs that count, after one that does not.</param>
    public static Ratio Time(Action subject, Action reference, int rounds = 15) =>
        Measure(() => Seconds(subject), () => Seconds(reference), rounds);

    /// <summary>The same for things that say themselves how long they took, such as another program.</summary>
    public static Ratio Measure(Func<double> subject, Func<double> reference, int rounds = 15)
    {
        var ratios = new List<double>();
        var subjects = new List<double>();
        var references = new List<double>();
        for (var round = -1; round < rounds; round++)
        {
            var a = subject();
            var b = reference();
            if (round >= 0)
            {
                subjects.Add(a);
                references.Add(b);
                ratios.Add(a / b);
            }
        }

        return new Ratio(Median(ratios), ratios.Min(), ratios.Max(), Median(subjects), Median(references));
    }

    /// <summary>Seconds that an action takes.</summary>
    public static double Seconds(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Median(List<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}

/// <summary>Time of the subject over time of the reference: below 1 the subject is faster.</summary>
internal sealed record Ratio(double Median, double Min, double Max, double Subject, double Reference)
{
    /// <summary>The reference's time over the subject's: bandwidth over bandwidth.</summary>
    public Ratio Inverted => new(1 / Median, 1 / Max, 1 / Min, Subject, Reference);
}
