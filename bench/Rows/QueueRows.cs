using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Channels;

namespace PSSharedMemory.Benchmarks.Rows;

/// <summary>Queues and dictionaries: within a process, between processes, and through the pipeline.</summary>
internal static class QueueRows
{
    /// <summary>The argument that makes this program take part in a row.</summary>
    public const string PartnerArgument = "--queue";

    private const int MessageSize = 64;
    private const int Capacity = 1 << 20;

    public static IEnumerable<Row> All =>
    [
        new(
            "queue: put and get of 64 bytes on one thread",
            "System.Threading.Channels, bounded, with 64 bytes copied into a new array",
            2, false, InOneProcess),
        new(
            "queue: 64 bytes one way between two processes, busy",
            "the same over the same layout in C",
            1.5, false, PingPong),
        new(
            "queue: 64 bytes, 2 producers and 2 consumers, messages a second",
            "Python's multiprocessing.Queue",
            50, true, AgainstPython),
        new(
            "queue: 64 bytes, 2 producers and 2 consumers, messages per second",
            "a Unix socket (SOCK_SEQPACKET) in C",
            2, true, AgainstSocket),
        new(
            "Send-ShmMessage of numbers and text by pipeline",
            "50 µs each (20,000 a second)",
            1, false, () => Pipeline(sends: true)),
        new(
            "Receive-ShmMessage of numbers and text by pipeline",
            "50 µs each (20,000 a second)",
            1, false, () => Pipeline(sends: false)),
        new("dictionary: get and set of a number, core library", "1 µs", 1, false, Dictionary),
    ];

    private static string Name => $"/pssharedmemory-bench-queue-{Environment.ProcessId}";

    /// <summary>What the other processes do.</summary>
    public static void TakePart(string work, string name, int times)
    {
        var buffer = new byte[MessageSize];
        using var queue = ShmQueue.Open(PosixSegments.FromName(name));
        using var back = ShmQueue.Open(PosixSegments.FromName(name + "-back"));
        if (work == "pong")
        {
            StayOn(Environment.ProcessorCount > 1 ? 2 : 1);
            for (var i = 0; i < times; i++)
            {
                BusyGet(queue, buffer);
                back.Put(buffer);
            }

            return;
        }

        // Compiled before it counts.
        back.Put(buffer);
        back.Get(buffer, out _);
        Console.WriteLine("ready");
        Console.ReadLine();
        for (var i = 0; i < times; i++)
        {
            if (work == "produce")
            {
                queue.Put(buffer);
            }
            else
            {
                queue.Get(buffer, out _);
            }
        }

        Console.WriteLine("done");
    }

    private static Ratio InOneProcess()
    {
        const int Times = 300_000;
        return WithQueues((queue, unused) =>
        {
            var channel = Channel.CreateBounded<byte[]>(Capacity / MessageSize);
            var (message, buffer) = (new byte[MessageSize], new byte[MessageSize]);
            for (var warm = 0; warm < 5; warm++)
            {
                ThroughQueue();
                ThroughChannel();
                Thread.Sleep(100);
            }

            return SideBySide.Time(ThroughQueue, ThroughChannel, rounds: 21);

            void ThroughQueue()
            {
                for (var i = 0; i < Times; i++)
                {
                    queue.Put(message);
                    queue.TryGet(buffer, out _, out _);
                }
            }

            void ThroughChannel()
            {
                for (var i = 0; i < Times; i++)
                {
                    channel.Writer.TryWrite(message.AsSpan().ToArray());
                    channel.Reader.TryRead(out var got);
                    got.CopyTo(buffer.AsSpan());
                }
            }
        });
    }

    private static Ratio PingPong()
    {
        const int Times = 100_000;
        var program = Tool.Compile("queue.c");
        return WithQueues((there, back) => SideBySide.Measure(
            () => Play(there, back, Times),
            () => Seconds(Tool.Run(program, "pingpong", $"{Times}"))));
    }

    /// <summary>Another process, whose code is optimized at once: it does not live long enough to become so.</summary>
    private static Process Partner(string work, ShmQueue queue, int times)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [PartnerArgument, work, queue.Name!, $"{times}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["DOTNET_TieredCompilation"] = "0";
        return Process.Start(start)!;
    }

    private static double Play(ShmQueue there, ShmQueue back, int times)
    {
        const int Warm = 20_000;
        using var partner = Partner("pong", there, times + Warm);
        var processors = StayOn(1);
        try
        {
            Exchange(there, back, Warm);
            return SideBySide.Seconds(() => Exchange(there, back, times));
        }
        finally
        {
            StayOn(processors);
            partner.WaitForExit();
        }
    }

    private static void Exchange(ShmQueue there, ShmQueue back, int times)
    {
        var buffer = new byte[MessageSize];
        for (var i = 0; i < times; i++)
        {
            there.Put(buffer);
            BusyGet(back, buffer);
        }
    }

