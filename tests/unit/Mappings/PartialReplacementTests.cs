using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Mappings;

/// <summary>A mapping in the place of a part of others: what is left of these stays as it was.</summary>
public sealed class PartialReplacementTests : IDisposable
{
    private const int Page = 4096;
    private const int Pages = 8;
    private const byte New = 0xEE;
    private static readonly nint Place = unchecked((nint)0x3100_0000_0000L);

    private readonly List<ShmSegment> _segments = [];
    private readonly List<ShmMapping> _mappings = [];

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
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Both_sides_stay_as_they_were_and_the_books_show_the_hole(ShmKind kind, ShmKind other)
    {
        var old = Mount(Make(kind, Pages), Place);
        Fill(old);
        old.Protect(ShmProtection.Read, 7 * Page);
        var other2 = Mount(Make(other, 2), Place + (3 * Page), replace: true);
        other2.Writer.WriteBytes(0, Repeat(New, 2 * Page));

        Assert.True(old.IsMounted);
        Assert.Equal(
            [
                (0, 3, ShmRegionState.Mapped, ShmProtection.Read | ShmProtection.Write),
                (3, 2, ShmRegionState.Hole, ShmProtection.None),
                (5, 2, ShmRegionState.Mapped, ShmProtection.Read | ShmProtection.Write),
                (7, 1, ShmRegionState.Mapped, ShmProtection.Read),
            ],
            old.Regions.Select(static run => (run.Offset / Page, run.Length / Page, run.State, run.Protection)));
        RequireFilled(old, except: [3, 4]);
        foreach (var (offset, length) in new[] { (3 * Page, 1), ((5 * Page) - 1, 1), (0, Pages * Page), ((3 * Page) - 1, 2) })
        {
            RequireError(ShmErrorId.PageNotMapped, () => old.Reader.ReadBytes(offset, length));
        }

        old.Writer.WriteInt32(2 * Page, 5);
        Assert.Equal(5, ShmAtomics.Add(old, 2 * Page, 1));
        old.Protect(ShmProtection.Read, 0, Page);
        RequireError(ShmErrorId.PageProtected, () => old.Writer.WriteByte(0, 1));
        RequireError(ShmErrorId.PageNotMapped, () => old.Protect(ShmProtection.Read, 2 * Page, 2 * Page));
        Assert.Equal(New, other2.Reader.ReadByte(0));

        old.Dispose();
        Assert.Equal(Repeat(New, 2 * Page), other2.Reader.ReadBytes(0, 2 * Page));
        Assert.Equal([(Place + (3 * Page), Place + (5 * Page))], Areas());
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Neither_end_takes_the_other_with_it(ShmKind kind, ShmKind other)
    {
        // The first page is how shmdt(2) finds an attachment.
        foreach (var (first, count) in new[] { (0, 1), (0, 4), (6, 2), (2, 1) })
        {
            foreach (var oldGoesFirst in new[] { true, false })
            {
                var segment = Make(kind, Pages);
                var old = Mount(segment, Place);
                Fill(old);
                var next = Mount(Make(other, count), Place + (first * Page), replace: true);
                next.Writer.WriteByte(0, New);
                (oldGoesFirst ? old : next).Dispose();
                if (oldGoesFirst)
                {
                    Assert.Equal(New, next.Reader.ReadByte(0));
                    Assert.Equal([(next.Start, next.Start + (count * Page))], Areas());
                    RequireAttachCount(segment, 0);
                }
                else
                {
                    RequireFilled(old, [.. Enumerable.Range(first, count)]);
                }

                (oldGoesFirst ? next : old).Dispose();
                Assert.Empty(Areas());
                RequireAttachCount(segment, 0);
            }
        }
    }

    [Fact]
    public void The_attach_count_counts_what_is_left()
    {
        var (segment, other) = (Make(ShmKind.SysV, Pages), Make(ShmKind.SysV, 1));
        var old = Mount(segment, Place);
        Mount(other, Place + Page, replace: true);
        RequireAttachCount(segment, 2);
        var third = Mount(other, Place, replace: true);
        RequireAttachCount(segment, 1);
        RequireAttachCount(other, 2);
        Mount(segment, Place + (2 * Page), replace: true);
        RequireAttachCount(segment, 1);
        Assert.False(old.IsMounted);
        third.Dispose();
        RequireAttachCount(other, 1);
    }

    [Fact]
    public void What_is_free_again_is_anybodys()
    {
        foreach (var end in new Action<ShmMapping>[]
        {
            static old => old.Dispose(),
            static old => old.Unmap(0, 0),
            static old => SegmentResize.Resize(old.Segment, Page),
            static old => SegmentResize.Resize(old.Segment, 2 * Pages * Page),
            static old => old.Protect(ShmProtection.Read, 3 * Page),
        })
        {
            var old = Mount(Make(ShmKind.MemFd, Pages), Place);
            Mount(Make(ShmKind.SysV, 1), Place + (2 * Page), replace: true).Dispose();
            const int Flags = Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_FIXED_NOREPLACE;
            var foreign = Libc.mmap(Place + (2 * Page), Page, Libc.PROT_READ | Libc.PROT_WRITE, Flags, -1, 0);
            Assert.Equal(Place + (2 * Page), foreign);
            System.Runtime.InteropServices.Marshal.WriteInt32(foreign, 77);

            end(old);
            RequireRefusal(old, 2 * Page);
            Assert.Equal(77, System.Runtime.InteropServices.Marshal.ReadInt32(foreign));
            old.Dispose();
            Assert.Equal(77, System.Runtime.InteropServices.Marshal.ReadInt32(foreign));
            Assert.Equal(0, Libc.munmap(foreign, Page));
        }
    }

    [Fact]
    public void Several_across_two_of_a_part_of_one_and_over_a_hole()
    {
        var (left, right) = (Mount(Make(ShmKind.Posix, 4), Place), Mount(Make(ShmKind.SysV, 4), Place + (4 * Page)));
        Fill(left);
        Fill(right);
        var across = Mount(Make(ShmKind.MemFd, 2), Place + (3 * Page), replace: true);
        Fill(across);
        RequireFilled(left, 3);
        RequireFilled(right, 0);

        var part = Mount(Make(ShmKind.SysV, 1), Place + (4 * Page), replace: true);
        Fill(part);
        RequireFilled(across, 1);

        left.Unmap(Page, Page);
        var over = Mount(Make(ShmKind.MemFd, 1), Place + Page, replace: true);
        Fill(over);
        RequireFilled(left, 1, 3);

        // What is not one of them stays the reservation it was.
        RequireError(ShmErrorId.AddressInUse, () => Mount(Make(ShmKind.MemFd, 1), Place + Page));
        left.Dispose();
        right.Dispose();
        RequireFilled(over);
        RequireFilled(across, 1);
        RequireFilled(part);
        Assert.Equal(
            [
                (Place + Page, Place + (2 * Page)), (Place + (3 * Page), Place + (4 * Page)),
                (Place + (4 * Page), Place + (5 * Page)),
            ],
            Areas());
    }

    [Fact]
    public void A_mapping_ends_with_its_last_page()
    {
        var old = Mount(Make(ShmKind.Posix, 3), Place);
        old.Unmap(2 * Page, Page);
        Mount(Make(ShmKind.MemFd, 1), Place, replace: true);
        Assert.True(old.IsMounted);
        Mount(Make(ShmKind.MemFd, 1), Place + Page, replace: true);
        Assert.False(old.IsMounted);
        RequireError(ShmErrorId.MappingDismounted, () => old.Reader.ReadByte(0));

        // With it goes the hole that it had kept.
        Assert.Equal([(Place, Place + Page), (Place + Page, Place + (2 * Page))], Areas());
        Assert.DoesNotContain(
            Directory.GetFiles("/proc/self/fd").Select(static file => new FileInfo(file).LinkTarget),
            target => target == "/dev/shm" + old.Segment.Name);
    }

    [Fact]
    public void Both_sides_are_guarded()
    {
        var segment = Make(ShmKind.Posix, Pages);
        var old = Mount(segment, Place);
        Fill(old);
        var other = Mount(Make(ShmKind.MemFd, 2), Place + (3 * Page), replace: true);
        Fill(other);
        Truncate(segment, Page);
        foreach (var page in new[] { 7, 1, 2, 5 })
        {
            RequireVanished(() => old.Reader.ReadByte(page * Page));
            RequireVanished(() => old.Writer.WriteInt32(page * Page, 1));
            RequireVanished(() => ShmAtomics.Add(old, page * Page, 1));
        }

        RequireFilled(old, [.. Enumerable.Range(1, Pages - 1)]);
        RequireFilled(other);
        RequireError(ShmErrorId.PageNotMapped, () => old.Reader.ReadByte(3 * Page));

        Truncate(segment, Pages * Page);
        foreach (var page in new[] { 1, 2, 5, 6, 7 })
        {
            Assert.Equal(0, old.Reader.ReadByte(page * Page));
            old.Writer.WriteByte(page * Page, 9);
            Assert.Equal(9, File.ReadAllBytes("/dev/shm" + segment.Name)[page * Page]);
        }

        RequireFilled(other);
        Assert.DoesNotContain(old.Regions, static region => region.State == ShmRegionState.Lost);
    }

    [Fact]
    public void What_was_lost_before_is_lost_afterwards_and_comes_back()
    {
        var segment = Make(ShmKind.Posix, Pages);
        var old = Mount(segment, Place);
        Fill(old);
        Truncate(segment, Page);
        RequireVanished(() => old.Reader.ReadBytes(0, Pages * Page));
        Mount(Make(ShmKind.MemFd, 1), Place + (3 * Page), replace: true);
        RequireVanished(() => old.Reader.ReadByte(6 * Page));
        RequireVanished(() => old.Reader.ReadByte(2 * Page));
        Truncate(segment, Pages * Page);
        Assert.Equal(0, old.Reader.ReadByte(6 * Page));
        Assert.Equal(0, old.Reader.ReadByte(2 * Page));
    }

    [Fact]
    public void A_held_mutex_keeps_its_page_and_no_other()
    {
        var old = Mount(Make(ShmKind.SysV, Pages), Place);
        var mutex = ShmMutex.Create(old, 4 * Page);
        Assert.Equal(ShmLockResult.Locked, mutex.Lock());
        var before = old.Regions;
        foreach (var (first, count) in new[] { (4, 1), (3, 2), (0, Pages) })
        {
            RequireError(
                ShmErrorId.SegmentInUse, () => Mount(Make(ShmKind.MemFd, count), Place + (first * Page), replace: true));
            Assert.Equal(before, old.Regions);
        }

        Mount(Make(ShmKind.MemFd, 2), Place + (2 * Page), replace: true);
        RequireError(ShmErrorId.SegmentInUse, old.Dismount);
        mutex.Unlock();
        Assert.Equal(ShmLockResult.Locked, mutex.Lock());
        old.Dispose();
        Assert.Contains((Place + (4 * Page), Place + (8 * Page)), Areas());
        mutex.Unlock();
        Assert.Equal([(Place + (2 * Page), Place + (4 * Page))], Areas());
    }

    [Fact]
    public void What_is_left_stays_locked_in_RAM()
    {
        var old = Mount(Make(ShmKind.SysV, Pages), Place, isLocked: true);
        Fill(old);
        Mount(Make(ShmKind.MemFd, 2), Place + (3 * Page), replace: true);
        Assert.Equal([true, false, true], Areas().Select(static area => IsLocked(area.Start)));
    }

    [Fact]
    public void The_object_gives_again_what_the_kernel_unmapped_for_a_mapping_that_did_not_come()
    {
        var old = Mount(Make(ShmKind.Posix, 2), Place + Page);
        Fill(old);
        using (var replacement = Replacement.Begin(Place, 4 * Page))
        {
            Assert.Equal(-(int)Errno.ENOMEM, replacement.Commit(
                static () => Libc.munmap(Place, 4 * Page) == 0 ? -(int)Errno.ENOMEM : 0, static () => Assert.Fail()));
        }

        RequireFilled(old);
        Assert.Equal([(Place + Page, Place + (3 * Page))], Areas());
    }

    [Fact]
    public void A_call_that_fails_leaves_all_as_it_was()
    {
        var old = Mount(Make(ShmKind.SysV, 2), Place + Page);
        Fill(old);
        using (var replacement = Replacement.Begin(Place, 4 * Page))
        {
            Assert.Equal(-(int)Errno.ENOMEM, replacement.Commit(
                static () => -(int)Errno.ENOMEM, static () => Assert.Fail()));
        }

        RequireFilled(old);
        Assert.Equal([new ShmRegion(0, 2 * Page, ShmRegionState.Mapped, old.Protection)], old.Regions);
        Assert.Equal([(Place + Page, Place + (3 * Page))], Areas());
        RequireAttachCount(old.Segment, 1);
    }

    [Fact]
    public void A_reader_sees_the_old_bytes_or_an_error_never_the_new_ones()
    {
        const int Rounds = 60;
        const int Readers = 3;
        var (segment, other) = (Make(ShmKind.Posix, Pages), Make(ShmKind.MemFd, 2));
        var fill = Mount(other, 0);
        fill.Writer.WriteBytes(0, Repeat(New, 2 * Page));
        ShmMapping? current = null;
        var isOver = false;
        Exception? failure = null;
        var seen = 0;
        var threads = Enumerable.Range(0, Readers).Select(index => new Thread(() =>
        {
            var random = new Random(index);
            while (!Volatile.Read(ref isOver) && failure is null)
            {
                try
                {
                    if (Volatile.Read(ref current) is not { } mapping)
                    {
                        Thread.Yield();
                        continue;
                    }

                    var length = random.Next(1, 3 * Page);
                    var bytes = mapping.Reader.ReadBytes(random.Next((Pages * Page) - length), length);
                    Assert.DoesNotContain(New, bytes);
                    Interlocked.Increment(ref seen);
                }
                catch (ShmException error) when (error.ErrorId is ShmErrorId.PageNotMapped or ShmErrorId.MappingDismounted)
                {
                    // As it should end.
                }
                catch (Exception error)
                {
                    failure = error;
                }
            }
        })
        { IsBackground = true }).ToArray();
        Array.ForEach(threads, static thread => thread.Start());
        for (var round = 0; round < Rounds; round++)
        {
            var old = Mount(segment, Place);
            Volatile.Write(ref current, old);
            for (var from = seen; seen - from < Readers && failure is null;)
            {
                Thread.Yield();
            }

            var place = Place + (round % (Pages - 1) * Page);
            var next = Mount(other, place, replace: true);
            (round % 2 == 0 ? old : next).Dispose();
            (round % 2 == 0 ? next : old).Dispose();
        }

        Volatile.Write(ref isOver, true);
        Array.ForEach(threads, static thread => thread.Join());
        Assert.Null(failure);
    }

    private ShmSegment Make(ShmKind kind, int pages)
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

    private ShmMapping Mount(ShmSegment segment, nint address, bool replace = false, bool isLocked = false)
    {
        var mapping = ShmMapping.Mount(
            segment, new ShmMountOptions { Address = address, Replace = replace, Lock = isLocked });
        _mappings.Add(mapping);
        return mapping;
    }

    private static byte[] Repeat(byte value, int count)
    {
        var bytes = new byte[count];
        Array.Fill(bytes, value);
        return bytes;
    }

    private static void Fill(ShmMapping mapping)
    {
        for (var page = 0; page * Page < mapping.Length; page++)
        {
            mapping.Writer.WriteBytes(page * Page, Repeat((byte)(page + 1), Page));
        }
    }

    private static void RequireFilled(ShmMapping mapping, params int[] except)
    {
        for (var page = 0; page * Page < mapping.Length; page++)
        {
            if (!except.Contains(page))
            {
                Assert.Equal(Repeat((byte)(page + 1), Page), mapping.Reader.ReadBytes(page * Page, Page));
            }
        }
    }

    private static void RequireError(ShmErrorId expected, Action act) =>
        Assert.Equal(expected, Assert.Throws<ShmException>(act).ErrorId);

    private static void RequireVanished(Action act) => RequireError(ShmErrorId.SegmentTruncated, act);

    /// <summary>The page is a hole, or beyond an end that came nearer; or new, where the mapping was made elsewhere.</summary>
    private static void RequireRefusal(ShmMapping mapping, long offset)
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

    private static void RequireAttachCount(ShmSegment segment, long expected)
    {
        if (segment.Kind == ShmKind.SysV)
        {
            Assert.Equal(expected, SysVSegments.FromId((int)segment.Id!).AttachCount);
        }
    }

    private static void Truncate(ShmSegment segment, long length)
    {
        using var file = new FileStream("/dev/shm" + segment.Name, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.SetLength(length);
    }

    /// <summary>What the kernel has mapped in the neighbourhood; areas of one object that adjoin are one.</summary>
    private static List<(nint Start, nint End)> Areas()
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

    private static nint AddressOf(string text) => unchecked((nint)Convert.ToUInt64(text, 16));

    private static bool IsLocked(nint address)
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
