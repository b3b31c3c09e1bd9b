using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Threading;

namespace PSSharedMemory.Walk;

/// <summary>
/// Kills processes at random moments of making, importing, exporting and resizing, and looks at what is left: nothing
/// half made under a final name, a valid snapshot at all times, no temporary file after the next export. Run by hand:
/// <c>dotnet run --project tests/walk -- killed 2000 7</c> (kills, seed).
/// </summary>
internal sealed class Killer
{
    private const long Small = 1 << 20;
    private const long Large = 9 << 20;
    private static readonly string[] Operations = ["new", "import", "export", "resize"];
    private static readonly string[] SourceNames = ["a", "b"];

    private readonly SortedDictionary<string, int> _counts = [];
    private readonly string _prefix = $"/pst-kill-{Environment.ProcessId}";
    private readonly string _folder = Directory.CreateTempSubdirectory("pst-kill-").FullName;
    private readonly Random _random;

    private Killer(int seed) => _random = new Random(seed);

    private string Snapshot => Path.Combine(_folder, "x.shm");

    /// <summary>Kills so many processes; what was seen.</summary>
    public static string Run(int kills, int seed)
    {
        var killer = new Killer(seed);
        try
        {
            killer.Prepare();
            for (var i = 0; i < kills; i++)
            {
                killer.KillOne(Operations[i % Operations.Length]);
            }

            return string.Join('\n', killer._counts.Select(static count => $"{count.Value,6}  {count.Key}"));
        }
        finally
        {
            killer.Sweep("");
            Directory.Delete(killer._folder, recursive: true);
        }
    }

    /// <summary>What a process does until it is killed: one operation after another.</summary>
    public static void Live(string operation, string prefix, string snapshotPath)
    {
        var sources = SourceNames.Select(one => PosixSegments.FromName($"{prefix}-source-{one}")).ToArray();
        var snapshot = ShmSegmentSnapshots.Read(snapshotPath);
        Action<int> act = operation switch
        {
            "new" => round => PosixSegments.Create(
                $"{prefix}-n{round}", new ShmCreateOptions { Size = Small, Mode = (UnixFileMode)0b110_100_000 }),
            "import" =>
                round => ShmSegmentSnapshots.Import(snapshot, new ShmRestoreOptions { Name = $"{prefix}-i{round}" }),
            "export" => round => ShmSegmentSnapshots.Export(sources[round % 2], snapshotPath, overwrite: true),
            _ => round => SegmentResize.Resize(PosixSegments.FromName($"{prefix}-r"), round % 2 == 0 ? Large : Small),
        };

        // Compiled by now; what is measured begins with the line.
        act(-2);
        foreach (var file in Directory.GetFiles("/dev/shm", $"{prefix[1..]}-?-2"))
        {
            File.Delete(file);
        }

        Console.WriteLine("ready");
        for (var round = 0; ; round++)
        {
            act(round);
            if (operation is "new" or "import")
            {
                File.Delete($"/dev/shm{prefix}-{operation[0]}{round}");
            }
        }
    }

