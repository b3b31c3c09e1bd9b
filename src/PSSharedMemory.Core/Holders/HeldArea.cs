using System;

namespace PSSharedMemory;

/// <summary>
/// Shared memory that one process holds: a mapped area, or a descriptor without one. As found in /proc, before it is
/// known which segment it is.
/// </summary>
internal sealed class HeldArea
{
    /// <summary>Who holds it: read last, once everything the process holds is known.</summary>
    public ProcessIdentity Process { get; set; } = null!;

    /// <summary>What it is, as the device tells.</summary>
    public required ShmAreaKind Kind { get; init; }

    /// <summary>The device, as <see cref="MapsLine.DeviceOf"/> makes it.</summary>
    public required ulong Device { get; init; }

    /// <summary>The inode; the id of a System V segment.</summary>
    public required ulong Inode { get; init; }

    /// <summary>The path as the kernel gave it. A line feed stands as \012 where it comes from maps.</summary>
    public required byte[] Path { get; init; }

    /// <summary>The lowest descriptor by which the process holds it; -1 for an area of what it has not open.</summary>
    public int Descriptor { get; set; } = -1;

    /// <summary>First byte; 0 for a descriptor.</summary>
    public ulong Start { get; init; }

    /// <summary>Behind the last byte; 0 for a descriptor.</summary>
    public ulong End { get; init; }

    /// <summary>Bytes from the start of the object.</summary>
    public ulong Offset { get; init; }

    /// <summary>Protection, and whether it is shared. A descriptor: what it was opened for.</summary>
    public AreaAccess Access { get; set; }

    /// <summary>What smaps says; null if it wasn't asked or cannot be read.</summary>
    public SmapsUsage? Usage { get; set; }

    /// <summary>What stat says of the object; null if it couldn't be asked.</summary>
    public FileFacts? Facts { get; set; }

    /// <summary>What it is of, among what one process holds.</summary>
    public SegmentKey Key => new(Kind, Device, Inode);

    /// <summary>Whether it is mapped, not only held open.</summary>
    public bool IsMapped => End > Start;

    /// <summary>
    /// The path with its line feeds, which maps escapes and a descriptor's link doesn't. A name with the four
    /// characters \012 in it comes out wrong: the inode tells which object it is.
    /// </summary>
    public ReadOnlySpan<byte> PlainPath => IsMapped ? ProcText.Unescape(Path, new byte[Path.Length]) : Path;

    /// <summary>An area as the kernel tells it.</summary>
    /// <param name="kind">What its device makes it.</param>
    /// <param name="line">The area; its path may not have been asked for.</param>
    /// <param name="path">Its path, kept.</param>
    public static HeldArea OfLine(ShmAreaKind kind, in MapsLine line, byte[] path) => new()
    {
        Kind = kind,
        Device = line.Device,
        Inode = line.Inode,
        Path = path,
        Start = line.Start,
        End = line.End,
        Offset = line.Offset,
        Access = line.Access,
    };
}
