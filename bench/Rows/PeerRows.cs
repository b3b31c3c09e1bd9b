using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;

namespace PSSharedMemory.Benchmarks.Rows;

/// <summary>Against other programs that do the same, each telling its own time.</summary>
internal static class PeerRows
{
    public static IEnumerable<Row> All =>
    [
        new(
            "Import-Module in a fresh pwsh", "an empty binary module", 1.3, false, () => Import(Shell.EmptyModule)),
        new(
            "Import-Module in a fresh pwsh, both with a manifest", "an empty binary module with one", 1.3, false,
            () => Import(Path.ChangeExtension(Shell.EmptyModule, ".psd1"))),
        new(
            "mount, read 1 KiB, dismount, core library", "Python's multiprocessing.shared_memory doing the same", 1,
            false, Python),
    ];

    private static Ratio Import(string reference)
    {
        var pwsh = Tool.Require("pwsh");
        var script = Path.Combine(AppContext.BaseDirectory, "peers", "import.ps1");
        return SideBySide.Measure(
            () => Seconds(Tool.Run(pwsh, "-NoProfile", "-File", script, Repository.StagedModule)),
            () => Seconds(Tool.Run(pwsh, "-NoProfile", "-File", script, reference)));
    }

    private static Ratio Python()
    {
        const int Times = 20_000;
        var python = Tool.Require("python3");
        var name = $"pssharedmemory-bench-{Environment.ProcessId}";
        var segment = PosixSegments.Create("/" + name, new ShmCreateOptions { Size = 4096 });
        var buffer = new byte[1024];
        try
        {
            return SideBySide.Measure(
                () => SideBySide.Seconds(() =>
                {
                    for (var i = 0; i < Times; i++)
                    {
                        using var mapping = ShmMapping.Mount(PosixSegments.FromName("/" + name));
                        mapping.Reader.ReadBytes(0, buffer.AsSpan());
                    }
                }),
                () => Seconds(Tool.Run(
                    python, Path.Combine(AppContext.BaseDirectory, "peers", "shared_memory.py"), name, $"{Times}")));
        }
        finally
        {
            ShmSegments.Remove(segment);
        }
    }

    private static double Seconds(string printed) => double.Parse(printed.Trim(), CultureInfo.InvariantCulture);
}
