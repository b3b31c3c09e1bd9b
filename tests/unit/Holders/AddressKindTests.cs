using System.Text;
using Xunit;

namespace PSSharedMemory.UnitTests;

public class AddressKindTests
{
    [Theory]
    [InlineData("/usr/bin/x", true, false, ShmRegionKind.Program)]
    [InlineData("[heap]", false, false, ShmRegionKind.Heap)]
    [InlineData("[stack]", false, false, ShmRegionKind.Stack)]
    [InlineData("[vdso]", false, true, ShmRegionKind.Kernel)]
    [InlineData("[vvar_vclock]", false, false, ShmRegionKind.Kernel)]
    [InlineData("[vsyscall]", false, false, ShmRegionKind.Kernel)]
    [InlineData("[anon:heap of mine]", false, false, ShmRegionKind.Anonymous)]
    [InlineData("", false, false, ShmRegionKind.Anonymous)]
    [InlineData("/usr/lib/libc.so.6", false, false, ShmRegionKind.Library)]
    [InlineData("/opt/plugin", false, true, ShmRegionKind.Library)]
    [InlineData("/usr/lib/locale/C.utf8/LC_CTYPE", false, false, ShmRegionKind.Mapped)]
    public void A_region_is_known_by_what_is_behind_it(string path, bool isProgram, bool hasCode, ShmRegionKind kind)
    {
        Assert.True(
            MapsLine.TryParse(Encoding.UTF8.GetBytes($"1000-2000 r--p 00000000 00:00 0       {path}"), out var line));
        Assert.Equal(kind, ShmAddressSpace.KindOf(line, isProgram, hasCode));
    }
}
