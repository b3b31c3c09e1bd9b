using System;

namespace PSSharedMemory;

/// <summary>Which process it is. Its start distinguishes it from a later process with the same id.</summary>
/// <param name="Id">The process id.</param>
/// <param name="Name">Its name, at most 15 bytes (comm).</param>
/// <param name="UserId">The user it runs as (effective).</param>
/// <param name="StartTicks">When it started, in clock ticks since the boot.</param>
/// <param name="ParentId">The parent's process id.</param>
internal sealed record ProcessIdentity(int Id, string Name, uint UserId, ulong StartTicks, int ParentId)
{
    /// <summary>Inode of the IPC namespace; 0 where it could not be read.</summary>
    public ulong IpcNamespace { get; init; }

    /// <summary>Inode of the mount namespace; 0 where it could not be read.</summary>
    public ulong MountNamespace { get; init; }

    // Of the main thread, which has none once it has ended.
    private const int MainThread = 0;

    /// <summary>Reads it for the process that the reader has entered; null where the process has ended.</summary>
    public static ProcessIdentity? Read(ProcReader reader) => Read(
        reader,
        ReadNamespace(reader, MainThread, "ns/ipc\0"u8),
        ReadNamespace(reader, MainThread, "ns/mnt\0"u8));

    /// <summary>The same, where its namespaces are known already.</summary>
    public static ProcessIdentity? Read(ProcReader reader, ulong ipcNamespace, ulong mountNamespace)
    {
        if (reader.ReadStat(out var stat) < 0 || reader.Stat(".\0"u8, out var facts) < 0)
        {
            return null;
        }

        return new ProcessIdentity(
            stat.ProcessId, ProcText.ToText(stat.Name), facts.UserId, stat.StartTicks, stat.ParentId)
        {
            IpcNamespace = ipcNamespace,
            MountNamespace = mountNamespace,
        };
    }

    /// <summary>The number in "ipc:[4026531839]"; 0 where it may not be read.</summary>
    public static ulong ReadNamespace(ProcReader reader, int threadId, ReadOnlySpan<byte> link)
    {
        if (reader.ReadLink(threadId, link) < 0)
        {
            return 0;
        }

        var text = reader.Text;
        var open = text.IndexOf((byte)'[');
        if (open < 0)
        {
            return 0;
        }

        text = text[(open + 1)..];
        return ProcText.TryReadDecimal(ref text, out var inode) ? inode : 0;
    }
}
