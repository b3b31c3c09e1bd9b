using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;

namespace PSSharedMemory.Benchmarks.Rows;

/// <summary>Atomics, locks and waits in the core library against the same in C.</summary>
internal static class SyncRows
{
    /// <summary>The argument that makes this program the partner of a ping-pong.</summary>
    public const string PartnerArgument = "--pong";

    private const int Ping = 1;
    private const int Pong = 0;

    public static IEnumerable<Row> All =>
    [
        new("atomic add, core library", "atomic_fetch_add in C", 1.3, false, () => AgainstC("add", 2_000_000, Add)),
        new(
            "mutex lock and unlock, core library", "pthread_mutex_lock and _unlock in C", 2, false,
            () => AgainstC("mutex", 500_000, LockAndUnlock)),
        new(
            "ping-pong between two processes, System V, core library", "the same with futex in C", 1.3, false,
            () => PingPong(SysVSegments.CreatePrivate(OnePage))),
        new(
            "ping-pong between two processes, POSIX, core library", "the same with futex in C", 1.3, false,
            () => PingPong(PosixSegments.Create(Name, OnePage))),
    ];

    private static string Name => $"/pssharedmemory-bench-{Environment.ProcessId}";

    private static ShmCreateOptions OnePage => new() { Size = 4096 };

    /// <summary>The other process of the ping-pong.</summary>
    public static void Answer(string segment, int times)
    {
        StayOn(Environment.ProcessorCount > 1 ? 2 : 1);
        using var mapping = ShmMapping.Mount(
            segment[0] == '/'
                ? PosixSegments.FromName(segment)
                : SysVSegments.FromId(int.Parse(segment, CultureInfo.InvariantCulture)));
        for (var i = 0; i < times; i++)
        {
            ShmWait.Wait(mapping, 0, ShmCondition.Equal, Ping);
            Put(mapping, Pong);
        }
    }

    private static Ratio AgainstC(string work, int times, Action<ShmMapping, int> subject)
    {
        var program = Tool.Compile("sync.c");
        using var mapping = Private();
        return SideBySide.Measure(
            () => SideBySide.Seconds(() => subject(mapping, times)),
            () => double.Parse(Tool.Run(program, work, $"{times}"), CultureInfo.InvariantCulture));
    }

    private static void Add(ShmMapping mapping, int times)
    {
        for (var i = 0; i < times; i++)
        {
            ShmAtomics.Add(mapping, 0, 1);
        }
    }

    private static void LockAndUnlock(ShmMapping mapping, int times)
    {
        var mutex = ShmMutex.Create(mapping, 64);
        for (var i = 0; i < times; i++)
        {
            mutex.Lock();
            mutex.Unlock();
        }
    }

    private static Ratio PingPong(ShmSegment segment)
    {
        const int Times = 10_000;
        var program = Tool.Compile("sync.c");
        try
        {
            using var mapping = ShmMapping.Mount(segment);
            return SideBySide.Measure(
                () => Play(mapping, segment.Name ?? $"{segment.Id}", Times),
                () => double.Parse(Tool.Run(program, "pingpong", $"{Times}"), CultureInfo.InvariantCulture),
                rounds: 31);
        }
        finally
        {
            ShmSegments.Remove(segment);
        }
    }

    /// <summary>
    /// Two who wake each other on one processor take a third of the time of two on two, and where they run is chance:
    /// both here and in C each has a processor of its own. Takes a mask of processors, returns the one before.
    /// </summary>
    private static nint StayOn(nint processors)
    {
        using var process = Process.GetCurrentProcess();
        var before = process.ProcessorAffinity;
        process.ProcessorAffinity = processors;
        return before;
    }

    private static double Play(ShmMapping mapping, string segment, int times)
    {
        const int Warm = 2_000;
        using var partner = Process.Start(Environment.ProcessPath!, [PartnerArgument, segment, $"{times + Warm}"]);
        var processors = StayOn(1);
        try
        {
            Exchange(mapping, Warm);
            return SideBySide.Seconds(() => Exchange(mapping, times));
        }
        finally
        {
            StayOn(processors);
            partner.WaitForExit();
        }
    }

    private static void Exchange(ShmMapping mapping, int times)
    {
        for (var i = 0; i < times; i++)
        {
            Put(mapping, Ping);
            ShmWait.Wait(mapping, 0, ShmCondition.Equal, Pong);
        }
    }

    private static void Put(ShmMapping mapping, int value)
    {
        ShmAtomics.Exchange(mapping, 0, value);
        ShmAtomics.Wake(mapping, 0, 1);
    }

    private static ShmMapping Private()
    {
        var segment = SysVSegments.CreatePrivate(OnePage);
        var mapping = ShmMapping.Mount(segment);
        ShmSegments.Remove(segment);
        return mapping;
    }
}
