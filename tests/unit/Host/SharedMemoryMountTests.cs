using System.Text;
using Xunit;

namespace PSSharedMemory.UnitTests.Host;

/// <summary>File systems of containers and pods by the places where runtimes keep them mounted.</summary>
public class SharedMemoryMountTests
{
    private const string Id = "3f2a9c11d0e4b7a6958473625140fedcba98765432100123456789abcdef0f1e";
    private const string Uid = "5b1f6f7e-9c0d-4a53-8f39-0c2a7a1d4e11";

    [Theory]
    [InlineData($"/run/containerd/io.containerd.grpc.v1.cri/sandboxes/{Id}/shm", "containerd")]
    [InlineData($"/var/lib/docker/containers/{Id}/mounts/shm", "docker")]
    [InlineData($"/var/lib/docker/containers/{Id}/shm", "docker")]
    [InlineData($"/var/lib/containers/storage/overlay-containers/{Id}/userdata/shm", null)]
    [InlineData($"/home/me/.local/share/containers/storage/overlay-containers/{Id}/userdata/shm", null)]
    public void Of_a_container(string point, string? runtime)
    {
        var mount = Assert.Single(Parse($"300 30 0:52 / {point} rw,nosuid - tmpfs shm rw,size=65536k\n"));
        Assert.Equal(MapsLine.DeviceOf(0, 52), mount.Device);
        Assert.Equal(point, mount.Point);
        Assert.Equal(new ContainerName(Id, runtime, null), mount.Container);
    }

    [Fact]
    public void Of_a_volume_of_a_pod()
    {
        var mount = Assert.Single(Parse(
            $"300 30 0:60 / /var/lib/kubelet/pods/{Uid}/volumes/kubernetes.io~empty-dir/dshm rw - tmpfs tmpfs rw\n"));
        Assert.Equal(Uid, mount.PodId);
        Assert.Null(mount.Container);
    }

    [Theory]
    [InlineData("25 30 0:27 / /dev/shm rw - tmpfs tmpfs rw")]
    [InlineData("25 30 0:27 / /tmp rw - tmpfs tmpfs rw")]
    [InlineData($"25 30 0:27 / /var/lib/docker/containers/{Id}/mounts/shm rw - ext4 /dev/sda rw")]
    [InlineData($"25 30 0:27 / /var/lib/kubelet/pods/{Uid}/volumes/kubernetes.io~secret/token rw - tmpfs tmpfs rw")]
    [InlineData("25 30 0:27 / /var/lib/kubelet/pods/not-a-pod/volumes/kubernetes.io~empty-dir/x rw - tmpfs tmpfs rw")]
    public void Of_nothing_else(string line) => Assert.Empty(Parse(line + "\n"));

    [Fact]
    public void A_place_without_a_container_is_one_all_the_same()
    {
        var mount = Assert.Single(Parse("25 30 0:27 / /srv/chroot/dev/shm rw - tmpfs tmpfs rw\n"));
        Assert.Null(mount.Container);
    }

    private static System.Collections.Generic.IReadOnlyList<SharedMemoryMount> Parse(string text) =>
        SharedMemoryMounts.Parse(Encoding.UTF8.GetBytes(text));
}
