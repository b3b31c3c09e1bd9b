using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace PSSharedMemory.UnitTests.Access;

public sealed class ReaderWriterTests : IDisposable
{
    private const int Size = 3 * 4096;

    private readonly ShmSegment _posix = PosixSegments.Create(
        $"/pst-unit-rw-{Guid.NewGuid():N}", new ShmCreateOptions { Size = Size });
    private readonly ShmSegment _sysV = SysVSegments.CreatePrivate(new ShmCreateOptions { Size = Size });
    private readonly ShmMapping _guarded;
    private readonly ShmMapping _plain;

    public ReaderWriterTests()
    {
        _guarded = ShmMapping.Mount(_posix);
        _plain = ShmMapping.Mount(_sysV);
    }

    public static TheoryData<bool> Both => [true, false];

    public void Dispose()
    {
        _guarded.Dispose();
        _plain.Dispose();
        ShmSegments.Remove(_posix);
        ShmSegments.Remove(_sysV);
    }

    [Theory]
    [InlineData(0, -2)]
    [InlineData(0, long.MinValue)]
    [InlineData(Size + 1, -1)]
    [InlineData(-1, -1)]
    [InlineData(1, Size)]
    public void A_span_beyond_the_mapping_is_refused(long offset, long length)
    {
        var error = Assert.Throws<ShmException>(() => _ = _guarded.AsSpan(offset, length).Length);
        Assert.Equal(ShmErrorId.OutOfRange, error.ErrorId);
    }

    [Fact]
    public void A_span_to_read_needs_no_right_to_write()
    {
        _guarded.Writer.WriteInt32(4096, 42);
        using var mapping = ShmMapping.Mount(_posix, ShmMountOptions.ReadOnly);
        Assert.Equal(42, BitConverter.ToInt32(mapping.AsReadOnlySpan(4096, 4)));
        Assert.Equal(Size, mapping.AsReadOnlySpan().Length);
        mapping.ThrowIfLost(0, Size);
        Assert.Equal(
            ShmErrorId.PageProtected, Assert.Throws<ShmException>(() => _ = mapping.AsSpan().Length).ErrorId);
        Assert.Equal(
            ShmErrorId.OutOfRange,
            Assert.Throws<ShmException>(() => _ = mapping.AsReadOnlySpan(1, Size).Length).ErrorId);
    }

