using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Access;

/// <summary>
/// All ways to touch memory, in eight threads, beside a peer that truncates the object, makes it grow again, punches
/// holes and makes another anew, with the garbage collector busy and threads that come and go: this process lives, and
/// what fails fails with an error that is documented. PST_HAMMER_SECONDS or PST_HAMMER_OPERATIONS makes it longer.
/// </summary>
[Collection(nameof(Alone))]
public sealed unsafe class VanishingHammerTests
{
    private const int Size = 1 << 20;
    private const int HugeSize = 8 << 20;
    private const int HugePage = 2 << 20;

    // Arguments: the path, its size, the parent's id, what fallocate(2) is to the kernel, the size of a page.
    private const string Peer = """
        my ($path, $size, $parent, $fallocate, $page) = @ARGV;
        sysopen(my $file, $path, 2) or die;
        while (getppid() == $parent) {
            truncate $file, 0;
            truncate $file, 2 * $page * int rand($size / $page / 2);
            truncate $file, $size;
            syscall($fallocate, fileno $file, 3, $page * int(rand $size / $page), $page);
            unlink "$path.remade";
            if (open my $other, '>', "$path.remade") { truncate $other, 4096 * int rand 32 }
        }
        """;

    private static readonly ShmErrorId[] Documented =
    [
        ShmErrorId.SegmentTruncated, ShmErrorId.NoSpace, ShmErrorId.WaitTimeout, ShmErrorId.InvalidStructure,
        ShmErrorId.SegmentInUse, ShmErrorId.AccessDenied, ShmErrorId.NotRecoverable, ShmErrorId.NativeCallFailed,
    ];

    // Of an object that a peer makes anew while it is looked for.
    private static readonly ShmErrorId[] DocumentedOfRemade =
        [
            .. Documented, ShmErrorId.SegmentNotFound, ShmErrorId.IdentityChanged, ShmErrorId.SizeMismatch,
            ShmErrorId.OutOfRange
        ];

    private readonly ConcurrentBag<Exception> _unexpected = [];
    private readonly ConcurrentDictionary<ShmErrorId, int> _seen = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private long _operations;

    private readonly long? _mostOperations =
        Environment.GetEnvironmentVariable("PST_HAMMER_OPERATIONS") is { } given
            ? long.Parse(given, CultureInfo.InvariantCulture)
            : null;

    private readonly double _seconds = double.Parse(
        Environment.GetEnvironmentVariable("PST_HAMMER_SECONDS") ?? "3", CultureInfo.InvariantCulture);

    private bool IsDone => _mostOperations is { } most
        ? Volatile.Read(ref _operations) >= most
        : _clock.Elapsed.TotalSeconds >= _seconds;

    [Fact]
    public void Nothing_that_a_peer_takes_away_ends_the_process()
    {
        Assert.SkipUnless(FaultGuard.IsActive, $"The guard does not stand here: {FaultGuard.WhyNot}.");
        var name = $"/pst-hammer-{Guid.NewGuid():N}";
        var segment = PosixSegments.Create(name, new ShmCreateOptions { Size = Size, Sparse = true });
        Hammer(segment, "/dev/shm" + name, Size, 4096);
        ShmSegments.Remove(segment);
        File.Delete($"/dev/shm{name}.remade");
        Assert.DoesNotContain(name, File.ReadAllText("/proc/self/maps"));
    }

    [Fact]
    public void Nothing_that_a_peer_takes_away_of_huge_pages_ends_the_process()
    {
        Assert.SkipUnless(FaultGuard.IsActive, $"The guard does not stand here: {FaultGuard.WhyNot}.");
        var free = File.ReadLines("/proc/meminfo")
            .First(static line => line.StartsWith("HugePages_Free:", StringComparison.Ordinal));
        Assert.SkipUnless(
            int.Parse(free.AsSpan(free.IndexOf(':') + 1)) >= HugeSize / HugePage, "Too few huge pages are free.");
        var segment = MemFdSegments.Create(
            "pst-hammer", new ShmCreateOptions { Size = HugeSize, HugePageSize = HugePage });
        var number = Directory.GetFiles("/proc/self/fd")
            .First(static path =>
                new FileInfo(path).LinkTarget?.Contains("memfd:pst-hammer", StringComparison.Ordinal) == true);
        Hammer(segment, $"/proc/{Environment.ProcessId}/fd/{Path.GetFileName(number)}", HugeSize, HugePage);
        segment.Descriptor!.Dispose();
    }

