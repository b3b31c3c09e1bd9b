using System;
using PSSharedMemory.Commands;
using Xunit;

namespace PSSharedMemory.UnitTests.Display;

public class AgeTests
{
    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(59, "59 s")]
    [InlineData(60, "1 m")]
    [InlineData(86_399, "23 h")]
    [InlineData(99 * 86_400, "99 d")]
    [InlineData(100 * 86_400, "14 w")]
    [InlineData(365 * 86_400, "52 w")]
    [InlineData(366 * 86_400, "1 y")]
    [InlineData(99L * 366 * 86_400, "99 y")]
    public void An_age_is_never_nothing_and_fits_its_column(long seconds, string shown)
    {
        Assert.Equal(shown, ShmDisplay.Age(TimeSpan.FromSeconds(seconds)));
        Assert.True(shown.Length <= 4);
    }
}
