using Xunit;

namespace PSSharedMemory.UnitTests.Access;

/// <summary>The parts of a segment that have memory, as a snapshot's metadata says.</summary>
public class ExtentListTests
{
    [Theory]
    [InlineData(true, 0, 10, 10, 20)]
    [InlineData(true, 5, 10, 90, 10)]
    [InlineData(false, 0, 11, 10, 20)]
    [InlineData(false, 10, 20, 0, 10)]
    [InlineData(false, -1, 5, 10, 20)]
    [InlineData(false, 0, 0, 10, 20)]
    [InlineData(false, 0, 10, 90, 11)]
    [InlineData(false, 0, 10, 90, long.MaxValue)]
    [InlineData(false, 0, 10, long.MaxValue, 1)]
    public void They_are_apart_in_order_and_within(bool isValid, long first, long length, long second, long more) =>
        Assert.Equal(isValid, ExtentList.AreValid([new ShmRun(first, length), new ShmRun(second, more)], 100));
}