    private static string Hash(string path) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)));

    private static void Require(bool isKept, string what)
    {
        if (!isKept)
        {
            throw new PromiseBrokenException(what);
        }
    }

    private void Prepare()
    {
        foreach (var one in new[] { "a", "b" })
        {
            var source = PosixSegments.Create($"{_prefix}-source-{one}", new ShmCreateOptions { Size = 3 * Small });
            using var mapping = ShmMapping.Mount(source);
            using var range = ShmRange.Of(mapping, 0, mapping.Length);
            range.Fill([1, 2, 3, (byte)one[0]], null, CancellationToken.None);
        }

        var resized = PosixSegments.Create($"{_prefix}-r", new ShmCreateOptions { Size = Small });
        using (var mapping = ShmMapping.Mount(resized))
        {
            using var range = ShmRange.Of(mapping, 0, mapping.Length);
            range.Fill([9, 8, 7], null, CancellationToken.None);
        }

        ShmSegmentSnapshots.Export(PosixSegments.FromName($"{_prefix}-source-a"), Snapshot);
    }

    private void KillOne(string operation)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (var argument in new[] { typeof(Killer).Assembly.Location, "live", operation, _prefix, Snapshot })
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        Require(process.StandardOutput.ReadLine() == "ready", $"the process of {operation} did not begin");

        // Some operations take a millisecond, some ten: any moment of them, and of what lies between.
        var clock = Stopwatch.StartNew();
        var until = _random.NextDouble() * (operation == "new" ? 8 : 40);
        while (clock.Elapsed.TotalMilliseconds < until)
        {
            Thread.Sleep(0);
        }

        process.Kill();
        process.WaitForExit();
        Count($"{operation}: kills");
        Check(operation);
    }

    private void Check(string operation)
    {
        foreach (var file in Directory.GetFiles("/dev/shm", $"{_prefix[1..]}-n*"))
        {
            Require(new FileInfo(file).Length == Small, $"{file} has {new FileInfo(file).Length} bytes");
            Require((int)File.GetUnixFileMode(file) == 0b110_100_000, $"{file} has another mode");
            Require(
                PosixSegments.FromName(file["/dev/shm".Length..]).Allocated == Small, $"{file} has not all its pages");
            Count("new: whole objects left");
        }

        var sums = SourceNames.Select(one => Hash($"/dev/shm{_prefix}-source-{one}")).ToArray();
        foreach (var file in Directory.GetFiles("/dev/shm", $"{_prefix[1..]}-i*"))
        {
            Require(sums.Contains(Hash(file)), $"{file} is not what was exported");
            Count("import: whole objects left");
        }

        if (operation == "resize")
        {
            CheckResized();
        }

        if (operation is "export" or "import")
        {
            CheckSnapshot(sums);
        }

        Sweep("-n");
        Sweep("-i");
        Require(Directory.GetFiles("/dev/shm", ".*").Length == 0, "a temporary name in /dev/shm");
    }

    private void CheckResized()
    {
        var file = $"/dev/shm{_prefix}-r";
        var bytes = File.ReadAllBytes(file);
        Require(bytes.Length is (int)Small or (int)Large, $"{file} has {bytes.Length} bytes");
        for (var i = 0; i < bytes.Length; i++)
        {
            Require(bytes[i] == (i < Small ? 9 - (i % 3) : 0), $"byte {i} of {file} is {bytes[i]}");
        }

        // What was reserved before the kill is not taken back by anybody; the next resize uses it or cuts it off.
        if (PosixSegments.FromName($"{_prefix}-r").Allocated > bytes.Length)
        {
            Count("resize: pages reserved beyond the end");
        }

        SegmentResize.Resize(PosixSegments.FromName($"{_prefix}-r"), Small / 2);
        SegmentResize.Resize(PosixSegments.FromName($"{_prefix}-r"), Small);
        Require(PosixSegments.FromName($"{_prefix}-r").Allocated == Small, $"{file} keeps pages beyond its end");
        using var mapping = ShmMapping.Mount(PosixSegments.FromName($"{_prefix}-r"));
        using var range = ShmRange.Of(mapping, 0, mapping.Length);
        range.Fill([9, 8, 7], null, CancellationToken.None);
    }

    private void CheckSnapshot(string[] sums)
    {
        ShmSegmentSnapshots.Import(
            ShmSegmentSnapshots.Read(Snapshot), new ShmRestoreOptions { Name = $"{_prefix}-check" });
        Require(sums.Contains(Hash($"/dev/shm{_prefix}-check")), "the snapshot is another");
        File.Delete($"/dev/shm{_prefix}-check");
        var left = Directory.GetFiles(
            _folder, "*.partial", new EnumerationOptions { AttributesToSkip = FileAttributes.None });
        if (left.Length > 0)
        {
            Count($"export: {left.Length} temporary files left until the next");
        }

        ShmSegmentSnapshots.Export(PosixSegments.FromName($"{_prefix}-source-a"), Snapshot, overwrite: true);
        var files = Directory.GetFiles(_folder, "*", new EnumerationOptions { AttributesToSkip = FileAttributes.None });
        Require(files.Length == 2, $"after the next export there are {string.Join(' ', files)}");
    }

    private void Sweep(string what)
    {
        foreach (var file in Directory.GetFiles("/dev/shm", $"{_prefix[1..]}{what}*"))
        {
            File.Delete(file);
        }
    }

    private void Count(string what) => _counts[what] = _counts.GetValueOrDefault(what) + 1;
}
