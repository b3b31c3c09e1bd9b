using System;
using System.Collections.Generic;
using System.Linq;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>The address space of a process.</summary>
public static class ShmAddressSpace
{
    /// <summary>Where the addresses of programs end: what the processor's page tables give them, in bits.</summary>
    public static int AddressBits => OwnAreas.AddressBits;

    /// <summary>
    /// Its regions, from the lowest address up; none where the process has ended, or is a kernel thread.
    /// </summary>
    /// <param name="processId">The process.</param>
    /// <exception cref="ShmException">AccessDenied; NativeCallFailed: there is no such process.</exception>
    public static IReadOnlyList<ShmAddressRegion> Read(int processId)
    {
        using var reader = new ProcReader();
        var status = reader.Enter(processId);
        _ = reader.Stat("exe\0"u8, out var program);
        status = status < 0 ? status : reader.LoadOfLivingThread("maps\0"u8, out _);
        NativeError.ThrowIf(status, nameof(Libc.openat), $"look into process {processId}", processId);

        var maps = reader.Text.ToArray();
        var code = CodeFiles(maps);
        var shared = SharedAreas(processId);
        List<ShmAddressRegion> regions = [];
        ReadOnlySpan<byte> text = maps;
        while (MapsLine.TryRead(ref text, out var line))
        {
            var attachment = shared.GetValueOrDefault(line.Start);
            var isProgram = line.Inode != 0 && line.Inode == program.Inode && line.Device == program.Device;
            regions.Add(new ShmAddressRegion
            {
                ProcessId = processId,
                Kind = attachment is not null
                    ? ShmRegionKind.Shared
                    : KindOf(line, isProgram, code.Contains((line.Device, line.Inode))),
                Address = line.Start,
                EndAddress = line.End,
                Protection = (ShmProtection)(line.Access & ~AreaAccess.Shared),
                IsShared = line.IsShared,
                Offset = (long)line.Offset,
                Name = attachment?.Label ?? ProcText.ToText(ProcText.Unescape(line.Path, new byte[line.Path.Length])),
                Segment = attachment?.Segment,
                Object = attachment is null
                    ? null
                    : new SharedObject(attachment.Kind, attachment.Namespace, line.Device, line.Inode),
            });
        }

        return regions;
    }

    /// <summary>
    /// What at least two of the processes have mapped of the same shared memory, and where each has it.
    /// </summary>
    /// <param name="processIds">The processes.</param>
    /// <exception cref="ShmException">AccessDenied; NativeCallFailed: there is no such process.</exception>
    public static IReadOnlyList<ShmSharedRange> ReadSideBySide(IEnumerable<int> processIds)
    {
        int[] distinct = [.. processIds.Distinct()];
        return SharedRanges.Of(distinct, distinct.SelectMany(Read));
    }

    internal static ShmRegionKind KindOf(MapsLine line, bool isProgram, bool hasCode)
    {
        if (isProgram)
        {
            return ShmRegionKind.Program;
        }

        var path = line.Path;
        if (path.IsEmpty || path.StartsWith("[anon"u8))
        {
            return ShmRegionKind.Anonymous;
        }

        if (path[0] == '/')
        {
            return hasCode || path.IndexOf(".so"u8) >= 0 ? ShmRegionKind.Library : ShmRegionKind.Mapped;
        }

        if (path.SequenceEqual("[heap]"u8))
        {
            return ShmRegionKind.Heap;
        }

        if (path.StartsWith("[stack"u8))
        {
            return ShmRegionKind.Stack;
        }

        return path[0] == '[' ? ShmRegionKind.Kernel : ShmRegionKind.Mapped;
    }

    // A library is mapped in several areas, of which one has its code.
    private static HashSet<(ulong Device, ulong Inode)> CodeFiles(ReadOnlySpan<byte> text)
    {
        HashSet<(ulong, ulong)> files = [];
        while (MapsLine.TryRead(ref text, out var line))
        {
            if ((line.Access & AreaAccess.Execute) != 0 && line.Inode != 0)
            {
                files.Add((line.Device, line.Inode));
            }
        }

        return files;
    }

    private static Dictionary<ulong, ShmAttachment> SharedAreas(int processId)
    {
        Dictionary<ulong, ShmAttachment> areas = [];
        foreach (var attachment in ShmAttachments.Scan(null, [processId], withUsage: false).Attachments)
        {
            if (attachment.Address is { } address)
            {
                areas[(ulong)address] = attachment;
            }
        }

        return areas;
    }
}
