using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Snapshots;

/// <summary>What others do to the files of a snapshot in the middle of an import or an export.</summary>
public sealed class SnapshotRaceTests : IDisposable
{
    // No other test makes one of this size: what is left of it is of this one. Three pieces are read.
    private const int Size = (2 << 20) + 12_288;

    // F_DUPFD_CLOEXEC
    private const int DuplicateClosedOnExec = 1030;

    private readonly string _folder = Directory.CreateTempSubdirectory("pst-snaprace-").FullName;
    private readonly string _name = $"/pst-snaprace-{Guid.NewGuid():N}";

    private string Snapshot => Path.Combine(_folder, "x.shm");

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        File.Delete($"/dev/shm{_name}");
    }

    /// <summary>
    /// A System V segment is seen while it is filled, so the hash comes first, and each piece is looked at once more.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1 << 20)]
    [InlineData(Size - 1)]
    public void Bytes_that_change_after_their_check_are_not_restored(int at)
    {
        Export();
        var snapshot = ShmSegmentSnapshots.Read(Snapshot);
        var check = new AtTheEnd(Size, () =>
        {
            using var file = File.OpenWrite(Snapshot);
            file.Position = at;
            file.WriteByte(66);
        });
        var error = Assert.Throws<ShmException>(() => ShmSegmentSnapshots.Import(
            snapshot, new ShmRestoreOptions { Private = true }, null, check,
            TestContext.Current.CancellationToken));
        Assert.True(check.IsDone);
        Assert.Equal(ShmErrorId.InvalidStructure, error.ErrorId);
        Assert.DoesNotContain(SysVSegments.List(), static segment => segment.Size == Size);
    }

    /// <summary>
    /// Whoever removes what is left may come by when another has just been killed between its two last steps.
    /// </summary>
    [Fact]
    public void The_bytes_that_the_metadata_names_are_no_leftover()
    {
        Export();
        var hex = string.Concat(Enumerable.Repeat("0123456789abcdef", 2));
        var (staged, dead) = ($"{_folder}/.x.shm.{hex}.partial", $"{_folder}/.x.shm.{hex[8..]}00000000.partial");
        File.Move(Snapshot, staged);
        File.Copy(staged, dead);
        var metadata = File.ReadAllText(Snapshot + ".json");
        File.WriteAllText(
            Snapshot + ".json",
            Regex.Replace(metadata, "\"stagedFile\": \"[^\"]*\"", $"\"stagedFile\": \"{Path.GetFileName(staged)}\""));

        Assert.Equal(1, SnapshotLeftovers.Remove(Snapshot, Snapshot + ".json"));
        Assert.False(File.Exists(dead));
        Assert.True(File.Exists(staged));
        var made = ShmSegmentSnapshots.Import(
            ShmSegmentSnapshots.Read(Snapshot), new ShmRestoreOptions { Name = _name },
            cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(Size, made!.Size);
    }

    /// <summary>One that was slow between its two last steps leaves what another has committed meanwhile.</summary>
    [Fact]
    public void The_last_to_commit_is_the_snapshot_whoever_ends_last()
    {
        Export();
        var old = ShmSegmentSnapshots.Read(Snapshot);
        var bytes = File.ReadAllBytes(Snapshot);
        using var slow = Begin(old, bytes);
        bytes[5]++;
        using var quick = Begin(old with { Sha256 = Convert.ToHexString(SHA256.HashData(bytes)) }, bytes);
        slow.Commit(TestContext.Current.CancellationToken);
        quick.Run(TestContext.Current.CancellationToken);
        slow.Finish();

        using var reader = new SnapshotReader(ShmSegmentSnapshots.Read(Snapshot));
        reader.Check(null, TestContext.Current.CancellationToken);
        Assert.Equal(2, Directory.GetFileSystemEntries(_folder).Length);
    }

    /// <summary>A process that is being started has all descriptors of this one until its execve(2).</summary>
    [Fact]
    public void No_lock_stays_with_a_process_that_was_being_started()
    {
        Export();
        using var meanwhile = Begin(ShmSegmentSnapshots.Read(Snapshot), File.ReadAllBytes(Snapshot));
        using var data = Duplicate(meanwhile.Data);
        using var metadata = Duplicate(meanwhile.Metadata);
        meanwhile.Run(TestContext.Current.CancellationToken);
        Assert.False(TryLock(Snapshot));
        Assert.False(TryLock(Snapshot + ".json"));
        meanwhile.Dispose();
        Assert.True(TryLock(Snapshot));
        Assert.True(TryLock(Snapshot + ".json"));

        static DescriptorHandle Duplicate(DescriptorHandle file) => new(Libc.fcntl(file, DuplicateClosedOnExec, 0));

        static bool TryLock(string path)
        {
            using var file = Libc.open(path, Libc.O_RDONLY);
            Assert.False(file.IsInvalid);
            return Libc.flock(file, Libc.LOCK_EX | Libc.LOCK_NB) == 0;
        }
    }

    private SnapshotCommit Begin(ShmSegmentSnapshot snapshot, byte[] bytes)
    {
        var commit = new SnapshotCommit(Snapshot, Snapshot + ".json", overwrite: true, isNamed: false);
        NewFile.Write(commit.Data, bytes, 0, Snapshot);
        using var json = new MemoryStream();
        SnapshotJson.Write(snapshot with { StagedName = commit.StagedName }, json);
        NewFile.Write(commit.Metadata, json.ToArray(), 0, Snapshot);
        return commit;
    }

    /// <summary>
    /// Several export to one name at once: whoever is the last to commit is the snapshot, and the bytes are its own.
    /// </summary>
    [Fact]
    public void Of_exports_to_one_name_one_is_whole()
    {
        const int Exporters = 3;
        const int Rounds = 400;

        // Where writing costs nothing, so that they meet.
        var folder = Directory.CreateDirectory($"/dev/shm{_name}-d").FullName;
        var path = Path.Combine(folder, "one.shm");
        var segments = Enumerable.Range(0, Exporters).Select(Make).ToArray();
        try
        {
            for (var round = 0; round < Rounds; round++)
            {
                Parallel.ForEach(
                    segments, new ParallelOptions { MaxDegreeOfParallelism = Exporters },
                    segment => ShmSegmentSnapshots.Export(segment, path, overwrite: true));
                using var reader = new SnapshotReader(ShmSegmentSnapshots.Read(path));
                reader.Check(null, TestContext.Current.CancellationToken);
            }

            ShmSegmentSnapshots.Export(
                segments[0], path, overwrite: true, cancellation: TestContext.Current.CancellationToken);
            Assert.Equal(2, Directory.GetFileSystemEntries(folder).Length);
        }
        finally
        {
            Array.ForEach(segments, ShmSegments.Remove);
            Directory.Delete(folder, recursive: true);
        }

        ShmSegment Make(int number)
        {
            var segment = PosixSegments.Create($"{_name}-{number}", new ShmCreateOptions { Size = 4096 });
            using var mapping = ShmMapping.Mount(segment);
            mapping.Writer.WriteInt32(0, number + 1);
            return segment;
        }
    }

    private void Export()
    {
        var segment = PosixSegments.Create(
            _name, new ShmCreateOptions { Size = Size }, TestContext.Current.CancellationToken);
        using (var mapping = ShmMapping.Mount(segment))
        {
            mapping.Writer.WriteBytes(0, Enumerable.Repeat((byte)7, Size).ToArray());
        }

        ShmSegmentSnapshots.Export(segment, Snapshot, cancellation: TestContext.Current.CancellationToken);
        ShmSegments.Remove(segment);
    }

    private sealed class AtTheEnd(long size, Action act) : IProgress<long>
    {
        public bool IsDone { get; private set; }

        public void Report(long value)
        {
            if (value == size && !IsDone)
            {
                IsDone = true;
                act();
            }
        }
    }
}
