using System.Collections.Generic;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <content>Areas, asked of the kernel one by one or, where it doesn't answer, by the text of maps.</content>
internal sealed partial class ProcessScanner
{
    /// <summary>
    /// Takes the areas of the process that the reader has entered. False where the text of maps has to be read: the
    /// kernel does not know the question, or the main thread has no memory any more.
    /// </summary>
    private bool TryTakeAreasByQuery(Worker worker, int processId, ref ShmDevices devices, out ulong mount)
    {
        mount = 0;
        if (!MapsQuery.IsKnown || _request.TextOnly)
        {
            return false;
        }

        var maps = worker.Maps;
        try
        {
            if (maps.Enter(worker.Reader) < 0)
            {
                return false;
            }

            var status = maps.Next(out var area);
            if (status is not (0 or -(int)Errno.ENOENT))
            {
                return false;
            }

            // The areas go by device, and which devices are /dev/shm depends on the mount namespace.
            mount = ProcessIdentity.ReadNamespace(worker.Reader, 0, "ns/mnt\0"u8);
            devices = NoteMount(worker.Reader, processId, mount);
            for (; status >= 0; status = maps.Next(out area))
            {
                Take(worker, devices, area);
            }

            return status == -(int)Errno.ENOENT;
        }
        finally
        {
            maps.Leave();
        }
    }

    /// <summary>
    /// The same by the text of maps. Which devices are /dev/shm depends on the mount namespace, and reading that
    /// overwrites the text: so the areas are taken by the devices known so far, and again where that was wrong. Returns
    /// 0, -errno, or <see cref="NoMemory"/>.
    /// </summary>
    private int TakeAreasByText(
        Worker worker, int processId, ref ShmDevices devices, out int thread, out ulong mount)
    {
        var reader = worker.Reader;
        mount = 0;
        var status = reader.LoadOfLivingThread("maps\0"u8, out thread);
        if (status < 0 || reader.Text.IsEmpty)
        {
            return status < 0 ? status : NoMemory;
        }

        TakeAreas(worker, devices);
        mount = ProcessIdentity.ReadNamespace(reader, thread, "ns/mnt\0"u8);
        devices = NoteMount(reader, processId, mount);
        if (!ReferenceEquals(devices, _devices) && reader.Load(thread, "maps\0"u8) >= 0)
        {
            TakeAreas(worker, devices);
        }

        return 0;
    }

    private void TakeAreas(Worker worker, ShmDevices devices)
    {
        worker.Areas.Clear();
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

    /// <summary>Notes a process of another mount namespace, and tells what /dev/shm is there.</summary>
    private ShmDevices NoteMount(ProcReader reader, int processId, ulong mount)
    {
        if (mount == 0 || mount == _view.MountNamespace)
        {
            return _devices;
        }

        _foreignMount.Add(processId);
        return DevicesOf(reader, mount);
    }

    private void Take(Worker worker, ShmDevices devices, in MapsLine area)
    {
        if (!devices.MayHold(area.Device))
        {
            return;
        }

        // Of what was listed already, the device and the inode say all.
        var isListed = area.Device == devices.Posix
            && _request.IsKnown?.Invoke(ShmAreaKind.Posix, area.Device, area.Inode) == true;
        var path = isListed ? [] : PathOf(worker, area);
        var kind = isListed ? ShmAreaKind.Posix : devices.Classify(area.Device, path, area.IsShared);
        if (kind == ShmAreaKind.None || !Matters(kind, area.Device, area.Inode))
        {
            return;
        }

        worker.Areas.Add(HeldArea.OfLine(kind, area, path));
    }

    // A runtime has hundreds of areas of one memfd, one behind the other.
    private static byte[] PathOf(Worker worker, in MapsLine area)
    {
        if (worker.Areas is [.., { Path.Length: > 0 } last] && last.Inode == area.Inode && last.Device == area.Device)
        {
            return last.Path;
        }

        return worker.Maps.Path().ToArray();
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
}