    private void Hammer(ShmSegment segment, string path, int size, int page)
    {
        var absorbed = FaultGuard.Absorbed;
        using (var mapping = ShmMapping.Mount(segment))
        using (var other = ShmMapping.Mount(segment))
        {
            var fallocate = RuntimeInformation.OSArchitecture.ToString() == "Arm64" ? 47 : 285;
            using var peer = Process.Start(
                "perl", ["-e", Peer, path, $"{size}", $"{Environment.ProcessId}", $"{fallocate}", $"{page}"]);
            var threads = Enumerable.Range(0, 8).Select(seed => new Thread(() => Work(mapping, other, seed))).ToArray();
            Array.ForEach(threads, static thread => thread.Start());
            while (!IsDone)
            {
                // What comes and goes beside them: threads, and what the collector moves.
                var visitor =
                    new Thread(() => Try(() => Operate(mapping, other, 9, new Random(1), new byte[65536]), Documented));
                visitor.Start();
                visitor.Join();
                if (segment.Kind == ShmKind.Posix)
                {
                    Try(() => Visit(segment.Name + ".remade"), DocumentedOfRemade);
                }

                GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
            }

            Array.ForEach(threads, static thread => thread.Join());
            peer.Kill();
            peer.WaitForExit();

            // And afterwards all is as it was.
            using (var file = File.OpenWrite(path))
            {
                file.SetLength(size);
            }

            if (IsRoomFor(segment))
            {
                mapping.Writer.WriteArray(0, Enumerable.Range(0, size / 4).ToArray());
                Assert.Equal(Enumerable.Range(0, size / 4), other.Reader.ReadArray<int>(0, size / 4));
                Assert.Equal([ShmRegionState.Mapped], mapping.Regions.Select(static region => region.State));
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{_operations} operations, {FaultGuard.Absorbed - absorbed} faults, {_clock.Elapsed.TotalSeconds:0.0} s, "
                + $"{(FaultGuard.Absorbed - absorbed) / _clock.Elapsed.TotalSeconds:0} faults a second, "
                + $"{string.Join(' ', _seen.Select(static pair => $"{pair.Key}:{pair.Value}"))}");
        Assert.Empty(_unexpected);
        Assert.True(FaultGuard.Absorbed > absorbed);
        Assert.Contains(ShmErrorId.SegmentTruncated, _seen.Keys);
    }

    /// <summary>False on a /dev/shm that was made too small for it, by hand, to see that through.</summary>
    private static bool IsRoomFor(ShmSegment segment) =>
        segment.Kind != ShmKind.Posix || new DriveInfo("/dev/shm").TotalSize >= 2L * Size;

    private static void Visit(string name)
    {
        using var mapping = ShmMapping.Mount(PosixSegments.FromName(name));
        mapping.Writer.WriteInt64(mapping.Length - 8, 1);
        _ = mapping.Reader.ReadBytes(0, (int)mapping.Length);
        ShmAtomics.Add(mapping, 0, 1);
    }

    private void Work(ShmMapping mapping, ShmMapping other, int seed)
    {
        var random = new Random(seed);
        var buffer = new byte[65536];
        for (var turn = 0; !IsDone; turn++)
        {
            Try(() => Operate(mapping, other, seed, random, buffer), Documented);
            if (turn % 512 == 0)
            {
                GC.KeepAlive(new byte[100_000]);
            }
        }
    }

    private void Try(Action operation, ShmErrorId[] documented)
    {
        try
        {
            operation();
        }
        catch (ShmException error) when (documented.Contains(error.ErrorId))
        {
            _seen.AddOrUpdate(error.ErrorId, 1, static (_, count) => count + 1);
        }
        catch (Exception error)
        {
            _unexpected.Add(error);
        }

        Interlocked.Increment(ref _operations);
    }

    private static void Operate(ShmMapping mapping, ShmMapping other, int what, Random random, byte[] buffer)
    {
        var offset = random.Next(0, (Size / 2) - buffer.Length) & ~7;
        switch (what)
        {
            case 0:
                mapping.AsSpan(offset, buffer.Length).CopyTo(buffer);
                mapping.AsSpan(offset, 4096).Fill((byte)offset);
                break;
            case 1:
                ShmAtomics.Add(mapping, offset, 1);
                ShmAtomics.CompareExchange(mapping, offset, 5L, 6L);
                _ = mapping.AsSpan(offset, 8192).IndexOf((byte)77);
                break;
            case 2:
                other.Reader.ReadBytes(offset, buffer);
                _ = other.Reader.ReadInt64(offset);
                break;
            case 3:
                other.Writer.WriteBytes(offset, buffer);
                break;
            case 4:
                using (var from = ShmRange.Of(mapping, offset, 100_000))
                using (var to = ShmRange.Of(other, Size / 2, 100_000))
                {
                    from.CopyTo(to);
                    _ = from.FindDifferences(to).Count();
                }

                break;
            case 5:
                using (var range = ShmRange.Of(mapping))
                {
                    _ = range.Find("nowhere to be found"u8.ToArray()).Count();
                }

                break;
            case 6:
                ShmWait.Wait(mapping, offset, ShmCondition.Equal, 1, TimeSpan.FromMilliseconds(1));
                break;
            default:
                var semaphore = ShmSemaphore.Create(mapping, offset, 1, force: true);
                semaphore.Enter(TimeSpan.Zero);
                semaphore.Exit();
                var mutex = ShmMutex.Create(other, offset);
                mutex.Lock(TimeSpan.FromMilliseconds(1));
                mutex.Unlock();
                break;
        }
    }
}
