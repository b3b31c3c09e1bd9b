using Xunit;

namespace PSSharedMemory.UnitTests.Host;

/// <summary>
/// Containers and pods by the paths that runtimes give their control groups, and by those that only look like it.
/// </summary>
public class ContainerNameTests
{
    private const string Id = "3f2a9c11d0e4b7a6958473625140fedcba98765432100123456789abcdef0f1e";
    private const string Other = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    private const string Uid = "5b1f6f7e-9c0d-4a53-8f39-0c2a7a1d4e11";
    private const string UidOfSlice = "5b1f6f7e_9c0d_4a53_8f39_0c2a7a1d4e11";

    [Theory]
    [InlineData($"/docker/{Id}", "docker", null)]
    [InlineData($"/system.slice/docker-{Id}.scope", "docker", null)]
    [InlineData($"/docker/{Id}/init.scope", "docker", null)]
    [InlineData($"/kubepods/burstable/pod{Uid}/{Id}", null, Uid)]
    [InlineData($"/kubepods/pod{Uid}/{Id}", null, Uid)]
    [InlineData($"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{UidOfSlice}.slice/cri-containerd-{Id}.scope",
        "containerd", Uid)]
    [InlineData($"/kubepods.slice/kubepods-pod{UidOfSlice}.slice/crio-{Id}.scope", "cri-o", Uid)]
    [InlineData($"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{UidOfSlice}.slice/docker-{Id}.scope",
        "docker", Uid)]
    [InlineData($"/kubepods/besteffort/pod{Uid}/crio-{Id}", "cri-o", Uid)]
    [InlineData($"/system.slice/containerd.service/kubepods-burstable-pod{UidOfSlice}.slice:cri-containerd:{Id}",
        "containerd", Uid)]
    [InlineData($"/kubepods/burstable/pod0123456789abcdef0123456789abcdef/{Id}", null,
        "0123456789abcdef0123456789abcdef")]
    [InlineData($"/machine.slice/libpod-{Id}.scope", "podman", null)]
    [InlineData($"/machine.slice/libpod-{Id}.scope/container", "podman", null)]
    [InlineData($"/libpod_parent/libpod-{Id}", "podman", null)]
    [InlineData($"/libpod_parent/libpod-{Id}/container", "podman", null)]
    [InlineData($"/libpod_parent/{Other}/libpod-{Id}", "podman", Other)]
    [InlineData($"/batch/{Other}/libpod-{Id}", "podman", Other)]
    [InlineData($"/system.slice/web.service/libpod-payload-{Id}", "podman", null)]
    [InlineData($"/user.slice/user-1000.slice/user@1000.service/user.slice/user-libpod_pod_{Other}.slice/libpod-{Id}.scope/container",
        "podman", Other)]
    [InlineData($"/docker/{Other}/libpod_parent/libpod-{Id}", "podman", null)]
    [InlineData($"/docker/{Other}/docker/{Id}", "docker", null)]
    [InlineData($"/docker/{Id}/conmon", "docker", null)]
    [InlineData($"/docker/{Id}/libpod_parent/conmon", "docker", null)]
    [InlineData($"/docker/{Id}/kubelet.slice/kubelet-kubepods.slice", "docker", null)]
    [InlineData($"/kubelet/kubepods/besteffort/pod{Uid}/{Id}", null, Uid)]
    [InlineData($"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod{UidOfSlice}.slice/cri-containerd-{Id}.scope",
        "containerd", Uid)]
    [InlineData($"/kubepods.slice/kubepods-pod{UidOfSlice}.slice/crio-{Id}.scope/container", "cri-o", Uid)]
    [InlineData($"/kubepods.slice/kubepods-pod{UidOfSlice}.slice:crio:{Id}", "cri-o", Uid)]
    [InlineData($"/user.slice/user-1000.slice/user@1000.service/app.slice/docker-{Id}.scope", "docker", null)]
    [InlineData($"/ecs/0f1e2d3c4b5a69788796a5b4c3d2e1f0/{Id}", null, null)]
    [InlineData($"/k8s.io/{Id}", "containerd", null)]
    [InlineData($"/lxc.payload.box/docker/{Id}", "docker", null)]
    [InlineData($"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{Id}.scope/container", "podman",
        null)]
    [InlineData($"/machine.slice/machine-libpod_pod_{Other}.slice/libpod-{Id}.scope", "podman", Other)]
    [InlineData($"/default/{Id}", null, null)]
    [InlineData($"/system.slice/nerdctl-{Id}.scope", "containerd", null)]
    [InlineData($"/../../docker/{Id}", "docker", null)]
    public void Tells_container_runtime_and_pod(string path, string? runtime, string? pod) =>
        Assert.Equal(new ContainerName(Id, runtime, pod), ContainerName.OfPath(path));

