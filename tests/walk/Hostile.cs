using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;

namespace PSSharedMemory.Walk;

/// <summary>
/// What goes on beside the walk: another process and a thread that truncate, grow and remove objects whose name says
/// that they may, threads that read and write whatever is mounted, and one that collects garbage.
/// </summary>
internal sealed class Hostile : IDisposable
{
    /// <summary>A name with this in it is fair game.</summary>
    public const string Mark = "hostile-";

    // Its argument is the common beginning of the names; it ends with its input.
    private const string Peer = """
        use strict; use IO::Select; my $input = IO::Select->new(\*STDIN); srand($ARGV[1]);
        until ($input->can_read(0.0005)) {
            for my $file (glob "/dev/shm$ARGV[0]*") {
                my $dice = rand;
                if ($dice < 0.10) { unlink $file } elsif ($dice < 0.5) { truncate $file, int rand 4 * 4096 } elsif ($dice < 0.7) { truncate $file, 4096 * int rand 17 }
            }
        }
        """;

    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Thread> _threads = [];
    private readonly Process _process;
    private readonly Func<ShmMapping?> _pick;
    private Exception? _failure;
    private long _accesses;

    /// <param name="prefix">Of all names of the walk.</param>
    /// <param name="seed">Of the dice.</param>
    /// <param name="pick">Some mapping that may be read and written by anybody at any time.</param>
    public Hostile(string prefix, int seed, Func<ShmMapping?> pick)
    {
        _pick = pick;
        _process = Process.Start(
            new ProcessStartInfo("perl", ["-e", Peer, prefix + Mark, $"{seed}"]) { RedirectStandardInput = true })!;
        Start(() => Truncate(prefix + Mark, new Random(seed)));
        Start(() => Access(new Random(seed + 1)));
        Start(() => Access(new Random(seed + 2)));
        Start(static () =>
        {
            GC.Collect();
            Thread.Sleep(20);
        });
    }

    /// <summary>How many reads and writes the other threads have made.</summary>
    public long Accesses => Interlocked.Read(ref _accesses);

    public void ThrowIfFailed()
    {
        if (_failure is not null)
        {
            throw new PromiseBrokenException($"In another thread: {_failure}");
        }
    }

    public void Dispose()
    {
        if (_threads.Count == 0)
        {
            return;
        }

        _stopping.Cancel();
        _threads.ForEach(static thread => thread.Join());
        _threads.Clear();
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
        _stopping.Dispose();
    }

    private void Start(Action step)
    {
        var thread = new Thread(() =>
        {
            try
            {
                while (!_stopping.IsCancellationRequested)
                {
                    step();
                }
            }
            catch (Exception failure)
            {
                _failure = failure;
            }
        });
        thread.Start();
        _threads.Add(thread);
    }

    private static void Truncate(string prefix, Random random)
    {
        foreach (var file in Directory.GetFiles("/dev/shm", prefix[1..] + "*"))
        {
            // It may be gone: then there is nothing to do.
            _ = Kernel.truncate(file, random.Next(3) == 0 ? 0 : random.Next(17 * 4096));
        }

        Thread.Sleep(1);
    }

    private void Access(Random random)
    {
        var mapping = _pick();
        if (mapping is null)
        {
            Thread.Yield();
            return;
        }

        try
        {
            Interlocked.Increment(ref _accesses);
            var offset = random.NextInt64(Math.Max(1, mapping.Length));
            switch (random.Next(5))
            {
                case 0: _ = mapping.Reader.ReadInt32(offset); break;
                case 1: _ = mapping.Reader.ReadBytes(offset, random.Next(4 * 4096)); break;
                case 2: _ = mapping.Reader.ReadCString(offset, 5000); break;
                case 3: _ = mapping.Regions.Sum(static region => region.Length); break;
                default: mapping.Writer.WriteByte(offset, RandomWalk.HostileByte); break;
            }
        }
        catch (ShmException error) when (error.ErrorId is ShmErrorId.MappingDismounted or ShmErrorId.OutOfRange
            or ShmErrorId.PageNotMapped or ShmErrorId.PageProtected or ShmErrorId.SegmentTruncated
            or ShmErrorId.NoSpace)
        {
            // What may be said of a mapping that others change meanwhile.
        }
    }
}
