using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace PSSharedMemory.UnitTests.Collections;

public sealed class QueueTests : IDisposable
{
    private const int Capacity = 1024;

    private readonly string _name = $"/pst-queue-{Guid.NewGuid():N}";
    private readonly ShmQueue _queue;

    public QueueTests() => _queue = ShmQueue.Create(
        PosixSegments.Create(_name, new ShmCreateOptions { Size = ShmQueue.SegmentSize(Capacity) }));

    public void Dispose()
    {
        _queue.Dispose();
        File.Delete($"/dev/shm{_name}");
    }

    [Fact]
    public void What_goes_in_comes_out_in_order_and_wraps_many_times()
    {
        using var other = Reopen();
        var random = new Random(1);
        for (var i = 0; i < 5000; i++)
        {
            var bytes = new byte[random.Next(0, (int)_queue.MaxMessageLength + 1)];
            random.NextBytes(bytes);
            _queue.Put(bytes, (uint)(i % 60000), TimeSpan.Zero);
            Assert.Equal(1, other.Count);
            Assert.True(other.TryGet(out var message));
            Assert.Equal(bytes, message!.Bytes);
            Assert.Equal((uint)(i % 60000), message.Type);
        }

        Assert.Equal(0, _queue.BytesUsed);
    }

    [Fact]
    public void It_is_made_and_opened_by_a_name_and_takes_text()
    {
        using var made = ShmQueue.Create(_name + "-2", Capacity);
        try
        {
            Assert.Equal((Capacity, ShmCreateOptions.DefaultMode), (made.Capacity, made.Segment.Mode));
            Fails(ShmErrorId.SegmentExists, () => ShmQueue.Create(_name + "-2", Capacity));
            Fails(ShmErrorId.InvalidSize, () => ShmQueue.Create(_name + "-3", 1));
            using var opened = ShmQueue.Open(_name + "-2");
            made.Put("grüße", TimeSpan.Zero);
            var message = opened.Get(TimeSpan.Zero);
            Assert.Equal(("grüße", (uint)ShmValueType.Text), (message.GetText(), message.Type));
        }
        finally
        {
            File.Delete($"/dev/shm{_name}-2");
        }

        Fails(ShmErrorId.SegmentNotFound, () => ShmQueue.Open(_name + "-2"));
        using var dictionary = ShmDictionary.Create(_name + "-2", Capacity);
        File.Delete($"/dev/shm{_name}-2");
    }

    [Fact]
    public void It_fills_to_the_last_byte_and_then_waits()
    {
        for (var i = 0; i < Capacity / 16; i++)
        {
            _queue.Put(BitConverter.GetBytes((long)i), timeout: TimeSpan.Zero);
        }

        Assert.Equal(Capacity, _queue.BytesUsed);
        Assert.Equal(Capacity / 16, _queue.Count);
        Fails(ShmErrorId.WaitTimeout, () => _queue.Put([], timeout: TimeSpan.Zero));
        var put = Task.Run(() => _queue.Put([1, 2, 3], timeout: TimeSpan.FromSeconds(10)));
        Assert.True(SpinWait.SpinUntil(() => _queue.WaitingSenders == 1, 5000));
        for (var i = 0; i < Capacity / 16; i++)
        {
            Assert.Equal(i, BitConverter.ToInt64(_queue.Get(TimeSpan.Zero).Bytes));
        }

        put.Wait();
        Assert.Equal([1, 2, 3], _queue.Get(TimeSpan.Zero).Bytes);
        Fails(ShmErrorId.WaitTimeout, () => _queue.Get(TimeSpan.Zero));
    }

    [Fact]
    public void A_message_longer_than_half_the_capacity_is_refused()
    {
        Assert.Equal((Capacity / 2) - 8, _queue.MaxMessageLength);
        Fails(ShmErrorId.OutOfRange, () => _queue.Put(new byte[_queue.MaxMessageLength + 1]));
        Fails(ShmErrorId.OutOfRange, () => _queue.Put([], 65536));
        _queue.Put(new byte[_queue.MaxMessageLength]);
        Fails(ShmErrorId.OutOfRange, () => _queue.TryGet(new byte[10], out _, out _));
        Assert.Equal(1, _queue.Count);
    }

