using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.ExceptionServices;
using System.Threading;
using System.Threading.Tasks;

namespace PSSharedMemory;

/// <summary>
/// Reads the maps and descriptors of processes and keeps what is shared memory. All processors take part; each has a
/// reader of its own. Details (smaps, stat) are read only for what is kept.
/// </summary>
internal sealed partial class ProcessScanner
{
    private readonly ProcessScanRequest _request;
    private readonly ShmDevices _devices;
    private readonly ProcessView _view;
    private readonly ConcurrentBag<List<HeldArea>> _found = [];
    private readonly ConcurrentBag<int> _unreadable = [];
    private readonly ConcurrentBag<int> _foreignIpc = [];
    private readonly ConcurrentBag<int> _foreignMount = [];
    private readonly ConcurrentDictionary<ulong, ShmDevices> _devicesOf = new();
    private int _readCount;

    private ProcessScanner(ProcessScanRequest request, ShmDevices devices, ProcessView view)
    {
        _request = request;
        _devices = devices;
        _view = view;
    }

    /// <summary>Runs the pass.</summary>
    /// <exception cref="OperationCanceledException">
    /// It was cancelled; this takes no longer than one process does.
    /// </exception>
    public static ProcessScan Run(
        ProcessScanRequest request, ShmScanProgress? progress = null, CancellationToken cancel = default)
    {
        using var reader = new ProcReader();
        var view = ProcessView.Read(reader);
        var scanner = new ProcessScanner(request, ShmDevices.Read(reader).With(request.PosixDevices), view);
        var ids = request.ProcessIds ?? reader.ListProcesses();
        if (progress is not null)
        {
            progress.Total = ids.Count;
        }

        var workers = Math.Min(Environment.ProcessorCount, 8);
        if (ids.Count < 4 * workers)
        {
            var worker = new Worker(reader);
            foreach (var id in ids)
            {
                cancel.ThrowIfCancellationRequested();
                scanner.Read(worker, id);
                progress?.Count();
            }
        }
        else
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = workers, CancellationToken = cancel };
            try
            {
                Parallel.For(
                    0,
                    ids.Count,
                    options,
                    () => new Worker(new ProcReader()),
                    (i, _, worker) =>
                    {
                        scanner.Read(worker, ids[i]);
                        progress?.Count();
                        return worker;
                    },
                    worker => worker.Reader.Dispose());
            }
            catch (AggregateException error) when (error.InnerException is ShmException first)
            {
                ExceptionDispatchInfo.Throw(first);
            }
        }

        return scanner.Finish();
    }

    private ProcessScan Finish()
    {
        List<HeldArea> areas = [];
        foreach (var some in _found)
        {
            areas.AddRange(some);
        }

        // By process; what is mapped by address, and behind it what is only open by descriptor.
        areas.Sort(static (a, b) => (a.Process.Id, !a.IsMapped, a.Start, a.Descriptor)
            .CompareTo((b.Process.Id, !b.IsMapped, b.Start, b.Descriptor)));
        return new ProcessScan
        {
            Areas = areas,
            ReadCount = _readCount,
            UnreadableProcessIds = Sorted(_unreadable),
            ForeignIpcProcessIds = Sorted(_foreignIpc),
            ForeignMountProcessIds = Sorted(_foreignMount),
            View = _view,
            Devices = _devices,
        };
    }

    // One process may have been noted twice.
    private static int[] Sorted(ConcurrentBag<int> ids) => [.. ids.Distinct().Order()];

    private sealed record Worker(ProcReader Reader)
    {
        public List<int> Numbers { get; } = new(64);

        public MapsQuery Maps { get; } = new();

        public List<HeldArea> Areas { get; } = new(16);
    }
}