    [Fact]
    public void Only_memory_that_can_vanish_is_guarded()
    {
        Assert.True(_guarded.IsGuarded);
        Assert.False(_plain.IsGuarded);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void What_is_written_is_read_at_any_offset(bool isGuarded)
    {
        var mapping = isGuarded ? _guarded : _plain;
        Prop.ForAll<int, byte[]>((offset, bytes) =>
        {
            var at = (offset & int.MaxValue) % (Size - bytes.Length + 1);
            mapping.Writer.WriteBytes(at, bytes);
            return mapping.Reader.ReadBytes(at, bytes.Length).SequenceEqual(bytes);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Scalars_come_back(bool isGuarded)
    {
        var (reader, writer) = isGuarded ? (_guarded.Reader, _guarded.Writer) : (_plain.Reader, _plain.Writer);
        writer.WriteSByte(1, sbyte.MinValue);
        writer.WriteUInt16(3, ushort.MaxValue);
        writer.WriteInt64(5, long.MinValue);
        writer.WriteUInt64(13, ulong.MaxValue);
        writer.WriteSingle(21, float.Epsilon);
        writer.WriteDouble(25, double.NaN);

        Assert.Equal(sbyte.MinValue, reader.ReadSByte(1));
        Assert.Equal(ushort.MaxValue, reader.ReadUInt16(3));
        Assert.Equal(long.MinValue, reader.ReadInt64(5));
        Assert.Equal(ulong.MaxValue, reader.ReadUInt64(13));
        Assert.Equal(float.Epsilon, reader.ReadSingle(21));
        Assert.True(double.IsNaN(reader.ReadDouble(25)));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, -1)]
    [InlineData(Size, 1)]
    [InlineData(Size - 3, 4)]
    [InlineData(long.MaxValue, 1)]
    [InlineData(long.MinValue, int.MaxValue)]
    public void Beyond_the_mapping_is_OutOfRange(long offset, int count)
    {
        Assert.Equal(
            ShmErrorId.OutOfRange, Assert.Throws<ShmException>(() => _plain.Reader.ReadBytes(offset, count)).ErrorId);
        Assert.Equal(
            ShmErrorId.OutOfRange, Assert.Throws<ShmException>(() => _guarded.Reader.ReadBytes(offset, count)).ErrorId);
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-32")]
    public void C_strings_end_at_a_NUL_of_their_width(string name)
    {
        var encoding = Encoding.GetEncoding(name);
        const string Text = "aé日😀\u0100z";
        _plain.Writer.WriteCString(7, Text, encoding);

        Assert.Equal(Text, _plain.Reader.ReadCString(7, encoding));
    }

    [Fact]
    public void A_C_string_longer_than_a_piece_is_read_whole()
    {
        var text = string.Concat(Enumerable.Repeat("0123456789", 300));
        _guarded.Writer.WriteCString(250, text);

        Assert.Equal(text, _guarded.Reader.ReadCString(250));
        Assert.Equal(text[..700], _guarded.Reader.ReadCString(250, 700));
    }

    [Fact]
    public void A_C_string_that_ends_before_a_hole_is_read()
    {
        _guarded.Writer.WriteCString(4090, "short");
        _guarded.Unmap(4096, 4096);

        Assert.Equal("short", _guarded.Reader.ReadCString(4090, 6));
        Assert.Equal(
            ShmErrorId.PageNotMapped, Assert.Throws<ShmException>(() => _guarded.Reader.ReadBytes(4090, 100)).ErrorId);
    }

    [Fact]
    public void More_than_the_caches_hold_is_written_whole_at_an_odd_offset()
    {
        var bytes = new byte[(33 << 20) + 7];
        new Random(20261123).NextBytes(bytes);
        var segment = SysVSegments.CreatePrivate(new ShmCreateOptions { Size = bytes.Length + 100 });
        using var mapping = ShmMapping.Mount(segment);
        ShmSegments.Remove(segment);

        mapping.Writer.WriteBytes(13, bytes);

        Assert.True(bytes.AsSpan().SequenceEqual(mapping.Reader.ReadBytes(13, bytes.Length)));
        Assert.Equal(0, mapping.Reader.ReadByte(12));
        Assert.Equal(0, mapping.Reader.ReadByte(13 + bytes.Length));
    }

    [Fact]
    public void A_NUL_within_a_C_string_is_refused() =>
        Assert.Equal(
            ShmErrorId.InvalidStructure,
            Assert.Throws<ShmException>(() => _plain.Writer.WriteCString(0, "a\0b")).ErrorId);

    [Fact]
    public void A_lost_page_that_was_mounted_for_reading_and_opened_for_writing_later_is_an_error()
    {
        using var mapping = ShmMapping.Mount(
            _posix, new ShmMountOptions { CopyOnWrite = true, Protection = ShmProtection.Read });
        mapping.Protect(ShmProtection.Read | ShmProtection.Write);
        using (var file = File.OpenWrite("/dev/shm" + _posix.Name))
        {
            file.SetLength(0);
        }

        ShmException? error = null;
        // A store that faults for ever would not come back.
        var thread = new Thread(() => error = Assert.Throws<ShmException>(() => mapping.Writer.WriteInt32(0, 7)))
        {
            IsBackground = true,
        };
        thread.Start();

        Assert.True(thread.Join(TimeSpan.FromSeconds(20)));
        Assert.Equal((ShmErrorId.SegmentTruncated, 0), (error!.ErrorId, error.BytesDone));
    }

    [Fact]
    public void A_truncated_object_says_how_far_it_came()
    {
        _guarded.Writer.WriteBytes(0, Enumerable.Repeat((byte)7, Size).ToArray());
        using (var file = File.OpenWrite("/dev/shm" + _posix.Name))
        {
            file.SetLength(5000);
        }

        var buffer = new byte[Size];
        var reading = Assert.Throws<ShmException>(() => _guarded.Reader.ReadBytes(0, buffer));
        var writing = Assert.Throws<ShmException>(() => _guarded.Writer.WriteBytes(4000, new byte[5000]));

        Assert.Equal((ShmErrorId.SegmentTruncated, 5000), (reading.ErrorId, reading.BytesDone));
        Assert.Equal((ShmErrorId.SegmentTruncated, 1000), (writing.ErrorId, writing.BytesDone));
        Assert.Equal(5000, new FileInfo("/dev/shm" + _posix.Name).Length);
    }

    [Fact]
    public void Byte_order_reverses_numbers_and_leaves_the_callers_array_alone()
    {
        int[] values = [1, 0x01020304];
        ShmScalars.WriteArray(_plain.Writer, values, 0, ShmByteOrder.BigEndian);

        Assert.Equal([0, 0, 0, 1, 1, 2, 3, 4], _plain.Reader.ReadBytes(0, 8));
        Assert.Equal(values, ShmScalars.ReadArray(_plain.Reader, ShmScalar.Int32, 0, 2, ShmByteOrder.BigEndian));
        Assert.Equal(1, values[0]);
    }
}
