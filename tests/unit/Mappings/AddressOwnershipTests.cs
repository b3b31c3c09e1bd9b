using System;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Mappings;

/// <summary>Whose an address is, once a part of a mapping was replaced: nobody unmaps what is another's.</summary>
[Collection(nameof(Alone))]
public sealed class AddressOwnershipTests() : ReplacementFixture(unchecked((nint)0x3200_0000_0000L))
{
    private const byte New = 0xEE;

    [Fact]
    public void What_was_dropped_is_replaced_also_while_its_finalizer_is_due()
    {
        var other = Make(ShmKind.SysV, 1);
        Drop(Make(ShmKind.MemFd, 2));
        GC.Collect();

        var next = Mount(other, Place, replace: true);
        Fill(next);
        Assert.Equal([(Place, Place + Page)], Areas());
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
            Marshal.WriteInt32(foreign, 77);

            end(old);
            RequireRefusal(old, 2 * Page);
            Assert.Equal(77, Marshal.ReadInt32(foreign));
            old.Dispose();
            Assert.Equal(77, Marshal.ReadInt32(foreign));
            Assert.Equal(0, Libc.munmap(foreign, Page));
        }
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
    public void The_object_gives_again_what_the_kernel_unmapped_for_a_mapping_that_did_not_come()
    {
        var old = Mount(Make(ShmKind.Posix, 2), Place + Page);
        Fill(old);
        using (var replacement = Replacement.Begin(Place, 4 * Page))
        {
            Assert.Equal(-(int)Errno.ENOMEM, replacement.Commit(
                () => Libc.munmap(Place, 4 * Page) == 0 ? -(int)Errno.ENOMEM : 0, static () => Assert.Fail()));
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

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Drop(ShmSegment segment)
    {
        _ = new Slow();
        _ = ShmMapping.Mount(segment, new ShmMountOptions { Address = Place });
    }

    /// <summary>Finalizers of safe handles come behind the others.</summary>
    private sealed class Slow
    {
        ~Slow() => Thread.Sleep(200);
    }
}
