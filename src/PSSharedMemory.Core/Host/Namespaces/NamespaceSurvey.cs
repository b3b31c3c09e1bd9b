using System.Collections.Generic;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// One pass over /proc: which namespaces and which container each process is in. Kernel threads are left out, and so
/// are processes that have ended.
/// </summary>
internal sealed class NamespaceSurvey
{
    private readonly List<SurveyedProcess> _processes = [];
    private readonly List<int> _unreadable = [];
    private readonly Dictionary<string, ContainerName?> _containers = [];

    private NamespaceSurvey()
    {
    }

    /// <summary>The processes, in the order of /proc.</summary>
    public IReadOnlyList<SurveyedProcess> Processes => _processes;

    /// <summary>Those among them whose namespaces this user may not know.</summary>
    public IReadOnlyList<int> UnreadableProcessIds => _unreadable;

    /// <summary>Whether /proc hides processes from this user.</summary>
    public bool HidesProcesses { get; private set; }

    /// <summary>Whether this user may look into every process that the kernel doesn't shield even from root.</summary>
    public bool IsPrivileged { get; private set; }

    /// <summary>Makes the pass over all processes that /proc shows.</summary>
    /// <exception cref="ShmException">
    /// PlatformNotSupported: /proc isn't mounted. LimitReached: no descriptor is left.
    /// </exception>
    public static NamespaceSurvey Read()
    {
        using var reader = new ProcReader();
        var view = ProcessView.Read(reader);
        var survey = new NamespaceSurvey { HidesProcesses = view.HidesProcesses, IsPrivileged = view.IsPrivileged };
        foreach (var id in reader.ListProcesses())
        {
            survey.Add(reader, id);
        }

        return survey;
    }

    /// <summary>Processes that are in an IPC namespace now.</summary>
    public static IReadOnlyList<ProcessDoor> FindDoors(IpcNamespace wanted)
    {
        using var reader = new ProcReader();
        List<ProcessDoor> doors = [];
        Dictionary<ulong, bool> known = [];
        foreach (var id in reader.ListProcesses())
        {
            if (TryRead(reader, id, out var door) < 0)
            {
                continue;
            }

            var inode = ReadNamespace(reader, door, "ns/ipc\0"u8);
            if (inode == 0 || (wanted.Inode != 0 && inode != wanted.Inode))
            {
                continue;
            }

            if (!known.TryGetValue(inode, out var isWanted))
            {
                using var descriptor = reader.Open(door.ThreadId, "ns/ipc\0"u8);
                known[inode] = isWanted = !descriptor.IsInvalid && IpcNamespace.Of(descriptor)?.IsSame(wanted) == true;
            }

            if (isWanted)
            {
                doors.Add(door);
            }
        }

        return doors;
    }

    private void Add(ProcReader reader, int id)
    {
        var status = TryRead(reader, id, out var door);
        if (status < 0)
        {
            if ((Errno)(-status) is Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM)
            {
                throw NativeError.From(nameof(Libc.openat), -status, $"look into process {id}", id);
            }

            if (!ProcReader.IsGone(status))
            {
                _unreadable.Add(id);
            }

            return;
        }

        var ipc = ReadNamespace(reader, door, "ns/ipc\0"u8);
        var mount = ReadNamespace(reader, door, "ns/mnt\0"u8);
        _ = reader.Stat(door.ThreadId, "root\0"u8, out var root);
        var container = reader.Load("cgroup\0"u8) >= 0 ? ContainerOf(ProcText.ToText(reader.Text)) : null;
        // One that has ended in between has no namespaces, and that hides nothing.
        if (door.Approach(reader) < 0)
        {
            return;
        }

        if (ipc == 0)
        {
            _unreadable.Add(id);
        }

        _processes.Add(
            new SurveyedProcess(door, ipc, mount, container) { RootDevice = root.Device, RootInode = root.Inode });
    }

    private static ulong ReadNamespace(ProcReader reader, ProcessDoor door, System.ReadOnlySpan<byte> link) =>
        ProcessIdentity.ReadNamespace(reader, door.ThreadId, link);

    /// <summary>Goes to the process; ESRCH for a kernel thread and for one that has ended.</summary>
    private static int TryRead(ProcReader reader, int id, out ProcessDoor door)
    {
        door = new ProcessDoor(id, 0);
        var status = reader.Enter(id);
        if (status < 0 || (status = reader.ReadStat(out var stat)) < 0)
        {
            return status;
        }

        if (stat.IsKernelThread)
        {
            return -(int)Errno.ESRCH;
        }

        var start = stat.StartTicks;
        if (!stat.HasEnded)
        {
            door = new ProcessDoor(id, start);
            return 0;
        }

        // Its main thread has ended; others may run on.
        List<int> ids = [];
        if (stat.ThreadCount < 2 || reader.ListThreads(ids) < 0)
        {
            return -(int)Errno.ESRCH;
        }

        foreach (var thread in ids)
        {
            if (thread != id && ProcessIdentity.ReadNamespace(reader, thread, "ns/ipc\0"u8) != 0)
            {
                door = new ProcessDoor(id, start, thread);
                return 0;
            }
        }

        return -(int)Errno.ESRCH;
    }

    // Thousands of processes are in some ten groups.
    private ContainerName? ContainerOf(string text)
    {
        if (!_containers.TryGetValue(text, out var container))
        {
            container = ContainerName.Parse(text);
            _containers.Add(text, container);
        }

        return container;
    }
}
