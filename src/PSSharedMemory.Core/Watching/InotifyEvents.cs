using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Events of the directories of /dev/shm, without their cause (inotify(7)). Needs no privilege.</summary>
internal sealed unsafe class InotifyEvents : IDisposable
{
    private const int HeaderSize = 16;
    private const uint Mask =
        Libc.IN_CREATE | Libc.IN_DELETE | Libc.IN_MOVED_FROM | Libc.IN_MOVED_TO | Libc.IN_OPEN | Libc.IN_MODIFY;

    private readonly PosixChanges _changes;
    private readonly Dictionary<int, byte[]> _directories = [];
    private readonly byte[] _buffer = new byte[64 * 1024];

    private InotifyEvents(DescriptorHandle descriptor, PosixChanges changes)
    {
        Descriptor = descriptor;
        _changes = changes;
    }

    /// <summary>Readable when something has happened.</summary>
    public DescriptorHandle Descriptor { get; }

    /// <summary>Begins; null if this user has no watch left.</summary>
    public static InotifyEvents? TryStart(PosixChanges changes)
    {
        var descriptor = Libc.inotify_init();
        var events = new InotifyEvents(descriptor, changes);
        if (!descriptor.IsInvalid && events.Watch([]))
        {
            foreach (var entry in changes.System.List().Others)
            {
                if (entry.Kind == PosixEntryKind.Directory)
                {
                    events.Watch(PosixName.ToRelative(entry.Name)[..^1]);
                }
            }

            return events;
        }

        events.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();

    /// <summary>Adds what there is.</summary>
    public void Read(List<ShmEvent> events)
    {
        fixed (byte* start = _buffer)
        {
            while (Libc.read(Descriptor, start, (nuint)_buffer.Length) is > 0 and var count)
            {
                var rest = _buffer.AsSpan(0, (int)count);
                while (rest.Length >= HeaderSize)
                {
                    var length = HeaderSize + BinaryPrimitives.ReadInt32LittleEndian(rest[12..]);
                    Read(rest[..length], events);
                    rest = rest[length..];
                }
            }
        }
    }

    private void Read(ReadOnlySpan<byte> notice, List<ShmEvent> events)
    {
        var watch = BinaryPrimitives.ReadInt32LittleEndian(notice);
        var bits = BinaryPrimitives.ReadUInt32LittleEndian(notice[4..]);
        var leaf = notice[HeaderSize..];
        var end = leaf.IndexOf((byte)0);
        leaf = end < 0 ? leaf : leaf[..end];
        if ((bits & Libc.IN_Q_OVERFLOW) != 0)
        {
            events.Add(
                new ShmEvent { Time = DateTime.UtcNow, Kind = ShmEventKind.Overflow, Source = ShmEventSource.Inotify });
            _changes.AddDifferences(events);
            return;
        }

        if ((bits & Libc.IN_IGNORED) != 0)
        {
            _directories.Remove(watch);
        }

        if (leaf.IsEmpty || !_directories.TryGetValue(watch, out var directory))
        {
            return;
        }

        byte[] path = directory.Length == 0 ? [.. leaf] : [.. directory, (byte)'/', .. leaf];
        if ((bits & Libc.IN_ISDIR) == 0)
        {
            _changes.Add(bits, PosixName.FromBytes(path), static () => null, ShmEventSource.Inotify, events);
        }
        else if ((bits & (Libc.IN_CREATE | Libc.IN_MOVED_TO)) != 0 && Watch(path))
        {
            // Catches up on what was made in it before it was watched.
            _changes.AddDifferences(events);
        }
    }

    private bool Watch(byte[] directory)
    {
        fixed (byte* path = (byte[])[.. "/dev/shm/"u8, .. directory, 0])
        {
            var watch = Libc.inotify_add_watch(Descriptor, path, Mask);
            if (watch >= 0)
            {
                _directories[watch] = directory;
            }

            return watch >= 0;
        }
    }
}
