using System;
using System.Collections.Generic;
using System.Linq;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <content>Descriptors, by the links and fdinfo of a process.</content>
internal sealed partial class ProcessScanner
{
    /// <summary>
    /// Adds what the process has open and not mapped. Of what is mapped too, the areas get the lowest descriptor.
    /// Returns 0 or -errno.
    /// </summary>
    private int TakeDescriptors(Worker worker, ShmDevices devices, int thread)
    {
        var reader = worker.Reader;
        // Objects that are mapped, each with its first descriptor: a process may have thousands of areas and of
        // descriptors.
        Dictionary<SegmentKey, (int Number, FileFacts Facts)> mapped = [];
        foreach (var area in worker.Areas)
        {
            mapped[area.Key] = (-1, default);
        }

        var mappedCount = worker.Areas.Count;
        worker.Numbers.Clear();
        var status = reader.ListDescriptors(thread, worker.Numbers);
        foreach (var descriptor in worker.Numbers)
        {
            // Sockets, pipes and the like have no path. What is left is asked for its device, never by its text.
            if (reader.ReadDescriptorLink(thread, descriptor) < 0 || reader.Text is not [(byte)'/', ..]
                || reader.StatDescriptor(thread, descriptor, out var facts) < 0)
            {
                continue;
            }

            var kind = devices.Classify(facts.Device, reader.Text, isShared: true);
            var key = new SegmentKey(kind, facts.Device, facts.Inode);
            // A listing of /dev/shm holds the folder open, no segment.
            if (kind == ShmAreaKind.None || !Matters(kind, facts.Device, facts.Inode) || facts.IsDirectory)
            {
                continue;
            }

            if (mapped.TryGetValue(key, out var first))
            {
                mapped[key] = first.Number < 0 ? (descriptor, facts) : first;
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

        foreach (var area in worker.Areas.Take(mappedCount))
        {
            // One object has one size: what a descriptor tells of it holds for the areas too.
            if (mapped[area.Key] is { Number: >= 0 } open)
            {
                (area.Descriptor, area.Facts) = open;
            }
        }

        return status;
    }

    /// <summary>What a descriptor was opened for: the flags in its fdinfo, octal.</summary>
    private static AreaAccess AccessOf(ProcReader reader, int thread, int descriptor)
    {
        if (reader.LoadDescriptorInfo(thread, descriptor) < 0)
        {
            return AreaAccess.None;
        }

        var text = reader.Text;
        while (ProcText.TryReadLine(ref text, out var line))
        {
            if (line.StartsWith("flags:"u8))
            {
                return ProcText.TryParseOctal(line["flags:"u8.Length..].Trim(" \t"u8), out var flags)
                    ? AccessOf(flags)
                    : AreaAccess.None;
            }
        }

        return AreaAccess.None;
    }

    private static AreaAccess AccessOf(ulong flags) => (flags & Libc.O_PATH) != 0
        ? AreaAccess.None
        : (flags & 3) switch
        {
            Libc.O_RDONLY => AreaAccess.Read,
            Libc.O_WRONLY => AreaAccess.Write,
            _ => AreaAccess.Read | AreaAccess.Write,
        };
}
