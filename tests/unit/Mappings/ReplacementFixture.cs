using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Xunit;

namespace PSSharedMemory.UnitTests.Mappings;

/// <summary>Segments and mappings at a place of a test's own, and what the kernel has there.</summary>
public abstract class ReplacementFixture(nint place) : IDisposable
{
    protected const int Page = 4096;
    protected const int Pages = 8;

    private readonly List<ShmSegment> _segments = [];
    private readonly List<ShmMapping> _mappings = [];

    /// <summary>Where the test mounts; no other test does.</summary>
    protected nint Place { get; } = place;

    public static TheoryData<ShmKind, ShmKind> Kinds => new(
        from old in new[] { ShmKind.SysV, ShmKind.Posix, ShmKind.MemFd }
        from other in new[] { ShmKind.SysV, ShmKind.MemFd }
        select (old, other));

    public void Dispose()
    {
        _mappings.ForEach(static mapping => mapping.Dispose());
        foreach (var segment in _segments.Where(static segment => segment.Kind != ShmKind.MemFd))
        {
            ShmSegments.Remove(segment);
        }

        Assert.Empty(Areas());
        GC.SuppressFinalize(this);
    }

    protected ShmSegment Make(ShmKind kind, int pages)
    {
        var options = new ShmCreateOptions { Size = pages * Page };
        var made = kind switch
        {
            ShmKind.SysV => SysVSegments.CreatePrivate(options),
            ShmKind.Posix => PosixSegments.Create($"/pst-part-{Guid.NewGuid()}", options),
            _ => MemFdSegments.Create("part", options),
        };
        _segments.Add(made);
        return made;
    }

    protected ShmMapping Mount(ShmSegment segment, nint address, bool replace = false, bool isLocked = false)
    {
        var mapping = ShmMapping.Mount(
            segment, new ShmMountOptions { Address = address, Replace = replace, Lock = isLocked });
        _mappings.Add(mapping);
        return mapping;
    }

    protected static byte[] Repeat(byte value, int count)
    {
        var bytes = new byte[count];
        Array.Fill(bytes, value);
        return bytes;
    }

    protected static void Fill(ShmMapping mapping)
    {
        for (var page = 0; page * Page < mapping.Length; page++)
        {
            mapping.Writer.WriteBytes(page * Page, Repeat((byte)(page + 1), Page));
        }
    }

    protected static void RequireFilled(ShmMapping mapping, params int[] except)
    {
        for (var page = 0; page * Page < mapping.Length; page++)
        {
            if (!except.Contains(page))
            {
                Assert.Equal(Repeat((byte)(page + 1), Page), mapping.Reader.ReadBytes(page * Page, Page));
            }
        }
    }

    protected static void RequireError(ShmErrorId expected, Action act) =>
        Assert.Equal(expected, Assert.Throws<ShmException>(act).ErrorId);

    protected static void RequireVanished(Action act) => RequireError(ShmErrorId.SegmentTruncated, act);

    /// <summary>The page is a hole, or beyond an end that came nearer.</summary>
    protected static void RequireRefusal(ShmMapping mapping, long offset)
    {
        try
        {
            _ = mapping.Reader.ReadByte(offset);
            Assert.Fail("It was read.");
        }
        catch (ShmException error)
        {
            Assert.Contains(
                error.ErrorId,
                new[] { ShmErrorId.PageNotMapped, ShmErrorId.OutOfRange, ShmErrorId.MappingDismounted });
        }
    }

    protected static void RequireAttachCount(ShmSegment segment, long expected)
    {
        if (segment.Kind == ShmKind.SysV)
        {
            Assert.Equal(expected, SysVSegments.FromId((int)segment.Id!).AttachCount);
        }
    }

    protected static void Truncate(ShmSegment segment, long length)
    {
        using var file = new FileStream(
            "/dev/shm" + segment.Name, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.SetLength(length);
    }

    /// <summary>What the kernel has mapped in the neighbourhood; areas of one object that adjoin are one.</summary>
    protected List<(nint Start, nint End)> Areas()
    {
        var areas = new List<(nint Start, nint End)>();
        var last = "";
        foreach (var fields in File.ReadLines("/proc/self/maps")
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        {
            var (start, end) = (AddressOf(fields[0].Split('-')[0]), AddressOf(fields[0].Split('-')[1]));
            if (start < Place || end > Place + (64 * Page))
            {
                continue;
            }

            var what = $"{fields[3]} {fields[4]}";
            if (areas.Count > 0 && areas[^1].End == start && what == last)
            {
                areas[^1] = (areas[^1].Start, end);
            }
            else
            {
                areas.Add((start, end));
            }

            last = what;
        }

        return areas;
    }

    protected static nint AddressOf(string text) => unchecked((nint)Convert.ToUInt64(text, 16));

    protected static bool IsLocked(nint address)
    {
        var isThere = false;
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            if (!line.Split(' ')[0].EndsWith(':') && line.Split(' ')[0].Split('-') is [var from, var to])
            {
                isThere = AddressOf(from) <= address && address < AddressOf(to);
            }
            else if (isThere && line.StartsWith("VmFlags", StringComparison.Ordinal))
            {
                return line.Contains(" lo", StringComparison.Ordinal);
            }
        }

        return false;
    }
}
