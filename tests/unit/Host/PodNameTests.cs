using System;
using System.IO;
using Xunit;

namespace PSSharedMemory.UnitTests.Host;

/// <summary>Names of pods by the kubelet's folders of logs.</summary>
public sealed class PodNameTests : IDisposable
{
    private const string Uid = "5b1f6f7e-9c0d-4a53-8f39-0c2a7a1d4e11";

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("pst-pods-");

    public PodNameTests()
    {
        _root.CreateSubdirectory($"var/log/pods/shop_web-0_{Uid}");
        _root.CreateSubdirectory("var/log/pods/strange");
        _root.CreateSubdirectory("var/log/pods/a_b_c_d");
    }

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void A_pod_is_named_by_its_folder()
    {
        var pods = new PodNames(new HostFiles(_root.FullName));
        Assert.Equal("web-0", pods.Of(Uid, null));
        Assert.Equal("shop", pods.SpaceOf(Uid));
    }

    [Fact]
    public void A_pod_without_a_folder_or_a_process_that_can_be_asked_is_shown_by_its_id()
    {
        var pods = new PodNames(new HostFiles(_root.FullName));
        Assert.Equal("c", pods.Of("c", null));
        Assert.Null(pods.SpaceOf("c"));
        // It has ended.
        Assert.Equal("x", pods.Of("x", new ProcessDoor(Environment.ProcessId, ProcessStart.OwnStart + 1)));
        // It is in the host's own UTS namespace, whose name is not the pod's.
        Assert.Equal("y", pods.Of("y", new ProcessDoor(Environment.ProcessId, ProcessStart.OwnStart)));
    }
}