    [Theory]
    [InlineData("/")]
    [InlineData("/user.slice/user-0.slice/session-1.scope")]
    [InlineData("/system.slice/docker.service")]
    [InlineData($"/machine.slice/libpod-conmon-{Id}.scope")]
    [InlineData($"/kubepods.slice/kubepods-pod{UidOfSlice}.slice/crio-conmon-{Id}.scope")]
    [InlineData($"/kubepods.slice/kubepods-pod{UidOfSlice}.slice")]
    [InlineData($"/libpod_parent/{Id}")]
    [InlineData($"/libpod_parent/{Id}/conmon")]
    [InlineData("/libpod_parent/conmon")]
    [InlineData($"/batch/{Id}/conmon")]
    [InlineData($"/kubepods/besteffort/pod{Uid}/crio-conmon-{Id}")]
    [InlineData("/system.slice/containerd.service")]
    [InlineData("/lxc/box")]
    [InlineData("/lxc.payload.box")]
    [InlineData("/lxc.payload.box/init.scope")]
    [InlineData("/lxc.monitor.box")]
    [InlineData("/machine.slice/machine-box.scope/payload")]
    [InlineData("/machine.slice/systemd-nspawn@box.service/payload")]
    [InlineData("/user.slice/user-1000.slice/user@1000.service/app.slice/snap.firefox.firefox-5b1f6f7e-9c0d-4a53-8f39-0c2a7a1d4e11.scope")]
    [InlineData("/system.slice/snap.docker.dockerd.service")]
    [InlineData("/user.slice/user-1000.slice/user@1000.service/app.slice/app-flatpak-org.example.Player-3471.scope")]
    [InlineData("/system.slice/docker-buildx.scope")]
    [InlineData("/docker/3f2a9c11")]
    [InlineData($"/docker/{Id}0")]
    [InlineData("/docker/3F2A9C11D0E4B7A6958473625140FEDCBA98765432100123456789ABCDEF0F1E")]
    [InlineData($"/system.slice/evil{Id}.scope")]
    [InlineData($"/system.slice/some-service-{Id}.scope")]
    [InlineData("/docker/\u001b[31m11d0e4b7a6958473625140fedcba98765432100123456789abcdef0f1e")]
    [InlineData("")]
    public void Tells_nothing_of_what_only_looks_like_a_container(string path) =>
        Assert.Null(ContainerName.OfPath(path));

    [Fact]
    public void The_innermost_of_nested_containers_counts() => Assert.Equal(
        new ContainerName(Id, "containerd", Uid),
        ContainerName.OfPath(
            $"/docker/{Other}/kubelet.slice/kubelet-kubepods-pod{UidOfSlice}.slice/cri-containerd-{Id}.scope"));

    [Fact]
    public void A_pod_that_only_looks_like_one_is_none()
    {
        Assert.Null(ContainerName.OfPath($"/kubepods/podium/{Id}")?.PodId);
        Assert.Null(ContainerName.OfPath($"/kubepods/pod\u001b]0;x/{Id}")?.PodId);
    }

    [Fact]
    public void Reads_all_hierarchies_of_version_1_and_the_one_of_version_2()
    {
        Assert.Equal(
            Id, ContainerName.Parse($"12:pids:/\n4:memory:/docker/{Id}\n1:name=systemd:/docker/{Id}\n0::/\n")?.Id);
        Assert.Equal(Id, ContainerName.Parse($"0::/system.slice/docker-{Id}.scope\n")?.Id);
        Assert.Null(ContainerName.Parse("0::/\n"));
        Assert.Null(ContainerName.Parse("nonsense\n"));
        Assert.Null(ContainerName.Parse(""));
    }
}
