using System;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory.Benchmarks.Rows;

/// <summary>What goes over 256 MiB of memory that cannot vanish, and structs at once.</summary>
internal static class DataRows
{
    private const int Size = 256 << 20;
    private const string Memcpy = "libc memcpy of as much, bandwidth";

    public static IEnumerable<Row> All =>
    [
        new(
            "search of 256 MiB for text that is not there", Memcpy, 0.5, true,
            () => Over((range, _) => FindNothing(range.Find("needle"u8.ToArray())))),
        new(
            "comparison of 256 MiB with as much that is the same", Memcpy, 0.5, true,
            () => Over((range, other) => FindNothing(range.FindDifferences(other)))),
        new("fill of 256 MiB", Memcpy, 0.5, true, () => Over((range, _) => range.Fill([1]))),
        new("copy of 256 MiB to another mapping", Memcpy, 0.5, true, () => Over((range, other) => range.CopyTo(other))),
        new("Read-ShmData of 1,000 structs at once", "1,000 calls for one each", 0.5, false, Structs),
    ];

    private static unsafe Ratio Over(Action<ShmRange, ShmRange> action)
    {
        using var mapping = Mount();
        using var other = Mount();
        var buffer = CopyRows.Filled();
        mapping.Writer.WriteBytes(0, buffer);
        other.Writer.WriteBytes(0, buffer);
        using var range = ShmRange.Of(mapping);
        using var second = ShmRange.Of(other);
        return SideBySide.Time(
            () => action(range, second), () => CopyRows.memcpy(other.Start, mapping.Start, Size)).Inverted;
    }

    private static void FindNothing<T>(IEnumerable<T> found)
    {
        if (found.Any())
        {
            throw new InvalidOperationException("Something was found where nothing is.");
        }
    }

    private static ShmMapping Mount()
    {
        var segment = SysVSegments.CreatePrivate(new ShmCreateOptions { Size = Size });
        var mapping = ShmMapping.Mount(segment);
        ShmSegments.Remove(segment);
        return mapping;
    }

    private static Ratio Structs()
    {
        using var shell = new Shell();
        shell.Run(
            "$global:type = New-ShmType 'struct order { int id; char symbol[8]; double price; struct { short x, y; } "
                + "at[2]; };'; "
            + "$global:m = New-ShmSegment -Private -Size 64KB -Mount -Ephemeral");
        try
        {
            return SideBySide.Time(
                shell.Prepared("$null = Read-ShmData $m -As $type -Count 1000"),
                shell.Prepared(
                    "for ($i = 0; $i -lt 1000; $i++) { $null = Read-ShmData $m -As $type -Offset ($i * 32) }"));
        }
        finally
        {
            shell.Run("Dismount-ShmSegment $m");
        }
    }
}
