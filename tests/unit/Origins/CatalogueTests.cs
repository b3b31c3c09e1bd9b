using System;
using System.IO;
using System.Linq;
using System.Text;
using Xunit;

namespace PSSharedMemory.UnitTests.Origins;

public class CatalogueTests
{
    private static ShmSegmentOrigin? Find(string? name, int? key = null, byte[]? start = null) =>
        ShmOrigins.Find("label", name, key, () => start);

    [Theory]
    [InlineData("/psm_4f2a9c11", "Python SharedMemory")]
    [InlineData("/sem.mp-x3b_1a2c", "Python multiprocessing semaphore")]
    [InlineData("/sem.anything", "named semaphore")]
    [InlineData("/nccl-vzIpS6", "NCCL")]
    [InlineData("/vader_segment.node7.1000.5c3a0001.3", "Open MPI")]
    [InlineData("/PostgreSQL.309768960", "PostgreSQL")]
    [InlineData("/.org.chromium.Chromium.AbC123", "Chromium")]
    [InlineData("/wine-1a2b3c-fsync", "Wine")]
    [InlineData("/aeron-app/publications/4-7.logbuffer", "Aeron")]
    [InlineData("memfd:pulseaudio", "PulseAudio memfd")]
    public void Names_are_told_by_name_only(string name, string origin)
    {
        var found = Find(name)!;
        Assert.Equal((origin, ShmOriginCertainty.Name), (found.Name, found.Certainty));
    }

    [Fact]
    public void A_magic_makes_certain_and_another_beginning_does_not()
    {
        Assert.Equal(ShmOriginCertainty.Magic, Find("/PostgreSQL.1", null, [0x32, 0x3d, 0x50, 0x9a, 0, 0])!.Certainty);
        Assert.Equal(ShmOriginCertainty.Name, Find("/PostgreSQL.1", null, [0, 0, 0, 0])!.Certainty);
        Assert.Equal(
            "PSSharedMemory queue",
            Find("/whatever", null, Encoding.Latin1.GetBytes("PSHMQ\0\0\u0001 and more"))!.Name);
        // The name says one thing and the content another: what it begins with counts.
        Assert.Equal(
            "PSSharedMemory queue", Find("/psm_4f2a9c11", null, Encoding.Latin1.GetBytes("PSHMQ\0\0\u0001"))!.Name);
        Assert.Null(Find("/whatever", null, Encoding.Latin1.GetBytes("PSHMQ")));
    }

    [Fact]
    public void Keys_are_told_by_range_and_a_private_segment_by_none()
    {
        Assert.Equal(
            ("NTP reference clock", ShmOriginCertainty.Key),
            (Find(null, 0x4e545032)!.Name, Find(null, 0x4e545032)!.Certainty));
        Assert.Null(Find(null, 0x4e545050));
        Assert.Null(Find(null, 0));
    }

    [Fact]
    public void The_file_has_all_that_a_reader_wants_of_each()
    {
        Assert.True(ShmOrigins.All.Count > 50);
        Assert.All(ShmOrigins.All, static origin => Assert.True(
            origin.Description.Length > 10 && origin.Release.EndsWith('.') && origin.Source.Length > 3, origin.Name));
        Assert.Equal(ShmOrigins.All.Count, ShmOrigins.All.Select(static origin => origin.Name).Distinct().Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"format": "PSSharedMemory origins", "version": 2, "origins": []}""")]
    [InlineData("""{"format": "PSSharedMemory origins", "version": 1, "origins": [{"names": ["/x"]}]}""")]
    [InlineData("""{"format": "PSSharedMemory origins", "version": 1, "origins": [{"name": "x", "names": ["x"]}]}""")]
    [InlineData("""{"format": "PSSharedMemory origins", "version": 1, "origins": [{"name": "x", "names": ["/[x"]}]}""")]
    [InlineData("""{"format": "PSSharedMemory origins", "version": 1, "origins": [{"name": "x", "names": [null]}]}""")]
    [InlineData("""{"format": "PSSharedMemory origins", "version": 1, "origins": [{"name": "x", "keys": ["2-1"]}]}""")]
    [InlineData("""{"format": "PSSharedMemory origins", "version": 1, "origins": [{"name": "x", "magic": [{"offset": 4096, "hex": "00"}]}]}""")]
    [InlineData("""{"format": "PSSharedMemory origins", "version": 1, "origins": [{"name": "x", "magic": [{"offset": -1, "hex": "00"}]}]}""")]
    [InlineData("""{"format": "PSSharedMemory origins", "version": 1, "origins": [{"name": "x", "magic": [{"offset": 0, "hex": "0"}]}]}""")]
    [InlineData("""{"format": "PSSharedMemory origins", "version": 1, "origins": [{"name": "x", "magic": [{"offset": 0.5, "hex": "00"}]}]}""")]
    [InlineData("""{"format": "PSSharedMemory origins", "version": 1, "origins": [{"name": "x", "outlivesUsers": "yes"}]}""")]
    [InlineData("""{"format": "PSSharedMemory origins", "version": 1, "origins": {"name": "x"}}""")]
    public void A_file_that_is_none_is_InvalidStructure(string text)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        Assert.Equal(
            ShmErrorId.InvalidStructure, Assert.Throws<ShmException>(() => OriginFile.Read(stream, "x")).ErrorId);
    }

    [Fact]
    public void What_is_registered_goes_before_the_file_and_can_be_taken_back()
    {
        ShmOrigins.Register(new ShmOrigin { Name = "unit own", Patterns = ["/psm_4f2a9c11"] });
        try
        {
            Assert.Equal("unit own", Find("/psm_4f2a9c11")!.Name);
            ShmOrigins.Register(new ShmOrigin { Name = "unit own", Patterns = ["/psm_other"] });
            Assert.Equal("Python SharedMemory", Find("/psm_4f2a9c11")!.Name);
        }
        finally
        {
            Assert.True(ShmOrigins.Unregister("unit own"));
        }

        Assert.False(ShmOrigins.Unregister("unit own"));
    }

    [Fact]
    public void An_entry_only_ever_speaks_for_an_object()
    {
        var named = new ShmSegment { Kind = ShmKind.Posix, Name = "/psm_4f2a9c11", UserId = 26 };
        // Found by name, and for all that judged like any other.
        Assert.Null(OriginExceptions.Objection(named, false, () => throw new InvalidOperationException("not asked")));
        var browser = new ShmSegment { Kind = ShmKind.Posix, Name = "/.org.chromium.x", UserId = 26 };
        Assert.Null(OriginExceptions.Objection(browser, false, () => [("chrome", 26)]));
        var semaphore = new ShmSegment { Kind = ShmKind.Posix, Name = "/sem.mp-abc", UserId = 26 };
        Assert.NotNull(OriginExceptions.Objection(semaphore, false, () => []));
        Assert.Null(OriginExceptions.Objection(semaphore, true, () => []));
    }
}
