using System;
using System.Collections.Generic;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Who is in which IPC namespace, and by which name: told by the kernel as processes begin, change and end, so that
/// those which have ended before they could be asked are known too.
/// </summary>
internal sealed class TracedProcesses
{
    // linux/perf_event.h, IPC_NS_INDEX.
    private const int IpcIndex = 2;

    private readonly Dictionary<int, Facts> _threads = [];

    private readonly record struct Facts(ulong IpcNamespace, string? Name);

    /// <summary>Begins with the processes that are there.</summary>
    public TracedProcesses()
    {
        using var reader = new ProcReader();
        foreach (var id in reader.ListProcesses())
        {
            if (reader.Enter(id) >= 0)
            {
                var inode = ProcessIdentity.ReadNamespace(reader, 0, "ns/ipc\0"u8);
                var name = reader.Load("comm\0"u8) >= 0 ? ProcText.ToText(reader.Text.TrimEnd((byte)'\n')) : null;
                _threads[id] = new Facts(inode, name);
            }
        }
    }

    /// <summary>The inode of the IPC namespace in which a thread was; 0 where that isn't known.</summary>
    public ulong IpcNamespaceOf(int processId, int threadId) => Of(processId, threadId).IpcNamespace;

    /// <summary>The name of a process; null where it isn't known.</summary>
    public string? NameOf(int processId) => Of(processId, processId).Name;

    /// <summary>Takes what a record says.</summary>
    public void Take(KernelRecord record)
    {
        var body = record.Body;
        if (body.Length < 8)
        {
            return;
        }

        var processId = BitConverter.ToInt32(body, 0);
        switch (record.Type)
        {
            case Libc.PERF_RECORD_FORK when body.Length >= 16:
                var parentId = BitConverter.ToInt32(body, 4);
                var threadId = BitConverter.ToInt32(body, 8);
                Keep(threadId, Of(parentId, BitConverter.ToInt32(body, 12)));
                break;
            case Libc.PERF_RECORD_EXIT when body.Length >= 16:
                _threads.Remove(BitConverter.ToInt32(body, 8));
                break;
            case Libc.PERF_RECORD_COMM:
                threadId = BitConverter.ToInt32(body, 4);
                var name = body.AsSpan(8);
                name = name[..Math.Max(0, name.IndexOf((byte)0))];
                Keep(threadId, Of(processId, threadId) with { Name = ProcText.ToText(name) });
                break;
            case Libc.PERF_RECORD_NAMESPACES when body.Length >= 16 + ((IpcIndex + 1) * 16):
                threadId = BitConverter.ToInt32(body, 4);
                if (BitConverter.ToUInt64(body, 8) > IpcIndex)
                {
                    var inode = BitConverter.ToUInt64(body, 16 + (IpcIndex * 16) + 8);
                    Keep(threadId, Of(processId, threadId) with { IpcNamespace = inode });
                }

                break;
        }
    }

    // Ids of processes that have none in this process namespace are 0 or less.
    private void Keep(int threadId, Facts facts)
    {
        if (threadId > 0)
        {
            _threads[threadId] = facts;
        }
    }

    private Facts Of(int processId, int threadId) =>
        _threads.TryGetValue(threadId, out var facts) || _threads.TryGetValue(processId, out facts) ? facts : default;
}
