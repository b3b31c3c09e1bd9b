using Xunit;

namespace PSSharedMemory.UnitTests.Segments;

/// <summary>File systems by device, directory and the number that is drawn for each.</summary>
public class PosixIdentityTests
{
    [Theory]
    [InlineData("shm:[0:52]", 0, 52, 0)]
    [InlineData("shm:[8:1:77]", 8, 1, 77)]
    public void Its_text_leads_back(string text, uint major, uint minor, ulong inode)
    {
        Assert.True(PosixIdentity.TryParse(text, 5, out var identity));
        Assert.Equal(new PosixIdentity(MapsLine.DeviceOf(major, minor), inode, 5), identity);
        Assert.Equal(text, identity.Text);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("shm:[]")]
    [InlineData("shm:[0]")]
    [InlineData("shm:[0:52:1:2]")]
    [InlineData("shm:[0:-52]")]
    [InlineData("shm:[0:99999999999]")]
    [InlineData("shm:[0:52")]
    [InlineData("ipc:[4026531839]")]
    public void Other_texts_lead_nowhere(string? text) => Assert.False(PosixIdentity.TryParse(text, null, out _));

    [Fact]
    public void A_device_that_was_given_again_is_another_file_system()
    {
        var old = new PosixIdentity(52, 0, 1);
        Assert.False(old.IsSame(old with { Id = 2 }));
        Assert.True(old.IsSame(old with { Id = null }));
        Assert.False(old.IsSame(old with { Inode = 9 }));
    }
}
