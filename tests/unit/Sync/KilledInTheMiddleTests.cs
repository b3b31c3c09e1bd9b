using System;
using System.Diagnostics;
using System.IO;
using Xunit;

namespace PSSharedMemory.UnitTests.Sync;

/// <summary>
/// A process is killed between the two halves of locking or unlocking a robust mutex, where it has the mutex and the
/// kernel's list does not, or no longer: the kernel hands it on all the same, as the one that was under way.
/// </summary>
public sealed class KilledInTheMiddleTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(10);

    private readonly string _name = $"/pst-stuck-{Guid.NewGuid():N}";

    public void Dispose() => File.Delete($"/dev/shm{_name}");

    [Theory]
    [InlineData("lock")]
    [InlineData("lock-second")]
    [InlineData("unlock")]
    [InlineData("unlock-second")]
    public void It_is_handed_on(string how)
    {
        var page = Environment.SystemPageSize;
        var place = page - sizeof(long);
        using var mapping = ShmMapping.Mount(PosixSegments.Create(_name, new ShmCreateOptions { Size = 2 * page }));
        var other = ShmMutex.Create(mapping, 0);
        var mutex = ShmMutex.Create(mapping, place);
        using var process = Start(how, place);
        try
        {
            var said = process.StandardOutput.ReadLine();
            if (said == "unsupported")
            {
                Assert.Skip("This kernel cannot write-protect shared memory by userfaultfd.");
            }

            Assert.Equal("stuck", said);
            Assert.NotEqual(0, mapping.Reader.ReadInt32(place));
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }

        Assert.Equal(ShmLockResult.OwnerDied, mutex.Lock(Long));
        mutex.Unlock();
        var isSecond = how.EndsWith("second", StringComparison.Ordinal);
        Assert.Equal(isSecond ? ShmLockResult.OwnerDied : ShmLockResult.Locked, other.Lock(Long));
        other.Unlock();
    }

    private Process Start(string how, int place) => Process.Start(new ProcessStartInfo(
        Environment.ProcessPath is { } host && Path.GetFileName(host) == "dotnet" ? host : "dotnet")
    {
        RedirectStandardOutput = true,
        ArgumentList =
        {
            Path.Combine(AppContext.BaseDirectory, "PSSharedMemory.Walk.dll"), "stuck", how, _name, $"{place}",
        },
    })!;
}
