using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>A system call on a System V segment of this IPC namespace that has succeeded.</summary>
/// <param name="Kind">Made: a call that would have made the segment if it was not there.</param>
/// <param name="Id">The segment's.</param>
/// <param name="ProcessId">Who called.</param>
/// <param name="Name">Its name as the kernel told it; null where it was not.</param>
/// <param name="Time">When, in nanoseconds of CLOCK_MONOTONIC.</param>
internal sealed record SysVCall(ShmEventKind Kind, int Id, int ProcessId, string? Name, ulong Time)
{
    /// <summary>How long ago it was.</summary>
    public TimeSpan Age => TimeSpan.FromMilliseconds((SysVCalls.Now - Time) / 1e6);
}

/// <summary>
/// The calls of shmget, shmat and shmctl(IPC_RMID), by the kernel's tracepoints through perf_event_open(2). Calls of
/// 32-bit programs pass no tracepoint.
/// </summary>
internal sealed class SysVCalls : IDisposable
{
    private const string Online = "/sys/devices/system/cpu/online";

    // Rings are read one after the other. What is younger than this when that begins waits for the next time, so that
    // all is taken in the order in which it happened.
    private const ulong Settling = 1_000_000;

    private readonly List<KernelRing> _rings = [];
    private readonly Dictionary<ushort, Place> _places = [];
    private readonly Dictionary<int, Begun> _begun = [];
    private readonly ulong _ownNamespace = IpcNamespace.Own.Inode;
    private List<KernelRecord> _records = [];
    private TracedProcesses _processes = null!;

    private enum Call
    {
        Get,
        Attach,
        Control,
    }

    // What a tracepoint stands for, and where its numbers are.
    private readonly record struct Place(Call Call, bool IsExit, int First, int Second);

    private readonly record struct Begun(Call Call, long First, long Second);

    /// <summary>What has something to read when something happened.</summary>
    public IEnumerable<DescriptorHandle> Descriptors => _rings.Select(static ring => ring.Descriptor);

    /// <summary>CLOCK_MONOTONIC, of which .NET's stopwatch is made on Linux, in nanoseconds.</summary>
    public static ulong Now => (ulong)(Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency));

    /// <summary>Whether something waits to be taken at the next look, which should be soon.</summary>
    public bool IsSettling => _records.Count > 0;

    /// <summary>Begins; null where this user may not, or the kernel has no such tracepoints.</summary>
    public static SysVCalls? TryStart()
    {
        using var files = TracingFiles.TryOpen();
        if (files is null)
        {
            return null;
        }

        var calls = new SysVCalls();
        if (calls._ownNamespace != 0 && calls.TryOpen(files))
        {
            calls._processes = new TracedProcesses();
            return calls;
        }

        calls.Dispose();
        return null;
    }

    /// <summary>Adds the calls that there are; whether some are lost.</summary>
    public bool Read(List<SysVCall> calls)
    {
        var settled = Now - Settling;
        var isLost = false;
        foreach (var ring in _rings)
        {
            isLost |= ring.Read(_records);
        }

        List<KernelRecord> later = [];
        foreach (var record in _records.OrderBy(static record => record.Time))
        {
            if (record.Time > settled)
            {
                later.Add(record);
            }
            else if (record.Type == Libc.PERF_RECORD_SAMPLE)
            {
                Take(record, calls);
            }
            else
            {
                _processes.Take(record);
            }
        }

        _records = later;
        if (isLost)
        {
            // Their ends may be among what is lost.
            _begun.Clear();
        }

        return isLost;
    }

    /// <summary>
    /// Ends it, in a thread of its own: the kernel waits at each of many descriptors until no processor is in its
    /// tracepoint, which makes a second on a large machine. Whoever presses Ctrl+C has not to wait for that.
    /// </summary>
    public void Dispose()
    {
        KernelRing[] rings = [.. _rings];
        _rings.Clear();
        if (rings.Length > 0)
        {
            new Thread(() => Array.ForEach(rings, static ring => ring.Dispose()))
            {
                IsBackground = true,
                Name = "PSSharedMemory tracepoints",
            }.Start();
        }
    }

    private bool TryOpen(TracingFiles files)
    {
        List<(Tracepoint Point, string? Filter)> points = [];
        if (!Find("sys_enter_shmget", Call.Get, false, "key", "shmflg")
            || !Find("sys_exit_shmget", Call.Get, true, "ret")
            || !Find("sys_enter_shmat", Call.Attach, false, "shmid")
            || !Find("sys_exit_shmat", Call.Attach, true, "ret")
            || !Find("sys_enter_shmctl", Call.Control, false, "shmid", filter: "cmd == 0")
            || !Find("sys_exit_shmctl", Call.Control, true, "ret"))
        {
            return false;
        }

        foreach (var processor in ProcessorsOf(new HostFiles().Read(Online) ?? "0"))
        {
            if (KernelRing.TryOpen(processor) is not { } ring)
            {
                return false;
            }

            _rings.Add(ring);
            if (!points.TrueForAll(point => ring.TryAdd(point.Point, point.Filter)))
            {
                return false;
            }
        }

        return _rings.Count > 0;

        bool Find(
            string name, Call call, bool isExit, string first, string? second = null, string? filter = null)
        {
            if (Tracepoint.TryRead(files, name) is not { } point || point.OffsetOf(first) is not { } offset
                || (second is null ? offset : point.OffsetOf(second)) is not { } other)
            {
                return false;
            }

            _places[point.Id] = new Place(call, isExit, offset, other);
            points.Add((point, filter));
            return true;
        }
    }

    // "0-3,6": cpu list format of the kernel.
    private static IEnumerable<int> ProcessorsOf(string list)
    {
        foreach (var part in list.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = part.Split('-');
            if (int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                && int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last))
            {
                for (var processor = first; processor <= last; processor++)
                {
                    yield return processor;
                }
            }
        }
    }

    // { u32 process, thread; u64 time; u32 size; the tracepoint's own bytes, of which the first two are its number }
    private void Take(KernelRecord record, List<SysVCall> calls)
    {
        const int Raw = 20;
        var body = record.Body;
        if (body.Length < Raw + 2 || !_places.TryGetValue(BitConverter.ToUInt16(body, Raw), out var place)
            || body.Length < Raw + Math.Max(place.First, place.Second) + 8)
        {
            return;
        }

        var processId = BitConverter.ToInt32(body, 0);
        var threadId = BitConverter.ToInt32(body, 4);
        var first = BitConverter.ToInt64(body, Raw + place.First);
        if (!place.IsExit)
        {
            _begun[threadId] = new Begun(place.Call, first, BitConverter.ToInt64(body, Raw + place.Second));
            return;
        }

        // Addresses and ids are positive, errors small and negative. A process without an id here, and one in another
        // namespace, has other segments.
        if (!_begun.Remove(threadId, out var begun) || begun.Call != place.Call || first is < 0 and > -4096
            || processId <= 0 || _processes.IpcNamespaceOf(processId, threadId) != _ownNamespace)
        {
            return;
        }

        if (begun.Call != Call.Get)
        {
            Add(begun.Call == Call.Attach ? ShmEventKind.Opened : ShmEventKind.Removed, (int)begun.First);
        }
        else if ((int)begun.First == Libc.IPC_PRIVATE || ((int)begun.Second & Libc.IPC_CREAT) != 0)
        {
            Add(ShmEventKind.Made, (int)first);
        }

        void Add(ShmEventKind kind, int id) =>
            calls.Add(new SysVCall(kind, id, processId, _processes.NameOf(processId), record.Time));
    }
}
