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
        new("atomic add, core library", "atomic_fetch_add in C", 1.2, false, () => AgainstC("add", 2_000_000, Add)),
        new("mutex lock and unlock, core library", "pthread_mutex_lock and _unlock in C", 1.5, false, () => AgainstC("mutex", 500_000, LockAndUnlock)),
        new("ping-pong between two processes, core library", "the same with futex in C", 1.3, false, PingPong),
    ];

    /// <summary>The other process of the ping-pong.</summary>
    public static void Answer(string name, int times)
    {
        using var mapping = ShmMapping.Mount(PosixSegments.FromName(name));
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

    private static Ratio PingPong()
    {
        const int Times = 20_000;
        var program = Tool.Compile("sync.c");
        var name = $"/pssharedmemory-bench-{Environment.ProcessId}";
        var segment = PosixSegments.Create(name, new ShmCreateOptions { Size = 4096 });
        try
        {
            using var mapping = ShmMapping.Mount(segment);
            return SideBySide.Measure(
                () => Play(mapping, name, Times),
                () => double.Parse(Tool.Run(program, "pingpong", $"{Times}"), CultureInfo.InvariantCulture),
                rounds: 7);
        }
        finally
        {
            ShmSegments.Remove(segment);
        }
    }

    private static double Play(ShmMapping mapping, string name, int times)
    {
        const int Warm = 2_000;
        using var partner = Process.Start(Environment.ProcessPath!, PartnerArguments(name, times + Warm));
        Exchange(mapping, Warm);
        var seconds = SideBySide.Seconds(() => Exchange(mapping, times));
        partner.WaitForExit();
        return seconds;
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

    private static string[] PartnerArguments(string name, int times) => [PartnerArgument, name, $"{times}"];

    private static ShmMapping Private()
    {
        var segment = SysVSegments.CreatePrivate(new ShmCreateOptions { Size = 4096 });
        var mapping = ShmMapping.Mount(segment);
        ShmSegments.Remove(segment);
        return mapping;
    }
}
