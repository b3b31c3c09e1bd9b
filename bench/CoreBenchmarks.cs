using System;
using BenchmarkDotNet.Attributes;

namespace PSSharedMemory.Benchmarks;

/// <summary>The core library under BenchmarkDotNet, with allocations: <c>-- --micro --filter '*'</c>.</summary>
[MemoryDiagnoser]
public class CoreBenchmarks
{
    private readonly byte[] _buffer = new byte[1024];
    private ShmSegment _sysV = null!;
    private ShmSegment _posix = null!;
    private ShmMapping _plain = null!;
    private ShmMapping _guarded = null!;

    [GlobalSetup]
    public void MakeSegments()
    {
        _sysV = SysVSegments.CreatePrivate(new ShmCreateOptions { Size = 64 * 1024 });
        _posix = PosixSegments.Create(
            $"/pssharedmemory-bench-{Environment.ProcessId}", new ShmCreateOptions { Size = 64 * 1024 });
        _plain = ShmMapping.Mount(_sysV);
        _guarded = ShmMapping.Mount(_posix);
    }

    [GlobalCleanup]
    public void RemoveSegments()
    {
        _plain.Dispose();
        _guarded.Dispose();
        ShmSegments.Remove(_sysV);
        ShmSegments.Remove(_posix);
    }

    [Benchmark]
    public int ReadInt32Plain() => _plain.Reader.ReadInt32(0);

    [Benchmark]
    public int ReadInt32Guarded() => _guarded.Reader.ReadInt32(0);

    [Benchmark]
    public void Read1KiBPlain() => _plain.Reader.ReadBytes(0, _buffer.AsSpan());

    [Benchmark]
    public void Read1KiBGuarded() => _guarded.Reader.ReadBytes(0, _buffer.AsSpan());

    [Benchmark]
    public void MountAndDismountSysV() => ShmMapping.Mount(_sysV).Dispose();

    [Benchmark]
    public void MountAndDismountPosix() => ShmMapping.Mount(_posix).Dispose();
}
