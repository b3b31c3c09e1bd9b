using System;
using System.Collections.Generic;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <content>What one process holds.</content>
internal sealed partial class ProcessScanner
{
    private void Read(Worker worker, int processId)
    {
        var reader = worker.Reader;
        var thread = 0;
        var devices = _devices;
        var status = reader.Enter(processId);
        var isTaken = TryTakeAreasByQuery(worker, processId, ref devices, out var mount);
        if (status >= 0 && !isTaken)
        {
            status = LoadMapsOfProcess(worker, out thread);
        }

        if (status < 0)
        {
            NoteFailure(status, processId);
            return;
        }

        Interlocked.Increment(ref _readCount);
        if (!isTaken)
        {
            if (reader.Text.IsEmpty)
            {
                return;
            }

            TakeAreasByText(worker, processId, thread, ref devices, out mount);
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

    private static int LoadMapsOfProcess(Worker worker, out int thread)
    {
        thread = 0;
        var status = worker.Reader.Load("maps\0"u8);
        return status >= 0 && worker.Reader.Text.IsEmpty ? LoadMapsOfLivingThread(worker, out thread) : status;
    }

    // The areas go by device, and which devices are /dev/shm depends on the mount namespace: that comes first, but
    // reading it overwrites the text. So the areas are taken by all devices that are known so far.
    private void TakeAreasByText(
        Worker worker, int processId, int thread, ref ShmDevices devices, out ulong mount)
    {
        var reader = worker.Reader;
        worker.Areas.Clear();
        TakeAreas(worker, devices);
        mount = ProcessIdentity.ReadNamespace(reader, thread, "ns/mnt\0"u8);
        devices = NoteMount(reader, processId, mount);
        if (!ReferenceEquals(devices, _devices) && LoadMaps(reader, thread) >= 0)
        {
            worker.Areas.Clear();
            TakeAreas(worker, devices);
        }
    }

    /// <summary>A process that has ended holds nothing; one that may not be read may hold anything.</summary>
    /// <exception cref="ShmException">
    /// LimitReached: this process can't read any process at all.
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

    private static int LoadMaps(ProcReader reader, int thread) =>
        thread == 0 ? reader.Load("maps\0"u8) : reader.LoadOfThread(thread, "maps\0"u8);

    // No text: a kernel thread, a zombie, or a process whose main thread has ended while others run. Only the last
    // still has memory, which is found through one of its threads.
    private static int LoadMapsOfLivingThread(Worker worker, out int thread)
    {
        thread = 0;
        var reader = worker.Reader;
        if (reader.Load("stat\0"u8) < 0
            || !ProcessStatLine.TryParse(reader.Text, out var stat)
            || stat.State != 'Z'
            || stat.ThreadCount < 2)
        {
            return reader.Load("/dev/null\0"u8);
        }

        worker.Numbers.Clear();
        var status = reader.ListThreads(worker.Numbers);
        foreach (var candidate in worker.Numbers)
        {
            status = reader.LoadOfThread(candidate, "maps\0"u8);
            if (status < 0 || reader.Text.IsEmpty)
            {
                continue;
            }

            thread = candidate;
            return 0;
        }

        return status;
    }

    private ShmDevices DevicesOf(ProcReader reader, ulong mountNamespace)
    {
        if (_devicesOf.TryGetValue(mountNamespace, out var known))
        {
            return known;
        }

        HashSet<ulong> others = [.. _devices.OtherPosix];
        if (reader.Load("mountinfo\0"u8) >= 0)
        {
            ShmDevices.AddSharedMemoryMounts(reader.Text, others);
        }

        others.Remove(_devices.Posix);
        var devices = others.SetEquals(_devices.OtherPosix) ? _devices : _devices with { OtherPosix = others };
        return _devicesOf.GetOrAdd(mountNamespace, devices);
    }

    private void TakeAreas(Worker worker, ShmDevices devices)
    {
        var text = worker.Reader.Text;
        while (MapsLine.TryRead(ref text, out var line))
        {
            var kind = devices.Classify(line.Device, line.Path, line.IsShared);
            if (kind == ShmAreaKind.None || !Matters(kind, line.Device, line.Inode))
            {
                continue;
            }

            worker.Areas.Add(HeldArea.OfLine(kind, line, line.Path.ToArray()));
        }
    }

    private int TakeDescriptors(Worker worker, ShmDevices devices, int thread)
    {
        var reader = worker.Reader;
        var mapped = worker.Areas.Count;
        worker.Numbers.Clear();
        var status = reader.ListDescriptors(thread, worker.Numbers);
        foreach (var descriptor in worker.Numbers)
        {
            // Sockets, pipes and the like have no path. What is left is asked for its device, never by its text.
            if (reader.ReadDescriptorLink(thread, descriptor) < 0 || reader.Text is not [(byte)'/', ..])
            {
                continue;
            }

            if (reader.StatDescriptor(thread, descriptor, out var facts) < 0)
            {
                continue;
            }

            var kind = devices.Classify(facts.Device, reader.Text, isShared: true);
            // A listing of /dev/shm holds the folder open, no segment.
            if (kind == ShmAreaKind.None || !Matters(kind, facts.Device, facts.Inode) || facts.IsDirectory)
            {
                continue;
            }

            if (IsMapped(worker.Areas, mapped, kind, facts, descriptor))
            {
                continue;
            }

            worker.Areas.Add(new HeldArea
            {
                Kind = kind,
                Device = facts.Device,
                Inode = facts.Inode,
                Path = reader.Text.ToArray(),
                Descriptor = descriptor,
                Facts = facts,
            });
        }

        return status;
    }

    private static bool IsMapped(List<HeldArea> areas, int mapped, ShmAreaKind kind, FileFacts facts, int descriptor)
    {
        var isMapped = false;
        for (var i = 0; i < mapped; i++)
        {
            if (areas[i].Kind == kind && areas[i].Inode == facts.Inode && areas[i].Device == facts.Device)
            {
                // One object has one size: what the descriptor tells of it holds for the area too.
                areas[i].Facts = facts;
                areas[i].Descriptor = areas[i].Descriptor < 0 ? descriptor : areas[i].Descriptor;
                isMapped = true;
            }
        }

        return isMapped;
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
            NoteFailure(reader.Load("stat\0"u8), processId);
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

    // The last two bits of the flags in fdinfo: O_RDONLY 0, O_WRONLY 1, O_RDWR 2.
    private static AreaAccess AccessOf(ProcReader reader, int thread, int descriptor)
    {
        if (reader.LoadDescriptorInfo(thread, descriptor) < 0)
        {
            return AreaAccess.None;
        }

        var text = reader.Text;
        while (ProcText.TryReadLine(ref text, out var line))
        {
            if (!line.StartsWith("flags:"u8) || line.Length < 8)
            {
                continue;
            }

            return (line[^1] & 3) switch
            {
                0 => AreaAccess.Read,
                1 => AreaAccess.Write,
                _ => AreaAccess.Read | AreaAccess.Write,
            };
        }

        return AreaAccess.None;
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

        var status = thread == 0 ? reader.Load("smaps\0"u8) : reader.LoadOfThread(thread, "smaps\0"u8);
        if (status < 0)
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
