using System;
using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// A bump allocator at the start of a segment, in the layout of a C header (magic, version, head, free list, next free
/// offset). It hands out offsets from the start of the segment, never addresses: each process adds its own base. Any
/// number of processes may allocate at once, without a lock; one that is killed loses at most the bytes it was about to
/// get. Nothing is ever given back, and another program's free list is left alone.
/// </summary>
public sealed class ShmArena : IShmMapped
{
    private static readonly TimeSpan LongestMaking = TimeSpan.FromMilliseconds(250);

    private ShmArena(ShmMapping mapping) => Mapping = mapping;

    /// <summary>The mapping; offsets in the arena are offsets in it.</summary>
    internal ShmMapping Mapping { get; }

    ShmMapping IShmMapped.GetMapping() => Mapping;

    /// <summary>The segment that it lies in.</summary>
    public ShmSegment Segment => Mapping.Segment;

    /// <summary>The first offset that hasn't been handed out.</summary>
    /// <exception cref="ShmException">
    /// InvalidStructure: it is out of range or not aligned; and as <see cref="ShmAtomics"/>.
    /// </exception>
    public long NextFreeOffset => CheckedNextFree(ShmAtomics.Load<long>(Mapping, ArenaLayout.NextFreeOffset));

    /// <summary>Bytes from the start of the segment to its end, as far as links of 32 bits reach.</summary>
    public long Capacity => Math.Min(Mapping.Length, ArenaLayout.LongestReach);

    /// <summary>Bytes that can still be handed out.</summary>
    /// <exception cref="ShmException">As for <see cref="NextFreeOffset"/>.</exception>
    public long FreeBytes => Capacity - NextFreeOffset;

    /// <summary>Makes an empty arena; whatever else the first 24 bytes held is overwritten.</summary>
    /// <param name="mapping">From the start of the segment, 24 bytes or more.</param>
    /// <param name="force">Whether an existing arena is replaced and everything in it forgotten.</param>
    /// <exception cref="ShmException">
    /// SegmentExists: an arena is there; InvalidOffset: the mapping does not begin at the start of the segment; and as
    /// <see cref="ShmAtomics"/>, before anything is written.
    /// </exception>
    public static ShmArena Create(ShmMapping mapping, bool force = false)
    {
        CheckStart(mapping);
        SyncAccess.Begin(
            mapping, 0, ArenaLayout.HeaderSize, ArenaLayout.Alignment,
            ShmProtection.Read | ShmProtection.Write).Dispose();

        // The magic is removed first and written last: nobody takes a half-made header for a whole one, and if two make
        // it at once, one wins.
        var magic = FinishedMagic(mapping);
        if ((magic == ArenaLayout.Magic && !force)
            || ShmAtomics.CompareExchange(
                mapping, ArenaLayout.MagicOffset, ArenaLayout.UnderConstruction, magic) != magic)
        {
            throw IsThere(mapping);
        }

        ShmAtomics.Exchange(mapping, ArenaLayout.VersionOffset, ArenaLayout.Version);
        ShmAtomics.Exchange(mapping, ArenaLayout.HeadOffset, ArenaLayout.None);
        ShmAtomics.Exchange(mapping, ArenaLayout.FreeListOffset, ArenaLayout.None);
        ShmAtomics.Exchange(mapping, ArenaLayout.NextFreeOffset, (long)ArenaLayout.HeaderSize);
        ShmAtomics.Exchange(mapping, ArenaLayout.MagicOffset, ArenaLayout.Magic);
        return new ShmArena(mapping);
    }

