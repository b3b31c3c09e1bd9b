using System;
using System.IO;
using System.Linq;
using System.Threading;
using Xunit;

namespace PSSharedMemory.UnitTests.Mappings;

/// <summary>A mapping in the place of a part of others: what is left of these stays as it was.</summary>
public sealed class PartialReplacementTests() : ReplacementFixture(unchecked((nint)0x3100_0000_0000L))
{
    private const byte New = 0xEE;

    [Theory, MemberData(nameof(Kinds))]
    public void Both_sides_stay_as_they_were_and_the_books_show_the_hole(ShmKind kind, ShmKind other)
    {
        var old = Mount(Make(kind, Pages), Place);
        Fill(old);
        old.Protect(ShmProtection.Read, 7 * Page);
        var next = Mount(Make(other, 2), Place + (3 * Page), replace: true);
        next.Writer.WriteBytes(0, Repeat(New, 2 * Page));

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
        (int, int)[] touching = [(3 * Page, 1), ((5 * Page) - 1, 1), (0, Pages * Page), ((3 * Page) - 1, 2)];
        foreach (var (offset, length) in touching)
        {
            RequireError(ShmErrorId.PageNotMapped, () => old.Reader.ReadBytes(offset, length));
        }

        old.Writer.WriteInt32(2 * Page, 5);
        Assert.Equal(5, ShmAtomics.Add(old, 2 * Page, 1));
        old.Protect(ShmProtection.Read, 0, Page);
        RequireError(ShmErrorId.PageProtected, () => old.Writer.WriteByte(0, 1));
        RequireError(ShmErrorId.PageNotMapped, () => old.Protect(ShmProtection.Read, 2 * Page, 2 * Page));
        Assert.Equal(New, next.Reader.ReadByte(0));

        old.Dispose();
        Assert.Equal(Repeat(New, 2 * Page), next.Reader.ReadBytes(0, 2 * Page));
        Assert.Equal([(Place + (3 * Page), Place + (5 * Page))], Areas());
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Is_cleared_and_copied_by_its_own_holes_not_by_those_of_what_replaced_its_start(
        ShmKind kind, ShmKind other)
    {
        var old = Mount(Make(kind, Pages), Place + (Pages * Page));
        Fill(old);
        var next = Mount(Make(other, Pages + 1), Place, replace: true);
        var copy = Mount(Make(ShmKind.MemFd, Pages), 0);

        using (var rest = ShmRange.Of(old, Page))
        using (var target = ShmRange.Of(copy, Page))
        {
            rest.CopyTo(target);
            RequireFilled(copy, except: 0);
            target.CopyTo(rest);
            RequireFilled(old, except: 0);
        }

        using (var part = ShmRange.Of(old, 4 * Page))
        {
            part.Fill([0]);
        }

        RequireFilled(old, except: [0, 4, 5, 6, 7]);
        Assert.Equal(new byte[4 * Page], old.Reader.ReadBytes(4 * Page, 4 * Page));
        Assert.Equal(new byte[(Pages + 1) * Page], next.Reader.ReadBytes(0, (Pages + 1) * Page));
        Assert.Equal(ShmPageState.Hole, ShmPages.Of(old)[0].State);
        Assert.All(ShmPages.Of(old).Skip(1), static run => Assert.Equal(ShmPageState.Resident, run.State));
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
                ShmErrorId.SegmentInUse,
                () => Mount(Make(ShmKind.MemFd, count), Place + (first * Page), replace: true));
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
                catch (ShmException error) when (
                    error.ErrorId is ShmErrorId.PageNotMapped or ShmErrorId.MappingDismounted)
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
}
