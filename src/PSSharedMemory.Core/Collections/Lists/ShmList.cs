using System;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>
/// A singly linked list of 32-bit numbers in an arena, new ones at the head. Any number of processes may add and read
/// at once, without a lock: a node is complete before it's linked, and linking is one atomic instruction, so a process
/// killed at any instant leaves a list that others can read and extend. A C program that changes the list without
/// atomics needs a mutex, which everybody must then take.
/// </summary>
public sealed class ShmList : IShmMapped
{
    private ShmList(ShmArena arena) => Arena = arena;

    /// <summary>Where its nodes are allocated.</summary>
    internal ShmArena Arena { get; }

    /// <summary>The arena whose memory its items take.</summary>
    public ShmArena GetArena() => Arena;

    /// <summary>The mapping.</summary>
    internal ShmMapping Mapping => Arena.Mapping;

    ShmMapping IShmMapped.GetMapping() => Mapping;

    /// <summary>The segment that it lies in.</summary>
    public ShmSegment Segment => Mapping.Segment;

    /// <summary>The offset of the first node; -1 for none.</summary>
    /// <exception cref="ShmException">As <see cref="ShmAtomics"/>.</exception>
    public int Head => ShmAtomics.Load<int>(Mapping, ArenaLayout.HeadOffset);

    /// <summary>Makes an empty list, and the arena too if there's none.</summary>
    /// <param name="mapping">From the start of the segment.</param>
    /// <param name="force">Whether an existing list's items are forgotten. Their memory isn't reused.</param>
    /// <exception cref="ShmException">
    /// SegmentExists: a list with items is there; and as <see cref="ShmArena.Create"/>.
    /// </exception>
    public static ShmList Create(ShmMapping mapping, bool force = false)
    {
        var list = new ShmList(ShmArena.Exists(mapping) ? ShmArena.Open(mapping) : ShmArena.Create(mapping));
        if (force)
        {
            ShmAtomics.Exchange(mapping, ArenaLayout.HeadOffset, ArenaLayout.None);
        }

        return list.Head == ArenaLayout.None ? list : throw new ShmException(
            ShmErrorId.SegmentExists, $"Cannot make a list in {mapping}: there is one with items already.", mapping);
    }

    /// <summary>Opens the list that is there.</summary>
    /// <exception cref="ShmException">As <see cref="ShmArena.Open"/>.</exception>
    public static ShmList Open(ShmMapping mapping) => new(ShmArena.Open(mapping));

    /// <summary>Adds a value at the head.</summary>
    /// <exception cref="ShmException">NoSpace, InvalidStructure; and as <see cref="ShmAtomics"/>.</exception>
    public ShmListItem Add(int value)
    {
        var node = (int)Arena.Allocate(ArenaLayout.NodeSize);
        ShmAtomics.Exchange(Mapping, node + ArenaLayout.DataOffset, value);
        while (true)
        {
            var head = Head;
            ShmAtomics.Exchange(Mapping, node + ArenaLayout.NextOffset, head);
            if (ShmAtomics.CompareExchange(Mapping, ArenaLayout.HeadOffset, node, head) == head)
            {
                return new ShmListItem(node, value);
            }
        }
    }

    /// <summary>
    /// The items from the head on, each read when it's asked for: those in the list when reading began. Nothing another
    /// process has written there leads out of the segment or loops forever.
    /// </summary>
    /// <exception cref="ShmException">
    /// InvalidStructure, once the sound items are out: a link that is out of range or not aligned, or a cycle, which
    /// the message names; and as <see cref="ShmReader"/>.
    /// </exception>
    public IEnumerable<ShmListItem> Items()
    {
        var visited = new VisitedNodes();
        var from = ArenaLayout.HeadOffset;
        long end = 0;
        for (var offset = Head; offset != ArenaLayout.None;)
        {
            if (offset > end - ArenaLayout.NodeSize)
            {
                end = Math.Min(Arena.NextFreeOffset, Mapping.Length);
            }

            CheckLink(from, offset, end);
            if (!visited.Add(offset))
            {
                throw Damaged(
                    $"the link at offset {from} leads back to the node at {offset}, which came before: a cycle");
            }

            // One read for both: a linked node is complete.
            var node = Mapping.Reader.ReadInt64(offset);
            yield return new ShmListItem(offset, (int)node);
            from = offset + ArenaLayout.NextOffset;
            offset = (int)(node >> 32);
        }
    }

    /// <summary>"list of /name at 0x7f…".</summary>
    public override string ToString() => $"list of {Mapping}";

    private void CheckLink(long from, int offset, long end)
    {
        if (offset < ArenaLayout.HeaderSize || offset > end - ArenaLayout.NodeSize)
        {
            throw Damaged(
                $"the link at offset {from} leads to {offset}, and nodes lie from {ArenaLayout.HeaderSize} to "
                    + $"{end - ArenaLayout.NodeSize}");
        }

        if (offset % ArenaLayout.Alignment != 0)
        {
            throw Damaged(
                $"the link at offset {from} leads to {offset}, which isn't a multiple of {ArenaLayout.Alignment}");
        }
    }

    private ShmException Damaged(string what) => new(
        ShmErrorId.InvalidStructure, $"The list in {Mapping} is damaged: {what}.", Mapping);
}
