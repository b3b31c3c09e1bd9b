using System;
using System.Collections.Generic;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <content>What one process holds.</content>
internal sealed partial class ProcessScanner
{
    // Neither 0 nor -errno: a thread of the kernel, or a process that has ended. It holds nothing.
    private const int NoMemory = 1;

    private void Read(Worker worker, int processId)
    {
        var reader = worker.Reader;
        worker.Areas.Clear();
        var status = reader.Enter(processId);
        var thread = 0;
        ulong mount = 0;
        var devices = _devices;
        if (status >= 0 && !TryTakeAreasByQuery(worker, processId, ref devices, out mount))
        {
            status = TakeAreasByText(worker, processId, ref devices, out thread, out mount);
        }

        if (status < 0)
        {
            NoteFailure(status, processId);
            return;
        }

        Interlocked.Increment(ref _readCount);
        if (status == NoMemory)
        {
            return;
        }

        var ipc = ProcessIdentity.ReadNamespace(reader, thread, "ns/ipc\0"u8);
        if (ipc != 0 && ipc != _view.IpcNamespace)
        {
            _foreignIpc.Add(processId);
        }

        if (_request.Descriptors)
        {
            NoteFailure(TakeDescriptors(worker, devices, thread), processId);
        }

        if (worker.Areas.Count > 0)
        {
            Keep(worker, processId, thread, ipc, mount);
        }
    }

    /// <summary>A process that has ended holds nothing; one that may not be read may hold anything.</summary>
    /// <exception cref="ShmException">
    /// LimitReached: this process cannot read any process at all.
    /// </exception>
    private void NoteFailure(int status, int processId)
    {
        if (status >= 0 || ProcReader.IsGone(status))
        {
            return;
        }

        if ((Errno)(-status) is Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM)
        {
            throw NativeError.From(
                nameof(Libc.openat), -status, FormattableString.Invariant($"look into process {processId}"), processId);
        }

        _unreadable.Add(processId);
    }

    private bool Matters(ShmAreaKind kind, ulong device, ulong inode) =>
        _request.Filter is null || _request.Filter(kind, device, inode);

    private void Keep(Worker worker, int processId, int thread, ulong ipc, ulong mount)
    {
        var reader = worker.Reader;
        var process = ProcessIdentity.Read(reader, ipc, mount);
        if (process is null)
        {
            // It ended meanwhile, and what it held is released; or it could not be read, and may still run.
            NoteFailure(reader.ReadStat(out _), processId);
            return;
        }

        HashSet<(ulong, ulong)> asked = [];
        foreach (var area in worker.Areas)
        {
            area.Process = process;
            if (!area.IsMapped)
            {
                area.Access = AccessOf(reader, thread, area.Descriptor);
            }

            if (area.Facts is null && _request.Facts
                && area.Kind is ShmAreaKind.Posix or ShmAreaKind.MemFd or ShmAreaKind.Anonymous
                && _request.IsKnown?.Invoke(area.Kind, area.Device, area.Inode) != true
                && asked.Add((area.Device, area.Inode))
                && reader.StatMappedFile(area.Start, area.End, out var told) >= 0)
            {
                area.Facts = told;
            }
        }

        // Every .NET process has hundreds of areas of the memfd through which its runtime writes code. They are shown,
        // but alone they are not worth a walk through all its page tables.
        if (_request.Usage && worker.Areas.Exists(static found => !ShmDevices.IsRuntimeCode(found.Kind, found.Path)))
        {
            TakeUsage(reader, thread, worker.Areas);
        }

        _found.Add([.. worker.Areas]);
    }

    private static void TakeUsage(ProcReader reader, int thread, List<HeldArea> areas)
    {
        var mapped = areas.FindIndex(static area => !area.IsMapped);
        if (mapped < 0)
        {
            mapped = areas.Count;
        }

        if (mapped == 0)
        {
            return;
        }

        if (reader.Load(thread, "smaps\0"u8) < 0)
        {
            return;
        }

        // Both files are in the order of addresses; an area that came, went or was split in between is passed over.
        var text = reader.Text;
        var next = 0;
        while (next < mapped && SmapsUsage.TryRead(ref text, out var line, out var usage))
        {
            while (next < mapped && areas[next].Start < line.Start)
            {
                next++;
            }

            if (next < mapped && areas[next].Start == line.Start && areas[next].Inode == line.Inode
                && areas[next].End == line.End)
            {
                areas[next++].Usage = usage;
            }
        }
    }
}
