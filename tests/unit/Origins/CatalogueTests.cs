using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using Xunit;

namespace PSSharedMemory.UnitTests.Origins;

public class CatalogueTests
{
    private static ShmSegmentOrigin? Find(string? name, int? key = null, byte[]? start = null) =>
        ShmOrigins.Find("label", name, key, () => start);

    // Names that programs made when they were run, and names as their source makes them.
    [Theory]
    [InlineData("/psm_50d736d7", "Python SharedMemory")]
    [InlineData("/pym-28095-9sxagwl1", "Python multiprocessing array")]
    [InlineData("/sem.mp-x3b_1a2c", "Python multiprocessing semaphore")]
    [InlineData("/sem.loky-31564-_61n_s32", "loky semaphore")]
    [InlineData("/joblib_memmapping_folder_31564_3ba7126fccba4076bc461e4ed73c4de7_8bf7a8faa9c94383976df0043181e5b4/31564-140348030385168-6af987978486431183371463c8128041.pkl", "joblib")]
    [InlineData("/torch_4711_2986738123_0", "PyTorch")]
    [InlineData("/torch_4711_2986738123", "PyTorch")]
    [InlineData("/nccl-vzIpS6", "NCCL")]
    [InlineData("/cuda.shm.3e8.1f2b.1", "CUDA")]
    [InlineData("/__KMP_REGISTERED_LIB_30097_0", "LLVM OpenMP")]
    [InlineData("/vader_segment.vm.0.1dbb0001.2", "Open MPI")]
    [InlineData("/sm_segment.node7.example.org.1000.5c3a0001.3", "Open MPI")]
    [InlineData("/open_mpi.0000", "Open MPI")]
    [InlineData("/mpich_shar_tmpMCilHL", "MPICH")]
    [InlineData("/Intel_MPI_pPjbqK", "Intel MPI")]
    [InlineData("/ucx_shm_posix_b47dada", "UCX")]
    [InlineData("/14172:0:0", "libfabric")]
    [InlineData("/tt_device_4694665508491338661_memory", "Tenstorrent")]
    [InlineData("/PostgreSQL.309768960", "PostgreSQL")]
    [InlineData("/fastrtps_e6b375d924b59fb9", "Fast DDS")]
    [InlineData("/fastrtps_e6b375d924b59fb9_el", "Fast DDS")]
    [InlineData("/fastrtps_port7410", "Fast DDS")]
    [InlineData("/sem.fastrtps_port7410_mutex", "Fast DDS")]
    [InlineData("/iceoryx_mgmt", "iceoryx")]
    [InlineData("/ecal_1f0c3a88e2_mtx", "eCAL")]
    [InlineData("/8831273612.zenoh", "Zenoh")]
    [InlineData("/aeron-app/publications/4.logbuffer", "Aeron")]
    [InlineData("/.org.chromium.Chromium.AbC123", "Chromium")]
    [InlineData("memfd:shared-memory-region", "Chromium")]
    [InlineData("memfd:mozilla-ipc", "Firefox")]
    [InlineData("/pulse-shm-2799700951", "PulseAudio")]
    [InlineData("memfd:pulseaudio", "PulseAudio memfd")]
    [InlineData("memfd:pipewire-memfd:flags=0x0000000f,type=2,size=2312", "PipeWire")]
    [InlineData("/jack-0-1", "JACK")]
    [InlineData("/jack_sem.0_default_freewheel", "JACK")]
    [InlineData("/jack_db-0/__db.001", "JACK")]
    [InlineData("/lttng-ust-wait-8", "LTTng")]
    [InlineData("/lttng-ust-wait-8-1000", "LTTng")]
    [InlineData("/wine-1a2b3c-fsync", "Wine")]
    [InlineData("memfd:weston-shared", "Wayland")]
    [InlineData("/shmpipe. 4110.    0", "GStreamer")]
    [InlineData("/shmpipe.54110.    0", "GStreamer")]
    [InlineData("/squid-tmp.peers.sq.rock_map_slices.shm", "squid")]
    [InlineData("/ora_+ASM_3011536284_1_0", "Oracle Database")]
    [InlineData("/qb-812-1033-27-a1B2c3/qb-request-cmap-header", "libqb")]
    [InlineData("/nvmf_trace.pid4711", "SPDK")]
    [InlineData("/qemu_back_mem.m0.reP4cF", "QEMU")]
    [InlineData("memfd:java_heap", "Java")]
    [InlineData("/sem.anything", "named semaphore")]
    public void Names_are_told_by_name_only(string name, string origin)
    {
        var found = Find(name)!;
        Assert.Equal((origin, ShmOriginCertainty.Name), (found.Name, found.Certainty));
    }

