using System;
using System.Collections.Generic;
using System.IO;

namespace PSSharedMemory.Benchmarks.Rows;

/// <summary>Listings of a host with thousands of segments, and who holds them.</summary>
internal static class ListingRows
{
    private const int Segments = 4000;

    // Few and many; each process has eight objects mapped.
    private const int FewProcesses = 500;
    private const int ManyProcesses = 4000;
    private const int ObjectsOfEach = 8;
    private const int Rounds = 5;

    private static readonly string Prefix = $"pssharedmemory-bench-{Environment.ProcessId}-";

    public static IEnumerable<Row> All =>
    [
        new("list 4,000 System V segments, Get-ShmSegment", "`ipcs -m` as a process", 0.5, false, SysV),
        new("list 4,000 POSIX segments, Get-ShmSegment", "`ls -l /dev/shm` as a process", 0.5, false, Posix),
        new(
            "all attachments, 500 processes with 4,000 segments, Get-ShmAttachment", "`lsof /dev/shm` as a process",
            0.4,
            false, static () => Attribution(FewProcesses)),
        new(
            "all attachments, 4,000 processes with 32,000 segments, Get-ShmAttachment", "`lsof /dev/shm` as a process",
            0.4,
            false, static () => Attribution(ManyProcesses)),
        new(
            "all attachments, 4,000 processes with 32,000 segments, Get-ShmAttachment", "the same of an eighth", 8,
            false,
            Growth),
    ];

    private static Ratio SysV()
    {
        var made = new List<ShmSegment>();
        try
        {
            for (var i = 0; i < Segments; i++)
            {
                made.Add(SysVSegments.CreatePrivate(new ShmCreateOptions { Size = 4096 }));
            }

            using var shell = new Shell();
            return SideBySide.Time(
                shell.Prepared("$null = Get-ShmSegment -Kind SysV"), () => Tool.Run(Tool.Require("ipcs"), "-m"));
        }
        finally
        {
            made.ForEach(ShmSegments.Remove);
        }
    }

    private static Ratio Posix()
    {
        try
        {
            MakeObjects(Segments);
            using var shell = new Shell();
            return SideBySide.Time(
                shell.Prepared("$null = Get-ShmSegment -Kind Posix"),
                () => Tool.Run(Tool.Require("ls"), "-l", "/dev/shm"));
        }
        finally
        {
            RemoveObjects();
        }
    }

    private static Ratio Attribution(int processes)
    {
        var lsof = Tool.Require("lsof");
        return WithHolders(
            processes, attach => SideBySide.Time(attach, () => Tool.RunAnyway(lsof, "/dev/shm"), Rounds));
    }

    // One after the other: side by side, each would see the processes of both.
    private static Ratio Growth()
    {
        var few = WithHolders(FewProcesses, Median);
        var many = WithHolders(ManyProcesses, Median);
        return new Ratio(many / few, many / few, many / few, many, few);

        static double Median(Action attach) => SideBySide.Time(attach, static () => { }, Rounds).Subject;
    }

    private static T WithHolders<T>(int processes, Func<Action, T> measure)
    {
        var program = Tool.Compile("holders.c");
        using var holders = Tool.Start(program, $"{processes}", $"{processes * ObjectsOfEach}", "/" + Prefix);
        try
        {
            if (holders.StandardOutput.ReadLine() != "ready")
            {
                throw new NotMeasurableException($"this host does not let {processes} processes start");
            }

            using var shell = new Shell();
            return measure(shell.Prepared("$null = Get-ShmAttachment 3>$null"));
        }
        finally
        {
            // It ends its children and removes its objects.
            holders.StandardInput.Close();
            holders.WaitForExit();
        }
    }

    private static void MakeObjects(int count)
    {
        for (var i = 0; i < count; i++)
        {
            File.WriteAllText($"/dev/shm/{Prefix}{i}", "x");
        }
    }

    private static void RemoveObjects()
    {
        foreach (var path in Directory.GetFiles("/dev/shm", Prefix + "*"))
        {
            File.Delete(path);
        }
    }
}