    private static void BusyGet(ShmQueue queue, byte[] buffer)
    {
        while (!queue.TryGet(buffer, out _, out _))
        {
        }
    }

    private static Ratio AgainstPython()
    {
        const int Times = 40_000;
        var python = Tool.Require("python3");
        var script = Path.Combine(AppContext.BaseDirectory, "peers", "queue_peers.py");
        return WithQueues((queue, _) => SideBySide.Measure(
            () => TwoAndTwo(queue), () => Seconds(Tool.Run(python, script, $"{Times}")) / Times, rounds: 7).Inverted);
    }

    private static Ratio AgainstSocket()
    {
        const int Times = 400_000;
        var program = Tool.Compile("queue.c");
        return WithQueues((queue, _) => SideBySide.Measure(
            () => TwoAndTwo(queue),
            () => Seconds(Tool.Run(program, "socket", $"{Times}")) / Times,
            rounds: 11).Inverted);
    }

    /// <summary>Seconds for a message.</summary>
    private static double TwoAndTwo(ShmQueue queue)
    {
        const int Times = 2_000_000;
        string[] works = ["produce", "produce", "consume", "consume"];
        var everybody = works.Select(work => Partner(work, queue, Times / 2)).ToArray();
        foreach (var partner in everybody)
        {
            partner.StandardOutput.ReadLine();
        }

        return SideBySide.Seconds(() =>
        {
            foreach (var partner in everybody)
            {
                partner.StandardInput.WriteLine();
                partner.StandardInput.Flush();
            }

            foreach (var partner in everybody)
            {
                if (partner.StandardOutput.ReadLine() != "done")
                {
                    throw new InvalidOperationException("A partner has failed.");
                }
            }
        }) / Times;
    }

    private static Ratio Pipeline(bool sends)
    {
        const int Times = 20_000;
        using var shell = new Shell();
        shell.Run($"$global:q = New-ShmQueue {Name} -Capacity 16MB");
        shell.Run($"$global:items = 1..{Times / 2} | ForEach-Object {{ $_; \"item $_\" }}");
        try
        {
            var send = shell.Prepared("$items | Send-ShmMessage $q");
            var receive = shell.Prepared($"$null = Receive-ShmMessage $q -Count {Times}");
            var (measured, other) = sends ? (send, receive) : (receive, send);
            return SideBySide.Measure(
                () =>
                {
                    if (!sends)
                    {
                        other();
                    }

                    var seconds = SideBySide.Seconds(measured);
                    if (sends)
                    {
                        other();
                    }

                    return seconds / Times;
                },
                () => 50e-6);
        }
        finally
        {
            shell.Run("$q.Segment | Remove-ShmSegment; $q.Dispose()");
        }
    }

    private static Ratio Dictionary()
    {
        const int Times = 200_000;
        var segment = PosixSegments.Create(Name, new ShmCreateOptions { Size = ShmDictionary.SegmentSize(Capacity) });
        try
        {
            using var dictionary = ShmDictionary.Create(segment);
            for (var i = 0; i < 100; i++)
            {
                const uint Number = (uint)ShmValueType.Int64;
                dictionary.Set(BitConverter.GetBytes((long)i), Number, new byte[sizeof(long)], Number);
            }

            return SideBySide.Measure(
                () => SideBySide.Seconds(() =>
                {
                    Span<byte> value = stackalloc byte[sizeof(long)];
                    for (var i = 0; i < Times; i++)
                    {
                        var old = dictionary.Find("jobs"u8, (uint)ShmValueType.Text);
                        BitConverter.TryWriteBytes(value, old is null ? 0 : BitConverter.ToInt64(old.Bytes) + 1);
                        dictionary.Set("jobs"u8, (uint)ShmValueType.Text, value, (uint)ShmValueType.Int64);
                    }
                }) / (2 * Times),
                () => 1e-6);
        }
        finally
        {
            ShmSegments.Remove(segment);
        }
    }

    private static Ratio WithQueues(Func<ShmQueue, ShmQueue, Ratio> measure)
    {
        var options = new ShmCreateOptions { Size = ShmQueue.SegmentSize(Capacity) };
        ShmSegment[] segments = [PosixSegments.Create(Name, options), PosixSegments.Create(Name + "-back", options)];
        try
        {
            using var there = ShmQueue.Create(segments[0]);
            using var back = ShmQueue.Create(segments[1]);
            return measure(there, back);
        }
        finally
        {
            Array.ForEach(segments, static segment => ShmSegments.Remove(segment));
        }
    }

    private static nint StayOn(nint processors)
    {
        using var process = Process.GetCurrentProcess();
        var before = process.ProcessorAffinity;
        process.ProcessorAffinity = processors;
        return before;
    }

    private static double Seconds(string printed) => double.Parse(printed, CultureInfo.InvariantCulture);
}