    // A false claim is worse than none.
    [Theory]
    [InlineData("/psm_notes")]
    [InlineData("/psm_50d736d")]
    [InlineData("/psm_50d736d7.bak")]
    [InlineData("/psm_50D736D7")]
    [InlineData("/x/psm_50d736d7")]
    [InlineData("/torch_light")]
    [InlineData("/torch_4711")]
    [InlineData("/nccl-notes-of-today")]
    [InlineData("/plasma")]
    [InlineData("/plasma-store.log")]
    [InlineData("/open_mpi.conf")]
    [InlineData("/jack-the-ripper")]
    [InlineData("/jack_of_all_trades")]
    [InlineData("/lttng-notes")]
    [InlineData("/PostgreSQL.conf")]
    [InlineData("/fastrtps_backup")]
    [InlineData("/iceoryx_copy")]
    [InlineData("/roudi.log")]
    [InlineData("/ecal_export")]
    [InlineData("/apc.txt")]
    [InlineData("/ora_lcdfrm")]
    [InlineData("/squid-cache")]
    [InlineData("/aeron-app/notes.txt")]
    [InlineData("/spdk_notes")]
    [InlineData("/wine-cellar-fsync")]
    [InlineData("/12:30")]
    [InlineData("/10:30:00 backup")]
    [InlineData("/byobu")]
    [InlineData("/semaphore")]
    [InlineData("memfd:wayland-of-mine")]
    [InlineData("memfd:psm_50d736d7")]
    public void Names_that_only_look_like_it_are_nobodys(string name) => Assert.Null(Find(name));

    [Theory]
    [InlineData("/sem.mp-notes")]
    [InlineData("/sem.loky-abc")]
    [InlineData("/sem.fastrtps_mine")]
    public void Semaphores_that_only_look_like_it_are_just_semaphores(string name) =>
        Assert.Equal("named semaphore", Find(name)!.Name);

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
        Assert.Equal("gpsd", Find(null, 0x47505344)!.Name);
        Assert.Null(Find(null, 0x4e545050));
        Assert.Null(Find(null, 0));
    }

    [Fact]
    public void What_is_without_a_name_is_told_by_what_a_program_wrote_there()
    {
        // As Xvfb -shmem, jackd and a PostgreSQL server left it.
        var screen = new byte[160];
        Convert.FromHexString("000000a0000000070000000200000018").CopyTo(screen, 0);
        "Xvfb vm:88.0"u8.CopyTo(screen.AsSpan(100));
        var told = Find(null, 0, screen)!;
        Assert.Equal(("Xvfb", ShmOriginCertainty.Magic), (told.Name, told.Certainty));
        Assert.Equal("PostgreSQL server", Find(null, 0x1f4a3, Convert.FromHexString("0e7585283b0c0000"))!.Name);
        Assert.Equal(
            ShmOriginCertainty.Magic, Find("/jack-shm-registry", null, Convert.FromHexString("4b43414a"))!.Certainty);
        Assert.Equal(
            "PostgreSQL table of segments", Find(null, 0x16dce71e, Convert.FromHexString("323d509a00"))!.Name);
        screen[104] = (byte)'x';
        Assert.Null(Find(null, 0, screen));
    }

    // A magic beside names only makes a name certain, so that one that is to be found by itself needs its own entry.
    [Fact]
    public void Every_entry_can_be_told() => Assert.All(
        ShmOrigins.All, static origin => Assert.True(
            origin.Patterns.Count + origin.Keys.Count + origin.Magic.Count + origin.Holders.Count > 0, origin.Name));

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

    // Whoever may write to a folder can put one there; open(2) would wait for its other end forever.
    [Fact]
    public void A_pipe_is_not_waited_for()
    {
        var path = Path.Combine(Path.GetTempPath(), "pst-" + Guid.NewGuid().ToString("N"));
        Process.Start("mkfifo", [path]).WaitForExit();
        try
        {
            Assert.Equal(
                ShmErrorId.NotSupportedByKind, Assert.Throws<ShmException>(() => OriginFile.Read(path)).ErrorId);
        }
        finally
        {
            File.Delete(path);
        }
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
        var browser = new ShmSegment { Kind = ShmKind.Posix, Name = "/.org.chromium.Chromium.a1B2c3", UserId = 26 };
        Assert.Null(OriginExceptions.Objection(browser, false, () => [("chrome", 26)]));
        // Podman opens its locks with each command, and without them loses its containers.
        var locks = new ShmSegment { Kind = ShmKind.Posix, Name = "/libpod_lock", UserId = 0 };
        Assert.NotNull(OriginExceptions.Objection(locks, true, () => []));
        var semaphore = new ShmSegment { Kind = ShmKind.Posix, Name = "/sem.mp-x3b_1a2c", UserId = 26 };
        Assert.NotNull(OriginExceptions.Objection(semaphore, false, () => []));
        Assert.Null(OriginExceptions.Objection(semaphore, true, () => []));
    }
}