    /// <summary>Opens the arena that is there.</summary>
    /// <exception cref="ShmException">
    /// InvalidStructure: another magic or version; InvalidOffset: the mapping does not begin at the start of the
    /// segment; and as <see cref="ShmReader"/>.
    /// </exception>
    public static ShmArena Open(ShmMapping mapping)
    {
        CheckStart(mapping);
        var magic = mapping.Reader.ReadUInt32(ArenaLayout.MagicOffset);
        if (magic != ArenaLayout.Magic)
        {
            throw new ShmException(
                ShmErrorId.InvalidStructure,
                $"There is no arena in {mapping}: its magic is 0x{magic:x8}, not 0x{ArenaLayout.Magic:x8}.",
                mapping);
        }

        var version = mapping.Reader.ReadUInt32(ArenaLayout.VersionOffset);
        return version == ArenaLayout.Version ? new ShmArena(mapping) : throw new ShmException(
            ShmErrorId.InvalidStructure,
            $"The arena in {mapping} has version {version}, and only version {ArenaLayout.Version} is known.",
            mapping);
    }

    /// <summary>Whether the mapping begins with the magic of an arena.</summary>
    internal static bool Exists(ShmMapping mapping) =>
        mapping.Offset == 0 && mapping.Length >= ArenaLayout.HeaderSize && FinishedMagic(mapping) == ArenaLayout.Magic;

    /// <summary>Hands out bytes.</summary>
    /// <param name="size">1 or more; rounded up to a multiple of 8.</param>
    /// <returns>Where they begin: bytes from the start of the segment, a multiple of 8.</returns>
    /// <exception cref="ShmException">
    /// NoSpace, OutOfRange (the size); and as for <see cref="NextFreeOffset"/>.
    /// </exception>
    public long Allocate(long size)
    {
        if (size <= 0)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange, $"Cannot allocate {size} bytes in {Mapping}: an allocation has 1 byte or more.",
                Mapping);
        }

        while (true)
        {
            // Not a plain addition: a failing one would push the offset past the end for everybody.
            var offset = NextFreeOffset;
            var end = size > Capacity ? long.MaxValue : Alignment.RoundUp(offset + size, ArenaLayout.Alignment);
            if (end > Capacity)
            {
                throw new ShmException(
                    ShmErrorId.NoSpace,
                    $"Cannot allocate {size} bytes in {Mapping}: {Capacity - offset} bytes of its {Capacity} are left. "
                        + "Make a larger segment and copy what is in this one.",
                    this);
            }

            if (ShmAtomics.CompareExchange(Mapping, ArenaLayout.NextFreeOffset, end, offset) == offset)
            {
                return offset;
            }
        }
    }

    /// <summary>"arena of /name at 0x7f…".</summary>
    public override string ToString() => $"arena of {Mapping}";

    private static void CheckStart(ShmMapping mapping)
    {
        if (mapping.Offset != 0)
        {
            throw new ShmException(
                ShmErrorId.InvalidOffset,
                $"{mapping} begins at offset {mapping.Offset} of its segment, and an arena counts from the segment's "
                    + "start. Mount it from there.",
                mapping);
        }
    }

    /// <summary>The magic once nobody is writing it; a writer that takes longer than a moment was killed.</summary>
    private static uint FinishedMagic(ShmMapping mapping)
    {
        var deadline = new Deadline(LongestMaking);
        uint magic;
        while ((magic = ShmAtomics.Load<uint>(mapping, ArenaLayout.MagicOffset)) == ArenaLayout.UnderConstruction
            && !deadline.HasPassed)
        {
            Thread.Yield();
        }

        return magic;
    }

    private static ShmException IsThere(ShmMapping mapping) => new(
        ShmErrorId.SegmentExists, $"Cannot make an arena in {mapping}: there is one already.", mapping);

    private long CheckedNextFree(long offset) =>
        offset >= ArenaLayout.HeaderSize && offset <= Capacity && offset % ArenaLayout.Alignment == 0
            ? offset
            : throw new ShmException(
                ShmErrorId.InvalidStructure,
                $"The arena in {Mapping} is damaged: its next free offset is {(ulong)offset}, not a multiple of "
                    + $"{ArenaLayout.Alignment} from {ArenaLayout.HeaderSize} to {Capacity}.",
                Mapping);
}
