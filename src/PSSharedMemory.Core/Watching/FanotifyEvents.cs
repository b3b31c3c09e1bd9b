using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Events of a whole file system with the process that caused each, pinned by a descriptor until its name is read
/// (fanotify(7)). Needs privilege.
/// </summary>
internal sealed unsafe class FanotifyEvents : IDisposable
{
    // struct fanotify_event_metadata, and the header of what follows it.
    private const int MetadataSize = 24;
    private const int InfoHeaderSize = 4;
    private const int FsidSize = 8;
    private const int HandleHeaderSize = 8;

    private const ulong Mask = Libc.FAN_CREATE | Libc.FAN_DELETE | Libc.FAN_MOVED_FROM | Libc.FAN_MOVED_TO
        | Libc.FAN_OPEN | Libc.FAN_MODIFY;

    private readonly PosixChanges _changes;
    private readonly ActorFinder _actors;
    private readonly byte[] _buffer = new byte[64 * 1024];

    // Handles of directories are opened by one that is open itself: one that only stands for the file system will not
    // do.
    private readonly DescriptorHandle _top;

    private FanotifyEvents(DescriptorHandle descriptor, DescriptorHandle top, PosixChanges changes, ActorFinder actors)
    {
        Descriptor = descriptor;
        _top = top;
        _changes = changes;
        _actors = actors;
    }

    /// <summary>Readable when something has happened.</summary>
    public DescriptorHandle Descriptor { get; }

    /// <summary>Begins; null if this user may not, or the kernel cannot.</summary>
    public static FanotifyEvents? TryStart(PosixChanges changes, ActorFinder actors)
    {
        const uint Flags = Libc.FAN_CLOEXEC | Libc.FAN_NONBLOCK | Libc.FAN_REPORT_DFID_NAME | Libc.FAN_REPORT_PIDFD;
        var descriptor = Libc.fanotify_init(Flags, Libc.O_RDONLY);
        var top = changes.System.OpenDirectory([], Libc.O_RDONLY);
        if (!descriptor.IsInvalid && !top.IsInvalid
            && Libc.fanotify_mark(descriptor, Libc.FAN_MARK_ADD | Libc.FAN_MARK_FILESYSTEM, Mask, top) >= 0)
        {
            return new FanotifyEvents(descriptor, top, changes, actors);
        }

        descriptor.Dispose();
        top.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Descriptor.Dispose();
        _top.Dispose();
    }

    /// <summary>Adds what there is.</summary>
    public void Read(List<ShmEvent> events)
    {
        fixed (byte* start = _buffer)
        {
            while (Libc.read(Descriptor, start, (nuint)_buffer.Length) is > 0 and var count)
            {
                var rest = _buffer.AsSpan(0, (int)count);
                while (rest.Length >= MetadataSize)
                {
                    var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
                    if (length < MetadataSize || length > rest.Length)
                    {
                        break;
                    }

                    Read(rest[..length], events);
                    rest = rest[length..];
                }
            }
        }
    }

    private void Read(ReadOnlySpan<byte> notice, List<ShmEvent> events)
    {
        var bits = BinaryPrimitives.ReadUInt64LittleEndian(notice[8..]);
        var processId = BinaryPrimitives.ReadInt32LittleEndian(notice[20..]);
        var name = ReadInfo(notice, out var pidfd);
        using var process = new DescriptorHandle(pidfd);
        if ((bits & Libc.FAN_Q_OVERFLOW) != 0)
        {
            events.Add(new ShmEvent
            {
                Time = DateTime.UtcNow,
                Kind = ShmEventKind.Overflow,
                Source = ShmEventSource.Fanotify,
            });
            _changes.AddDifferences(events);
        }
        else if (name is not null)
        {
            // A process of another process namespace, whose id there says nothing here, is 0.
            _changes.Add(
                bits,
                name,
                () => processId <= 0 ? null : _actors.Find(
                    processId, () => !process.IsInvalid && Libc.IsAlive(process.Number)),
                ShmEventSource.Fanotify,
                events);
        }
    }

    // The records behind the metadata: the name, null where it is gone, and a descriptor of the process.
    private string? ReadInfo(ReadOnlySpan<byte> notice, out int pidfd)
    {
        string? name = null;
        pidfd = -1;
        var info = notice[BinaryPrimitives.ReadUInt16LittleEndian(notice[6..])..];
        while (info.Length >= InfoHeaderSize)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(info[2..]);
            if (length < InfoHeaderSize || length > info.Length)
            {
                break;
            }

            var body = info[InfoHeaderSize..length];
            if (info[0] == Libc.FAN_EVENT_INFO_TYPE_DFID_NAME)
            {
                name = NameOf(body[FsidSize..]);
            }
            else if (info[0] == Libc.FAN_EVENT_INFO_TYPE_PIDFD)
            {
                pidfd = BinaryPrimitives.ReadInt32LittleEndian(body);
            }

            info = info[length..];
        }

        return name;
    }

    // struct file_handle of the directory, and behind it the name in it.
    private string? NameOf(ReadOnlySpan<byte> record)
    {
        var handle = record[..(HandleHeaderSize + BinaryPrimitives.ReadInt32LittleEndian(record))];
        var leaf = record[handle.Length..];
        var end = leaf.IndexOf((byte)0);
        leaf = end < 0 ? leaf : leaf[..end];
        fixed (byte* pointer = handle)
        {
            using var directory = Libc.open_by_handle_at(_top, pointer);
            return directory.IsInvalid ? null : PathOf(directory, leaf);
        }
    }

    // Where the directory is now, as this process sees it.
    private static string? PathOf(DescriptorHandle directory, ReadOnlySpan<byte> leaf)
    {
        using var reader = new ProcReader();
        if (reader.EnterSelf() < 0 || reader.ReadDescriptorLink(0, directory.Number) < 0)
        {
            return null;
        }

        var top = "/dev/shm"u8;
        var path = reader.Text;
        path = path.StartsWith(top) ? path[top.Length..] : path.SequenceEqual("/"u8) ? default : path;
        return PosixName.FromBytes((byte[])[.. path.TrimStart((byte)'/'), .. path.IsEmpty ? [] : "/"u8, .. leaf]);
    }
}
