using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace PSSharedMemory.UnitTests.Sync;

public sealed class AtomicsTests : SyncFixture
{
    [Theory]
    [MemberData(nameof(Both))]
    public void Each_operation_gives_the_old_value(bool isGuarded)
    {
        var m = MappingOf(isGuarded);
        Assert.Equal(0, ShmAtomics.Add(m, 0, 5));
        Assert.Equal(5, ShmAtomics.Exchange(m, 0, 0b1100));
        Assert.Equal(0b1100, ShmAtomics.And(m, 0, 0b0110));
        Assert.Equal(0b0100, ShmAtomics.Or(m, 0, 0b0001));
        Assert.Equal(0b0101, ShmAtomics.Xor(m, 0, 0b0111));
        Assert.Equal(0b0010, ShmAtomics.CompareExchange(m, 0, 9, 3));
        Assert.Equal(0b0010, ShmAtomics.CompareExchange(m, 0, 9, 2));
        Assert.Equal(9, ShmAtomics.Load<int>(m, 0));

        Assert.Equal(0UL, ShmAtomics.Add(m, 8, ulong.MaxValue));
        Assert.Equal(ulong.MaxValue, ShmAtomics.Xor(m, 8, 1UL << 63));
        Assert.Equal(long.MaxValue, ShmAtomics.Add(m, 8, 1L));
        Assert.Equal(long.MinValue, ShmAtomics.Load<long>(m, 8));
        Assert.Equal(0u, ShmAtomics.Add(m, 16, uint.MaxValue));
        Assert.Equal(-1, m.Reader.ReadInt32(16));
        Assert.Equal(0, m.Reader.ReadInt32(20));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void What_is_not_aligned_or_not_there_is_refused(bool isGuarded)
    {
        var m = MappingOf(isGuarded);
        Fails(ShmErrorId.InvalidOffset, () => ShmAtomics.Add(m, 2, 1));
        Fails(ShmErrorId.InvalidOffset, () => ShmAtomics.Add(m, 4, 1L));
        Fails(ShmErrorId.OutOfRange, () => ShmAtomics.Add(m, m.Length - 3, 1));
        Fails(ShmErrorId.OutOfRange, () => ShmAtomics.Add(m, -4, 1));
        m.Protect(ShmProtection.Read);
        Fails(ShmErrorId.PageProtected, () => ShmAtomics.Add(m, 0, 1));
        Assert.Equal(0, ShmAtomics.Load<int>(m, 0));
        m.Dispose();
        Fails(ShmErrorId.MappingDismounted, () => ShmAtomics.Add(m, 0, 1));
    }

    [Fact]
    public void An_object_that_a_peer_truncated_is_an_error()
    {
        Truncate(4096 + 100);
        Fails(ShmErrorId.SegmentTruncated, () => ShmAtomics.Add(Guarded, 8192, 1));

        // The rest of a page in which the object ends is there, and nobody's.
        Assert.Equal(0, ShmAtomics.Add(Guarded, 4096 + 100, 1));
        Assert.Equal(0, ShmAtomics.Add(Guarded, 4096 + 96, 1));
        Truncate(0);
        Fails(ShmErrorId.SegmentTruncated, () => ShmAtomics.Load<int>(Guarded, 0));
        Fails(ShmErrorId.SegmentTruncated, () => ShmAtomics.Xor(Guarded, 0, 1L));
        Truncate(8192);
        Assert.Equal(0, ShmAtomics.Exchange(Guarded, 0, 5));
        Assert.Equal(5, ShmAtomics.Load<int>(Guarded, 0));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void No_count_is_lost_between_threads_and_a_C_program(bool isGuarded)
    {
        const int Each = 20_000;
        var m = MappingOf(isGuarded);
        using var peer = new SyncPeer(m.Segment);
        peer.Tell($"adds 0 {Each} 3");
        Parallel.For(0, 4, _ =>
        {
            for (var i = 0; i < Each; i++)
            {
                ShmAtomics.Add(m, 0, 1);
                ShmAtomics.Add(m, 8, 1L << 32);
            }
        });
        peer.Answer();
        Assert.Equal((4 * Each) + (3 * Each), ShmAtomics.Load<int>(m, 0));
        Assert.Equal($"{4L * Each << 32}", peer.Ask("load64 8"));
    }

    [Fact]
    public async Task A_dismount_in_the_middle_is_an_error_and_nothing_else()
    {
        for (var round = 0; round < 20; round++)
        {
            var mapping = ShmMapping.Mount(Plain.Segment);
            var threads = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
            {
                while (true)
                {
                    ShmAtomics.Add(mapping, 0, 1);
                }
            })).ToArray();
            System.Threading.Thread.Sleep(1);
            mapping.Dispose();
            foreach (var thread in threads)
            {
                var error = await Assert.ThrowsAsync<ShmException>(() => thread);
                Assert.Equal(ShmErrorId.MappingDismounted, error.ErrorId);
            }
        }
    }
}