    [Fact]
    public void A_wait_ends_with_a_message_and_with_its_cancelling()
    {
        using var other = Reopen();
        var get = Task.Run(() => other.Get());
        Assert.True(SpinWait.SpinUntil(() => _queue.WaitingReceivers == 1, 5000));
        _queue.Put("hello"u8, (uint)ShmValueType.Text);
        Assert.Equal("hello", Encoding.UTF8.GetString(get.Result.Bytes));
        Assert.Equal(0, _queue.WaitingReceivers);

        using var source = new CancellationTokenSource();
        var cancelled = Task.Run(() => other.Get(null, source.Token));
        Assert.True(SpinWait.SpinUntil(() => _queue.WaitingReceivers == 1, 5000));
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => cancelled.GetAwaiter().GetResult());
    }

    [Fact]
    public void A_killed_waiter_is_not_counted_for_ever()
    {
        const int GettersAsleep = 140;
        using var raw = ShmMapping.Mount(_queue.Segment);
        raw.Writer.WriteInt32(GettersAsleep, 1);
        for (var i = 0; i < 20; i++)
        {
            _queue.Put([1]);
            _queue.Get();
        }

        Assert.Equal(0, raw.Reader.ReadInt32(GettersAsleep));
    }

    [Fact]
    public void A_claim_beyond_the_end_is_none()
    {
        const int Tail = 128;
        using var raw = ShmMapping.Mount(_queue.Segment);
        _queue.Put([1]);
        _queue.Put([2]);
        _ = _queue.Claim();
        var claim = _queue.Claim();
        var tail = raw.Reader.ReadInt64(Tail);
        raw.Writer.WriteInt64(Tail, tail / 2);
        Assert.False(claim.Complete());
        raw.Writer.WriteInt64(Tail, tail);
        Assert.True(claim.Complete());
    }

    [Fact]
    public void A_claimed_message_is_there_until_the_work_is_done()
    {
        Fill(5);
        var first = _queue.Claim(TimeSpan.Zero);
        var second = _queue.Claim(TimeSpan.Zero);
        Assert.Equal([1, 2], [first.Message.Bytes[0], second.Message.Bytes[0]]);
        Assert.Equal(5, _queue.Count);
        Assert.Equal([Environment.ProcessId, Environment.ProcessId], _queue.ClaimProcessIds);
        Assert.Equal(3, _queue.Get(TimeSpan.Zero).Bytes[0]);
        Assert.True(second.Complete());
        Assert.False(second.Complete());
        Assert.Equal(3, _queue.Count);
        Assert.True(first.Release());
        Assert.Equal(1, _queue.Get(TimeSpan.Zero).Bytes[0]);
        Assert.Equal(2, _queue.Count);
        Assert.Equal(32, _queue.BytesUsed);
        Assert.Equal([4, 5], [_queue.Get().Bytes[0], _queue.Get().Bytes[0]]);
        Assert.Equal(0, _queue.BytesUsed);
        Assert.Empty(_queue.ClaimProcessIds);
    }

    [Fact]
    public void A_mark_of_one_who_died_before_the_claim_was_committed_counts_for_nothing()
    {
        using var raw = ShmMapping.Mount(_queue.Segment);
        Fill(3);
        raw.Writer.WriteInt32(4096 + 4, (6 << 16) | 1);
        Assert.Equal(1, _queue.Get(TimeSpan.Zero).Bytes[0]);
        raw.Writer.WriteInt32(4096 + 16 + 4, (1 << 16) | 1);
        Assert.Equal(2, _queue.Claim(TimeSpan.Zero).Message.Bytes[0]);
        raw.Writer.WriteInt32(4096 + 32 + 4, (0x7FFF << 16) | 1);
        Fails(ShmErrorId.InvalidStructure, () => _queue.Get(TimeSpan.Zero));
    }

    [Fact]
    public void A_lease_that_is_over_gives_the_message_to_the_next()
    {
        Fill(1);
        var claim = _queue.Claim(TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, _queue.Get(TimeSpan.FromSeconds(5)).Bytes[0]);
        Assert.False(claim.Complete());
        Assert.Equal(0, _queue.BytesUsed);
    }

    [Fact]
    public void More_claims_than_there_are_places_wait()
    {
        using var large = Large(out var segment);
        for (var i = 0; i < 113; i++)
        {
            large.Put([(byte)i]);
        }

        var claims = Enumerable.Range(0, 112).Select(_ => large.Claim(TimeSpan.Zero)).ToArray();
        Fails(ShmErrorId.WaitTimeout, () => large.Claim(TimeSpan.Zero));
        Assert.True(claims[50].Complete());
        Assert.Equal(112, large.Claim(TimeSpan.Zero).Message.Bytes[0]);
        ShmSegments.Remove(segment);
    }

    [Fact]
    public void A_random_walk_agrees_with_a_list()
    {
        var random = new Random(7);
        var model = new System.Collections.Generic.List<(int Value, ShmClaim? Claim)>();
        for (var step = 0; step < 20000; step++)
        {
            var next = model.FindIndex(static entry => entry.Claim is null);
            switch (random.Next(4))
            {
                case 0 when _queue.BytesUsed < Capacity / 2:
                    _queue.Put(
                        BitConverter.GetBytes(step).Concat(new byte[random.Next(40)]).ToArray(),
                        timeout: TimeSpan.Zero);
                    model.Add((step, null));
                    break;
                case 1 when next >= 0:
                    Assert.Equal(model[next].Value, BitConverter.ToInt32(_queue.Get(TimeSpan.Zero).Bytes));
                    model.RemoveAt(next);
                    break;
                case 2 when next >= 0:
                    var claim = _queue.Claim(TimeSpan.Zero);
                    Assert.Equal(model[next].Value, BitConverter.ToInt32(claim.Message.Bytes));
                    model[next] = (model[next].Value, claim);
                    break;
                case 3 when model.FindAll(static entry => entry.Claim is not null) is { Count: > 0 } claims:
                    var (value, settled) = claims[random.Next(claims.Count)];
                    var index = model.FindIndex(entry => entry.Value == value);
                    if (random.Next(2) == 0)
                    {
                        Assert.True(settled!.Complete());
                        model.RemoveAt(index);
                    }
                    else
                    {
                        Assert.True(settled!.Release());
                        model[index] = (value, null);
                    }

                    break;
                default:
                    break;
            }

            Assert.Equal(model.Count, _queue.Count);
        }
    }

    [Fact]
    public void Any_byte_of_the_header_may_be_any_other()
    {
        using var raw = ShmMapping.Mount(_queue.Segment);
        Fill(6);
        _ = _queue.Claim(TimeSpan.Zero);
        var sound = raw.Reader.ReadBytes(0, (int)raw.Length);
        for (var at = 0; at < 600; at++)
        {
            foreach (var flip in new byte[] { 0xFF, 0x01, 0x80 })
            {
                raw.Writer.WriteBytes(at, [(byte)(sound[at] ^ flip)]);
                UseEverything(raw);
                raw.Writer.WriteBytes(0, sound);
            }
        }
    }

    [Fact]
    public void Any_byte_of_the_records_may_be_any_other()
    {
        using var raw = ShmMapping.Mount(_queue.Segment);
        Fill(6);
        _ = _queue.Claim(TimeSpan.Zero);
        var sound = raw.Reader.ReadBytes(0, (int)raw.Length);
        for (var at = 4096; at < 4096 + 96; at++)
        {
            foreach (var flip in new byte[] { 0xFF, 0x01, 0x80 })
            {
                raw.Writer.WriteBytes(at, [(byte)(sound[at] ^ flip)]);
                UseEverything(raw);
                raw.Writer.WriteBytes(0, sound);
            }
        }
    }

    [Fact]
    public void What_is_no_queue_is_not_opened()
    {
        using var raw = ShmMapping.Mount(_queue.Segment);
        var sound = raw.Reader.ReadBytes(0, 128);
        foreach (var at in new[] { 0, 8, 12, 16, 24, 80 })
        {
            raw.Writer.WriteBytes(at, [(byte)(sound[at] + 1)]);
            Fails(ShmErrorId.InvalidStructure, () => Reopen().Dispose());
            raw.Writer.WriteBytes(0, sound);
        }

        Reopen().Dispose();
    }

    [Fact]
    public void A_header_whose_maker_died_is_finished_by_the_next()
    {
        using var raw = ShmMapping.Mount(_queue.Segment);
        raw.Writer.WriteBytes(0, new byte[16]);
        Fails(ShmErrorId.InvalidStructure, () => Reopen().Dispose());
        using var made = ShmQueue.Create(PosixSegments.FromName(_name));
        made.Put([9]);
        Assert.Equal(9, _queue.Get(TimeSpan.Zero).Bytes[0]);
    }

    private static ShmException Fails(ShmErrorId id, Action action)
    {
        var error = Assert.Throws<ShmException>(action);
        Assert.Equal(id, error.ErrorId);
        return error;
    }

    private static ShmQueue Large(out ShmSegment segment)
    {
        segment = SysVSegments.CreatePrivate(new ShmCreateOptions { Size = ShmQueue.SegmentSize(64 * 1024) });
        return ShmQueue.Create(segment);
    }

    /// <summary>Nothing but our own errors, nothing that lasts, nothing large.</summary>
    private void UseEverything(ShmMapping raw)
    {
        Action[] uses =
        [
            () => _ = _queue.Count,
            () => _ = _queue.BytesUsed,
            () => _ = _queue.ClaimProcessIds,
            () => _ = _queue.GetLock,
            () => _queue.Put([1, 2, 3, 4, 5, 6, 7, 8, 9], timeout: TimeSpan.Zero),
            () => _queue.Claim(TimeSpan.Zero).Release(),
            () => _queue.Claim(TimeSpan.Zero).Complete(),
            () => { while (_queue.TryGet(out _)) { } },
            () => Reopen().Dispose(),
        ];
        HostileUses.Endure(
            uses, ShmErrorId.InvalidStructure, ShmErrorId.WaitTimeout, ShmErrorId.NotRecoverable);
    }

    private void Fill(int count)
    {
        for (var i = 1; i <= count; i++)
        {
            _queue.Put([(byte)i]);
        }
    }

    private ShmQueue Reopen() => ShmQueue.Open(PosixSegments.FromName(_name));
}
