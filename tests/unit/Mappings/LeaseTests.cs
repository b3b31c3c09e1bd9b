using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using Xunit;

namespace PSSharedMemory.UnitTests.Mappings;

/// <summary>A mapping that nobody keeps any more, while one of its last uses is under way.</summary>
[Collection(nameof(Alone))]
public class LeaseTests
{
    [Fact]
    public void A_lease_keeps_the_memory_of_a_mapping_that_is_dropped()
    {
        Assert.True(IsMappedDuringLease(out var address), "the memory was unmapped under the lease");
        Assert.True(GoesAway(address), "the lease has ended, and the memory is still there");
    }

    [Fact]
    public void A_lease_within_one_of_another_mapping_keeps_it_too()
    {
        using var other = MountAnonymous();
        using var outer = other.Lease(0, 1, ShmProtection.Read);
        Assert.True(IsMappedDuringLease(out var address), "the memory was unmapped under the lease");
        Assert.True(GoesAway(address), "the lease has ended, and the memory is still there");
    }

    // No frame that lives longer knows the mapping.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsMappedDuringLease(out nint address)
    {
        using var lease = LeaseOfDropped(out address);
        Collect();
        return IsMapped(address);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static MappingLease LeaseOfDropped(out nint address)
    {
        var mapping = MountAnonymous();
        address = mapping.Start;
        return mapping.Lease(0, 1, ShmProtection.Read);
    }

    private static ShmMapping MountAnonymous() =>
        ShmMapping.Mount(
            MemFdSegments.Create("pst-lease", new ShmCreateOptions { Size = 4096, Seal = ShmSeals.Shrink }));

    // A test beside this one may be going through the live mappings, and so keep each for a moment.
    private static bool GoesAway(nint address) => SpinWait.SpinUntil(
        () =>
        {
            Collect();
            return !IsMapped(address);
        },
        TimeSpan.FromSeconds(10));

    private static void Collect()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    // The address alone does not tell: the runtime may have memory of its own there since.
    private static bool IsMapped(nint address)
    {
        var start = string.Create(CultureInfo.InvariantCulture, $"{address:x}-");
        return File.ReadLines("/proc/self/maps")
            .Any(line => line.StartsWith(start, StringComparison.Ordinal) && line.Contains("memfd:pst-lease"));
    }
}
