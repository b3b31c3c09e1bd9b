using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace PSSharedMemory.UnitTests.Collections;

public sealed class DictionaryTests : IDisposable
{
    private readonly string _name = $"/pst-dictionary-{Guid.NewGuid():N}";
    private readonly ShmDictionary _dictionary;

    public DictionaryTests() => _dictionary = ShmDictionary.Create(
        PosixSegments.Create(_name, new ShmCreateOptions { Size = ShmDictionary.SegmentSize(2048) }));

    public void Dispose()
    {
        _dictionary.Dispose();
        File.Delete($"/dev/shm{_name}");
    }

    [Fact]
    public void A_random_walk_agrees_with_a_dictionary()
    {
        var random = new Random(3);
        var model = new Dictionary<string, byte[]>();
        for (var step = 0; step < 20000; step++)
        {
            var text = $"key{random.Next(12)}";
            var key = Encoding.UTF8.GetBytes(text);
            if (random.Next(4) == 0)
            {
                Assert.Equal(model.Remove(text), _dictionary.Remove(key, 2));
            }
            else
            {
                var value = new byte[random.Next(60)];
                random.NextBytes(value);
                _dictionary.Set(key, 2, value, 1);
                model[text] = value;
            }

            var probe = $"key{random.Next(12)}";
            Assert.Equal(model.GetValueOrDefault(probe), _dictionary.Find(Encoding.UTF8.GetBytes(probe), 2)?.Bytes);
        }

        Assert.Equal(model.Count, _dictionary.Count);
    }

    [Fact]
    public void A_change_that_was_cancelled_is_not_computed()
    {
        using var cancelled = new System.Threading.CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => _dictionary.Exchange(
            [1], 1, static _ => throw new InvalidOperationException("It was computed."), cancelled.Token));
    }

    [Fact]
    public void A_reader_sees_no_half_of_a_value_while_it_is_compacted_all_the_time()
    {
        using var reader = ShmDictionary.Open(PosixSegments.FromName(_name));
        _dictionary.Set("n"u8, 2, new byte[100], 1);
        using var source = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        var writing = Task.Run(() =>
        {
            for (var i = 0; !source.IsCancellationRequested; i++)
            {
                _dictionary.Set("n"u8, 2, Enumerable.Repeat((byte)i, 100 + (i % 3)).ToArray(), 1);
            }
        });
        while (!source.IsCancellationRequested)
        {
            var bytes = reader.Find("n"u8, 2)!.Bytes;
            Assert.All(bytes, value => Assert.Equal(bytes[0], value));
        }

        writing.Wait();
    }

    [Fact]
    public void Any_byte_may_be_any_other()
    {
        using var raw = ShmMapping.Mount(_dictionary.Segment);
        _dictionary.Set("a"u8, 2, new byte[20], 1);
        _dictionary.Set("b"u8, 2, new byte[30], 1);
        var sound = raw.Reader.ReadBytes(0, (int)raw.Length);

        // Not the lock: who reads there that another thread holds it has to wait.
        var places = Enumerable.Range(0, 64).Concat(Enumerable.Range(104, 96)).Concat(Enumerable.Range(4096, 400));
        foreach (var at in places)
        {
            foreach (var flip in new byte[] { 0xFF, 0x01, 0x80 })
            {
                raw.Writer.WriteBytes(at, [(byte)(sound[at] ^ flip)]);
                UseEverything();
                raw.Writer.WriteBytes(0, sound);
            }
        }
    }

    private void UseEverything()
    {
        Action[] uses =
        [
            () => _ = _dictionary.Count,
            () => _ = _dictionary.Find("a"u8, 2),
            () => _dictionary.Set("b"u8, 2, new byte[40], 1),
            () => _dictionary.Set("c"u8, 2, new byte[1500], 1),
            () => _dictionary.Set("c"u8, 2, new byte[1500], 1),
            () => _dictionary.Remove("a"u8, 2),
            () => ShmDictionary.Open(PosixSegments.FromName(_name)).Dispose(),
        ];
        HostileUses.Endure(
            uses, ShmErrorId.InvalidStructure, ShmErrorId.NotRecoverable, ShmErrorId.NoSpace);
    }
}
