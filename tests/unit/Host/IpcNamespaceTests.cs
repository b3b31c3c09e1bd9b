using System;
using System.IO;
using System.Threading;
using Xunit;

namespace PSSharedMemory.UnitTests.Host;

/// <summary>Namespaces by inode and id, and the threads that enter them.</summary>
public class IpcNamespaceTests
{
    [Theory]
    [InlineData("ipc:[4026531839]", 4026531839UL)]
    [InlineData("ipc:[]", 0UL)]
    [InlineData("ipc:[1", 0UL)]
    [InlineData("ipc:[-1]", 0UL)]
    [InlineData("mnt:[4026531839]", 0UL)]
    [InlineData("shm:[0:52]", 0UL)]
    [InlineData(null, 0UL)]
    public void The_text_of_proc_gives_the_inode(string? text, ulong inode) =>
        Assert.Equal(inode, IpcNamespace.InodeOf(text));

    [Fact]
    public void An_inode_that_was_given_again_is_another_namespace()
    {
        Assert.False(new IpcNamespace(4026532281, 464).IsSame(new IpcNamespace(4026532281, 465)));
        Assert.True(new IpcNamespace(4026532281, 464).IsSame(new IpcNamespace(0, 464)));
        Assert.True(new IpcNamespace(4026532281, null).IsSame(new IpcNamespace(4026532281, 465)));
        Assert.False(new IpcNamespace(4026532281, null).IsSame(new IpcNamespace(4026532282, null)));
    }

    [Fact]
    public void This_process_is_in_the_one_that_proc_shows()
    {
        var link = new FileInfo("/proc/self/ns/ipc").LinkTarget;
        Assert.Equal(link, IpcNamespace.Own.Text);
        Assert.Same(IpcNamespace.Own, IpcNamespace.Current);
    }

    [Fact]
    public void A_call_in_the_own_namespace_takes_no_thread()
    {
        var thread = Environment.CurrentManagedThreadId;
        Assert.Equal(thread, IpcEntrance.Run(IpcNamespace.Own, [], static () => Environment.CurrentManagedThreadId));
    }

    [Fact]
    public void A_namespace_that_has_ended_is_no_other()
    {
        var gone = new IpcNamespace(1, long.MaxValue);
        var door = new ProcessDoor(Environment.ProcessId, ProcessStart.OwnStart);
        var error = Assert.Throws<ShmException>(() => IpcEntrance.Run(gone, [door], static () => true));
        // Without CAP_SYS_ADMIN it is not even entered to be looked at.
        Assert.Contains(error.ErrorId, (ShmErrorId[])[ShmErrorId.SegmentNotFound, ShmErrorId.AccessDenied]);
    }

    [Fact]
    public void A_process_that_has_the_id_by_now_is_no_door()
    {
        var later = new ProcessDoor(Environment.ProcessId, ProcessStart.OwnStart + 1);
        using var reader = new ProcReader();
        Assert.True(ProcReader.IsGone(later.Approach(reader)));
    }

    [Fact]
    public void A_failure_in_the_thread_comes_back_as_it_is()
    {
        Assert.Throws<InvalidTimeZoneException>(() =>
            NamespaceThread.Run<bool>("test", static () => { }, static () => throw new InvalidTimeZoneException()));
        Assert.Throws<InvalidTimeZoneException>(() =>
            NamespaceThread.Run("test", static () => throw new InvalidTimeZoneException(), static () => true));
    }

    [Fact]
    public void The_thread_is_of_no_pool() =>
        Assert.False(
            NamespaceThread.Run("test", static () => { }, static () => Thread.CurrentThread.IsThreadPoolThread));

    [Fact]
    public void The_same_id_of_two_namespaces_is_two_segments()
    {
        var here =
            new ShmSegment { Kind = ShmKind.SysV, Id = 0, Size = 4096, CreatorProcessId = 7, NamespaceId = 4098 };
        var there = new ShmSegment(here) { Namespace = "ipc:[4026532281]", NamespaceId = 464 };
        Assert.False(here.IsSame(there));
        Assert.NotEqual(here, there);
        Assert.False(new ShmSegment(here) { NamespaceId = null }.IsSame(new ShmSegment(there) { NamespaceId = null }));
        // Listed there, it was "here".
        Assert.True(new ShmSegment(there) { Namespace = null }.IsSame(there));
        Assert.True(new ShmSegment(here) { NamespaceId = null }.IsSame(here));
        Assert.NotEqual(SegmentKey.Of(here), SegmentKey.Of(there));
        Assert.Equal("id 0 in ipc:[4026532281]", there.Label);
    }
}
