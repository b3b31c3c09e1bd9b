using System;
using System.Threading.Tasks;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Mappings;

/// <summary>
/// Copies by a pipe tell to the byte where memory ends, on either side, and whatever was left in the pipe.
/// </summary>
public sealed unsafe class ScratchCopyTests : IDisposable
{
    private const int Pages = 64;
    private static readonly int Page = Environment.SystemPageSize;
    private readonly nint _memory;

    public ScratchCopyTests()
    {
        _memory = Libc.mmap(
            0, (nuint)(Pages * Page), Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
        var bytes = new Span<byte>((void*)_memory, Pages * Page);
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)(i * 31 + i / 251);
        }

        // The last page is closed: what reaches into it ends there.
        Assert.Equal(0, Libc.mprotect(End, (nuint)Page, Libc.PROT_NONE));
    }

    private nint End => _memory + ((Pages - 1) * Page);

    public void Dispose() => _ = Libc.munmap(_memory, (nuint)(Pages * Page));

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(65535)]
    [InlineData(65537)]
    [InlineData(200001)]
    public void All_is_copied(int length)
    {
        for (var shift = 0; shift < 3; shift++)
        {
            var copy = new byte[length];
            fixed (byte* to = copy)
            {
                Assert.Equal(length, ScratchCopy.Copy(_memory + shift, (nint)to, length));
            }

            Assert.True(new ReadOnlySpan<byte>((void*)(_memory + shift), length).SequenceEqual(copy));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(4099)]
    [InlineData(70000)]
    public void Reading_ends_where_the_source_ends(int before)
    {
        var copy = new byte[before + 5000];
        fixed (byte* to = copy)
        {
            Assert.Equal(before, ScratchCopy.Copy(End - before, (nint)to, copy.Length));
            Assert.True(new ReadOnlySpan<byte>((void*)(End - before), before).SequenceEqual(copy.AsSpan(0, before)));

            // Nothing of it is left for the next.
            Assert.Equal(10, ScratchCopy.Copy(_memory, (nint)to, 10));
            Assert.True(new ReadOnlySpan<byte>((void*)_memory, 10).SequenceEqual(copy.AsSpan(0, 10)));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(70000)]
    public void Writing_ends_where_the_destination_ends(int before)
    {
        var source = new byte[before + 5000];
        Random.Shared.NextBytes(source);
        fixed (byte* from = source)
        {
            Assert.Equal(before, ScratchCopy.Copy((nint)from, End - before, source.Length));
            Assert.True(new ReadOnlySpan<byte>((void*)(End - before), before).SequenceEqual(source.AsSpan(0, before)));
            Assert.Equal(10, ScratchCopy.Copy((nint)from + 7, _memory, 10));
            Assert.True(new ReadOnlySpan<byte>((void*)_memory, 10).SequenceEqual(source.AsSpan(7, 10)));
        }
    }

    [Fact]
    public void Threads_do_not_mix() => Parallel.For(0, 8, index =>
    {
        var copy = new byte[30000];
        for (var round = 0; round < 50; round++)
        {
            fixed (byte* to = copy)
            {
                Assert.Equal(copy.Length, ScratchCopy.Copy(_memory + index, (nint)to, copy.Length));
            }

            Assert.True(new ReadOnlySpan<byte>((void*)(_memory + index), copy.Length).SequenceEqual(copy));
        }
    });
}
