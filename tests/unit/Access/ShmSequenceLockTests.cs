using System;
using System.Threading;
using Xunit;

namespace PSSharedMemory.UnitTests.Access;

/// <summary>Reading between two writes: a writer that comes in between is played by what reads.</summary>
public sealed class ShmSequenceLockTests
{
    private static ShmMapping Memory() =>
        ShmMapping.Mount(MemFdSegments.Create("pst-seq", new ShmCreateOptions { Size = 4096 }));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void What_is_written_meanwhile_is_read_again(int size)
    {
        using var mapping = Memory();
        // The widest counter goes round from its last number to 0.
        mapping.Writer.WriteBytes(0, [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        var sequence = new ShmSequenceLock(mapping, 0, size);
        var tries = 0;
        var value = sequence.Read(() =>
        {
            if (++tries == 1)
            {
                mapping.Writer.WriteBytes(0, new byte[size]);
            }

            return tries;
        });
        Assert.Equal((2, 2), (value, tries));
    }

    [Fact]
    public void What_fails_while_somebody_writes_is_tried_again_and_else_thrown()
    {
        using var mapping = Memory();
        var sequence = new ShmSequenceLock(mapping, 0);
        var tries = 0;
        Assert.Equal(7, sequence.Read(() =>
        {
            if (++tries == 1)
            {
                mapping.Writer.WriteUInt32(0, 2);
                throw new ShmException(ShmErrorId.InvalidStructure, "half of it");
            }

            return 7;
        }));
        var error = Assert.Throws<ShmException>(() => sequence.Read<int>(
            () => throw new ShmException(ShmErrorId.InvalidStructure, "all of it")));
        Assert.Equal("all of it", error.Message);
    }

    [Theory]
    [InlineData(ShmByteOrder.Native, 1, 0, true)]
    [InlineData(ShmByteOrder.BigEndian, 1, 0, false)]
    [InlineData(ShmByteOrder.BigEndian, 0, 1, true)]
    public void An_odd_counter_is_waited_for_in_its_own_order(ShmByteOrder order, byte low, byte high, bool isOdd)
    {
        using var mapping = Memory();
        mapping.Writer.WriteBytes(0, [low, 0, 0, high]);
        var sequence = new ShmSequenceLock(mapping, 0, 4, order) { Timeout = TimeSpan.Zero };
        if (isOdd)
        {
            var error = Assert.Throws<ShmException>(() => sequence.Read(() => 0));
            Assert.Equal(ShmErrorId.WaitTimeout, error.ErrorId);
        }
        else
        {
            Assert.Equal(0, sequence.Read(() => 0));
        }
    }

    [Fact]
    public void Two_counters_have_to_be_the_same()
    {
        using var mapping = Memory();
        mapping.Writer.WriteUInt32(0, 5);
        mapping.Writer.WriteUInt32(8, 4);
        var sequence = new ShmSequenceLock(mapping, 0, 8, 4) { Timeout = TimeSpan.Zero };
        Assert.Equal(
            ShmErrorId.WaitTimeout, Assert.Throws<ShmException>(() => sequence.Read(() => 0)).ErrorId);
        mapping.Writer.WriteUInt32(8, 5);
        Assert.Equal(3, sequence.Read(() => 3));
        sequence = new ShmSequenceLock(mapping, 0, 8, 4);
        var tries = 0;
        Assert.Equal(2, sequence.Read(() =>
        {
            if (++tries == 1)
            {
                mapping.Writer.WriteUInt32(0, 6);
                mapping.Writer.WriteUInt32(8, 6);
            }

            return tries;
        }));
    }

    [Fact]
    public void A_wait_is_cancelled()
    {
        using var mapping = Memory();
        mapping.Writer.WriteUInt32(0, 1);
        using var source = new CancellationTokenSource(50);
        var sequence = new ShmSequenceLock(mapping, 0) { Cancellation = source.Token };
        Assert.ThrowsAny<OperationCanceledException>(() => sequence.Read(() => 0));
    }
}
