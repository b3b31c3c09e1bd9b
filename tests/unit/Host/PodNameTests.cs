using System;
using System.IO;
using System.Linq;
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
        var pods = new PodNames(new HostFiles(_root.FullName), []);
        Assert.Equal("web-0", pods.NameOf(Uid));
        Assert.Equal("shop", pods.SpaceOf(Uid));
    }

    [Fact]
    public void A_pod_without_a_folder_or_a_process_that_can_be_asked_is_shown_by_its_id()
    {
        SurveyedProcess Member(string pod, ulong start) => new(
            new ProcessDoor(Environment.ProcessId, start), 0, 0, new ContainerName("", null, pod));
        // Of x one has ended; y is in the host's own UTS namespace, whose name is not the pod's.
        var pods = new PodNames(
            new HostFiles(_root.FullName),
            [Member("x", ProcessStart.OwnStart + 1), Member("y", ProcessStart.OwnStart)]);
        Assert.Equal(["c", "x", "y"], new[] { "c", "x", "y" }.Select(pods.NameOf));
        Assert.Null(pods.SpaceOf("c"));
    }
}
