using System;
using System.Linq;
using System.Threading.Tasks;
using PSSharedMemory.UnitTests.Sync;
using Xunit;

namespace PSSharedMemory.UnitTests.Collections;

public sealed class ListTests : SyncFixture
{
    [Theory]
    [MemberData(nameof(Both))]
    public void A_C_program_reads_and_extends_the_same_list(bool isGuarded)
    {
        var m = MappingOf(isGuarded);
        var list = ShmList.Create(m);
        Assert.Equal(
            new byte[]
            {
                0x4D, 0x45, 0x4D, 0x53, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 24, 0, 0, 0, 0, 0, 0, 0
            },
            m.Reader.ReadBytes(0, 24));
        using var peer = new SyncPeer(m.Segment);
        Assert.Equal(new ShmListItem(24, 1), list.Add(1));
        peer.Ask("list-add 2");
        Assert.Equal(new ShmListItem(40, -3), list.Add(-3));
        Assert.Equal("-3 2 1 end", peer.Ask("list-print"));
        Assert.Equal([new(40, -3), new(32, 2), new(24, 1)], list.Items());
        peer.Ask("list-create");
        Assert.Empty(ShmList.Open(m).Items());
    }

    [Fact]
    public void Where_no_header_fits_nothing_is_written()
    {
        var segment = PosixSegments.Create($"/pst-tiny-{Guid.NewGuid():N}", new ShmCreateOptions { Size = 16 });
        try
        {
            using var m = ShmMapping.Mount(segment);
            Fails(ShmErrorId.OutOfRange, () => ShmArena.Create(m));
            Fails(ShmErrorId.OutOfRange, () => ShmList.Create(m));
            Assert.Equal(new byte[16], m.Reader.ReadBytes(0, 16));
        }
        finally
        {
            ShmSegments.Remove(segment);
        }
    }

    [Fact]
    public void One_who_makes_it_is_waited_for_and_one_who_was_killed_at_it_is_not()
    {
        const uint HalfMade = ~0x534D454Du;
        Plain.Writer.WriteUInt32(0, HalfMade);
        using var peer = new SyncPeer(Plain.Segment);
        var making = Task.Run(() => ShmArena.Create(Plain));
        peer.Ask("list-create");
        peer.Ask("list-add 7");
        Assert.Equal(ShmErrorId.SegmentExists, Assert.ThrowsAsync<ShmException>(() => making).Result.ErrorId);
        Assert.Single(ShmList.Open(Plain).Items());

        Guarded.Writer.WriteUInt32(0, HalfMade);
        var list = ShmList.Create(Guarded);
        list.Add(1);
        Assert.Single(list.Items());
    }

    [Fact]
    public void Nothing_is_lost_between_threads_and_a_C_program()
    {
        var list = ShmList.Create(Plain);
        using var peer = new SyncPeer(Plain.Segment);
        Parallel.For(0, 1000, i => list.Add(i));
        for (var i = 0; i < 100; i++)
        {
            peer.Ask($"list-add {1000 + i}");
            list.Add(2000 + i);
        }

        Assert.Equal(
            Enumerable.Range(0, 1100).Concat(Enumerable.Range(2000, 100)),
            list.Items().Select(static item => item.Value).Order());
    }

    [Fact]
    public void Writers_that_are_killed_leave_it_whole()
    {
        var random = new Random(15);
        using var big = new BigSegment();
        var list = ShmList.Create(big.Mapping);
        var own = 0;
        for (var round = 0; round < 200; round++)
        {
            using var peer = new SyncPeer(big.Mapping.Segment);
            peer.Ask($"list-adds-forever {round}");
            for (var i = random.Next(20); i >= 0; i--)
            {
                list.Add(-1);
                own++;
            }

            peer.Kill();
        }

        var items = list.Items().ToArray();
        Assert.Equal(own, items.Count(static item => item.Value == -1));
        Assert.True(items.Length > own);
        Assert.Equal(items.Length, items.Select(static item => item.Offset).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Damage_is_named_and_never_followed(bool isGuarded)
    {
        var m = MappingOf(isGuarded);
        Fails(ShmErrorId.InvalidStructure, () => ShmList.Open(m));
        var list = ShmList.Create(m);
        for (var i = 0; i < 3; i++)
        {
            list.Add(i);
        }

        // 40 -> 32 -> 24 -> none
        AfterSetting(28, 40, 3);
        AfterSetting(28, 24, 3);
        AfterSetting(28, 0, 3);
        AfterSetting(28, 33, 3);
        AfterSetting(28, 48, 3);
        AfterSetting(28, -8, 3);
        AfterSetting(28, int.MaxValue, 3);
        AfterSetting(28, int.MinValue, 3);
        AfterSetting(8, 16, 0);
        AfterSetting(16, 1 << 30, 0);
        AfterSetting(16, 25, 0);
        AfterSetting(20, -1, 0);
        m.Writer.WriteInt32(20, -1);
        Fails(ShmErrorId.InvalidStructure, () => list.Add(1));
        m.Writer.WriteInt32(20, 0);
        m.Writer.WriteInt32(16, 52);
        Fails(ShmErrorId.InvalidStructure, () => list.Add(1));
        m.Writer.WriteInt32(16, 48);
        m.Writer.WriteInt32(4, 2);
        Fails(ShmErrorId.InvalidStructure, () => ShmList.Open(m));

        void AfterSetting(long offset, int value, int sound)
        {
            var before = m.Reader.ReadInt32(offset);
            m.Writer.WriteInt32(offset, value);
            var seen = 0;
            Fails(ShmErrorId.InvalidStructure, () =>
            {
                foreach (var item in list.Items())
                {
                    seen++;
                }
            });
            Assert.Equal(sound, seen);
            m.Writer.WriteInt32(offset, before);
            Assert.Equal(3, list.Items().Count());
        }
    }

    [Fact]
    public void A_full_arena_is_an_error_and_stays_whole()
    {
        using var small = new BigSegment(64);
        var list = ShmList.Create(small.Mapping);
        for (var i = 0; i < 5; i++)
        {
            list.Add(i);
        }

        Fails(ShmErrorId.NoSpace, () => list.Add(5));
        Assert.Equal(64, list.Arena.NextFreeOffset);
        Assert.Equal(5, list.Items().Count());
        Fails(ShmErrorId.OutOfRange, () => list.Arena.Allocate(0));
        Fails(ShmErrorId.NoSpace, () => list.Arena.Allocate(long.MaxValue));
    }

    [Fact]
    public void What_is_there_is_not_made_anew_by_accident()
    {
        ShmArena.Create(Plain);
        Fails(ShmErrorId.SegmentExists, () => ShmArena.Create(Plain));
        var list = ShmList.Create(Plain);
        list.Add(1);
        Fails(ShmErrorId.SegmentExists, () => ShmList.Create(Plain));
        Assert.Empty(ShmList.Create(Plain, force: true).Items());
        Assert.Equal(32, list.Arena.NextFreeOffset);
        Assert.Equal(24, ShmArena.Create(Plain, force: true).NextFreeOffset);
    }

    private sealed class BigSegment : IDisposable
    {
        public BigSegment(long size = 32 << 20) =>
            Mapping = ShmMapping.Mount(SysVSegments.CreatePrivate(new ShmCreateOptions { Size = size }));

        public ShmMapping Mapping { get; }

        public void Dispose()
        {
            ShmSegments.Remove(Mapping.Segment);
            Mapping.Dispose();
        }
    }
}
