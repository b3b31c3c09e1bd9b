using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory.Benchmarks.Rows;

/// <summary>What the guard costs: nothing where memory stays, and this where it is taken away.</summary>
internal static class GuardRows
{
    private const int Size = 1 << 20;

    public static IEnumerable<Row> All =>
    [
        new("`ReadInt32` in C#, POSIX", "`ReadInt32` in C#, System V", 1.1, false, ReadInt32),
    ];

    public static IEnumerable<Figure> Figures =>
    [
        new("first access after a truncation, which fails and says so", "µs", FirstAccess),
        new("first access after the object has its bytes again, which works", "µs", FirstAccessAgain),
        new("faults absorbed while a peer truncates, 4 threads", "a second", FaultsPerSecond),
    ];

    private static Ratio ReadInt32()
    {
        const int Times = 1_000_000;
        using var posix = Posix(out _);
        var segment = SysVSegments.CreatePrivate(new ShmCreateOptions { Size = Size });
        using var systemV = ShmMapping.Mount(segment);
        ShmSegments.Remove(segment);
        return SideBySide.Time(() => Sum(posix, Times), () => Sum(systemV, Times), rounds: 31);
    }

    private static int Sum(ShmMapping mapping, int times)
    {
        var sum = 0;
        for (var i = 0; i < times; i++)
        {
            sum += mapping.Reader.ReadInt32(0);
        }

        return sum;
    }

    private static (double Median, double Min, double Max) FirstAccess() => Microseconds(isThere: false);

    private static (double Median, double Min, double Max) FirstAccessAgain() => Microseconds(isThere: true);

    private static (double Median, double Min, double Max) Microseconds(bool isThere)
    {
        using var mapping = Posix(out var path);
        using var file = File.OpenWrite(path);
        var times = new List<double>();
        for (var round = 0; round < 1000; round++)
        {
            file.SetLength(0);
            if (isThere)
            {
                Read(mapping);
                file.SetLength(Size);
            }

            var start = Stopwatch.GetTimestamp();
            Read(mapping);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            file.SetLength(Size);
            Read(mapping);
        }

        File.Delete(path);
        times.Sort();
        return (times[times.Count / 2], times[0], times[^1]);
    }

    private static void Read(ShmMapping mapping)
    {
        try
        {
            _ = mapping.Reader.ReadInt32(0);
        }
        catch (ShmException error) when (error.ErrorId == ShmErrorId.SegmentTruncated)
        {
        }
    }

    private static (double Median, double Min, double Max) FaultsPerSecond()
    {
        using var mapping = Posix(out var path);
        using var file = File.OpenWrite(path);
        var rates = new List<double>();
        for (var round = 0; round < 7; round++)
        {
            var (before, clock) = (FaultGuard.Absorbed, Stopwatch.StartNew());
            var threads = Enumerable.Range(0, 4).Select(_ => new Thread(() =>
            {
                var buffer = new byte[Size / 2];
                while (clock.ElapsedMilliseconds < 1000)
                {
                    try
                    {
                        mapping.Reader.ReadBytes(0, buffer);
                    }
                    catch (ShmException error) when (error.ErrorId is ShmErrorId.SegmentTruncated or ShmErrorId.NoSpace)
                    {
                    }
                }
            })).ToArray();
            Array.ForEach(threads, static thread => thread.Start());
            while (clock.ElapsedMilliseconds < 1000)
            {
                file.SetLength(0);
                file.SetLength(Size);
            }

            Array.ForEach(threads, static thread => thread.Join());
            rates.Add((FaultGuard.Absorbed - before) / clock.Elapsed.TotalSeconds);
        }

        File.Delete(path);
        rates.Sort();
        return (rates[rates.Count / 2], rates[0], rates[^1]);
    }

    private static ShmMapping Posix(out string path)
    {
        var name = $"/pssharedmemory-bench-guard-{Environment.ProcessId}";
        path = "/dev/shm" + name;
        File.Delete(path);
        return ShmMapping.Mount(PosixSegments.Create(name, new ShmCreateOptions { Size = Size }));
    }
}
