using System;
using System.Collections.Generic;
using System.IO;

namespace PSSharedMemory.Benchmarks.Rows;

/// <summary>Listings of a host with thousands of segments, and who holds them.</summary>
internal static class ListingRows
{
    private const int Segments = 4000;
    private const int Processes = 300;

    private static readonly string Prefix = $"pssharedmemory-bench-{Environment.ProcessId}-";

    public static IEnumerable<Row> All =>
    [
        new("list 4,000 System V segments, Get-ShmSegment", "`ipcs -m` as a process", 0.5, false, SysV),
        new("list 4,000 POSIX segments, Get-ShmSegment", "`ls -l /dev/shm` as a process", 0.5, false, Posix),
        new(
            "attribute all segments, 300 processes, Get-ShmAttachment", "`lsof /dev/shm` as a process", 0.5, false,
            Attribution),
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

    private static Ratio Attribution()
    {
        const string Holders = """
            $| = 1;
            for (1 .. $ARGV[0]) { if (!fork) { open(F, "+<", "/dev/shm/$ARGV[1]" . ($_ % 10)); <STDIN>; exit } }
            print "ready\n"; <STDIN>; kill 15, -$$;
            """;
        var lsof = Tool.Require("lsof");
        MakeObjects(10);
        using var holders = Tool.Start(Tool.Require("perl"), "-e", Holders, $"{Processes}", Prefix);
        try
        {
            holders.StandardOutput.ReadLine();
            using var shell = new Shell();
            return SideBySide.Time(shell.Prepared("$null = Get-ShmAttachment"), () => Tool.RunAnyway(lsof, "/dev/shm"));
        }
        finally
        {
            holders.Kill(entireProcessTree: true);
            holders.WaitForExit();
            RemoveObjects();
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
