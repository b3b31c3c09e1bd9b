using System;
using System.Numerics;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>The areas of this process' own address space, as the kernel shows them now.</summary>
internal static class OwnAreas
{
    /// <summary>What the area at an address allows; null where nothing is mapped.</summary>
    /// <exception cref="ShmException">
    /// AccessDenied, LimitReached, NativeCallFailed: the kernel doesn't tell.
    /// </exception>
    public static AreaAccess? AccessAt(nint address) => Find(address)?.Access;

    /// <summary>
    /// The device of the object at an address, as <see cref="MapsLine.DeviceOf"/> makes it; 0 for none.
    /// </summary>
    /// <exception cref="ShmException">
    /// AccessDenied, LimitReached, NativeCallFailed: the kernel doesn't tell.
    /// </exception>
    public static ulong DeviceAt(nint address) => Find(address)?.Device ?? 0;

    /// <summary>
    /// Opens the object at an address for reading (/proc/self/map_files), which the kernel lets those do who may
    /// checkpoint (CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN). An invalid handle for others, and where there is none.
    /// </summary>
    /// <param name="address">Where the object is mapped.</param>
    /// <param name="start">
    /// Where its area begins, if it still is a single one: then nothing has to be looked up, which takes a hundred
    /// times as long.
    /// </param>
    /// <param name="length">Bytes of that area.</param>
    public static DescriptorHandle OpenObjectAt(nint address, nint start, long length)
    {
        var known = OpenArea((ulong)start, (ulong)(start + (nint)length));
        if (known is not { IsInvalid: true, Errno: (int)Errno.ENOENT })
        {
            return known;
        }

        using var reader = new ProcReader();
        var status = reader.Load("/proc/self/maps\0"u8);
        return status >= 0 && Find(reader.Text, address) is { } area
            ? OpenArea(area.Start, area.End)
            : new DescriptorHandle(status < 0 ? status : -(int)Errno.ENOENT);
    }

    private static DescriptorHandle OpenArea(ulong start, ulong end) =>
        Libc.open(FormattableString.Invariant($"/proc/self/map_files/{start:x}-{end:x}"), Libc.O_RDONLY);

    /// <summary>The page size in bytes of the area that begins at an address; null where none begins there.</summary>
    /// <exception cref="ShmException">
    /// AccessDenied, LimitReached, NativeCallFailed: the kernel doesn't tell.
    /// </exception>
    public static long? PageSizeAt(nint address)
    {
        using var reader = new ProcReader();
        Load(reader, "/proc/self/smaps\0"u8);
        var text = reader.Text;
        while (SmapsUsage.TryRead(ref text, out var area, out var usage))
        {
            if ((ulong)address == area.Start)
            {
                return usage.PageSize == 0 ? null : usage.PageSize;
            }
        }

        return null;
    }

    /// <summary>Where the addresses of programs end: what the processor's page tables give them, in bits.</summary>
    /// <remarks>
    /// The kernel puts the stack at the top, so the highest area tells: 47 bits on x64, 39, 42, 47, 48 or 52 on arm64.
    /// 62, which no kernel has, where that cannot be known.
    /// </remarks>
    public static int AddressBits { get; } = FindAddressBits();

    private static int FindAddressBits()
    {
        using var reader = new ProcReader();
        if (reader.Load("/proc/self/maps\0"u8) < 0)
        {
            return 62;
        }

        ulong highest = 0;
        var text = reader.Text;
        while (MapsLine.TryRead(ref text, out var area))
        {
            // What lies in the other half (vsyscall) is the kernel's.
            if (area.End <= long.MaxValue)
            {
                highest = Math.Max(highest, area.End - 1);
            }
        }

        return 64 - BitOperations.LeadingZeroCount(highest);
    }

    private static Area? Find(nint address)
    {
        using var reader = new ProcReader();
        Load(reader, "/proc/self/maps\0"u8);
        return Find(reader.Text, address);
    }

    private static Area? Find(ReadOnlySpan<byte> maps, nint address)
    {
        while (MapsLine.TryRead(ref maps, out var line))
        {
            if ((ulong)address >= line.Start && (ulong)address < line.End)
            {
                return new Area(line.Start, line.End, line.Access, line.Device);
            }
        }

        return null;
    }

    private static void Load(ProcReader reader, ReadOnlySpan<byte> path)
    {
        var status = reader.Load(path);
        NativeError.ThrowIf(status, nameof(Libc.open), $"read {ProcText.ToText(path.TrimEnd((byte)0))}");
    }

    private readonly record struct Area(ulong Start, ulong End, AreaAccess Access, ulong Device);
}
