using System;
using Xunit;

namespace PSSharedMemory.UnitTests.Collections;

/// <summary>Uses of a structure whose bytes others may have written.</summary>
internal static class HostileUses
{
    /// <summary>Each ends in time, allocates little, and fails with nothing but the errors that are named.</summary>
    public static void Endure(Action[] uses, params ShmErrorId[] mayFailWith)
    {
        var clock = FairClock.StartNew();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        foreach (var use in uses)
        {
            try
            {
                use();
            }
            catch (ShmException error)
            {
                Assert.True(Array.IndexOf(mayFailWith, error.ErrorId) >= 0, $"{error.ErrorId}: {error.Message}");
            }
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 1 << 20);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 5);
    }
}
