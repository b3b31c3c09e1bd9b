using System;
using System.IO;
using System.Linq;
using Xunit;

namespace PSSharedMemory.UnitTests.Mappings;

/// <summary>
/// What this process may still map when the areas that are left belong to the runtime: nothing that costs one, by
/// whatever way. Alone, since the budget is the process' own.
/// </summary>
[Collection(nameof(Alone))]
public sealed class AreaBudgetTests : IDisposable
{
    private const int Page = 4096;

    private readonly ShmSegment _segment =
        PosixSegments.Create($"/pst-areas-{Guid.NewGuid():N}", new ShmCreateOptions { Size = 8 * Page });

    private long _filled;

    public void Dispose()
    {
        AreaBudget.Add(-_filled);
        ShmSegments.Remove(_segment);
    }

    [Fact]
    public void A_mount_is_refused_and_then_goes()
    {
        Fill();
        Assert.Equal(ShmErrorId.LimitReached, Assert.Throws<ShmException>(() => ShmMapping.Mount(_segment)).ErrorId);
        AreaBudget.Add(-1);
        _filled--;
        using var mapping = ShmMapping.Mount(_segment);
        Assert.Equal(ShmErrorId.LimitReached, Assert.Throws<ShmException>(() => ShmMapping.Mount(_segment)).ErrorId);
    }

    [Fact]
    public void A_mount_over_another_is_refused_and_leaves_that_as_it_was()
    {
        using var old = ShmMapping.Mount(_segment);
        old.Writer.WriteInt32(0, 7);
        var areas = CountAreas();
        foreach (var left in new[] { 0, 1, 2, 3 })
        {
            Fill(left);
            var over = new ShmMountOptions { Address = (nint)old.Address, Replace = true };
            var error = Assert.Throws<ShmException>(() => ShmMapping.Mount(_segment, over));
            Assert.Equal(ShmErrorId.LimitReached, error.ErrorId);
            Assert.Equal(7, old.Reader.ReadInt32(0));
            Assert.Equal(areas, CountAreas());
            Empty();
        }
    }

    [Fact]
    public void A_mapping_of_unlike_pages_stays_as_it_is_when_its_object_grows()
    {
        using var mapping = ShmMapping.Mount(_segment);
        mapping.Protect(ShmProtection.Read, 2 * Page, Page);
        mapping.Writer.WriteInt32(0, 7);
        var areas = CountAreas();
        Fill();
        var result = SegmentResize.Resize(ShmSegments.Refresh(_segment), 12 * Page);

        Assert.Equal(mapping, Assert.Single(result.Left).Key);
        Assert.Equal(8 * Page, mapping.Length);
        Assert.Equal(7, mapping.Reader.ReadInt32(0));
        Assert.Equal(areas, CountAreas());

        Empty();
        Assert.Empty(SegmentResize.Resize(ShmSegments.Refresh(_segment), 16 * Page).Left);
    }

    private int CountAreas() => File.ReadLines("/proc/self/maps").Count(line => line.Contains(_segment.Name!));

    /// <summary>Takes all that the budget has but for so many.</summary>
    private void Fill(int left = 0)
    {
        for (var step = 1L << 40; step > 0; step /= 2)
        {
            if (AreaBudget.Has(step + left))
            {
                AreaBudget.Add(step);
                _filled += step;
            }
        }
    }

    private void Empty()
    {
        AreaBudget.Add(-_filled);
        _filled = 0;
    }
}
