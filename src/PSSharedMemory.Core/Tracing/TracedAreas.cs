using System;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>
/// Where shared areas are in each traced process. A thread shares its process' list, a forked child gets a copy of its
/// parent's, and an executed program an empty one.
/// </summary>
internal sealed class TracedAreas
{
    private static readonly long Page = Environment.SystemPageSize;

    private readonly Dictionary<int, List<Area>> _books = [];
    private readonly List<Area> _first = [];

    /// <summary>
    /// An area of shared memory: address and length in bytes, what is behind it, and from which byte of that on.
    /// </summary>
    public sealed record Area(long Address, long Length, string Segment, long Offset = 0);

    /// <summary>What was there before the trace began.</summary>
    public void AddFirst(Area area) => _first.Add(area);

    /// <summary>A process or thread came up.</summary>
    public void Fork(int parent, int child, bool sharesMemory, bool isCertain)
    {
        // The child may have been seen before the parent's call returned; what was guessed then is put right if it was
        // wrong.
        if (_books.ContainsKey(child) && !(isCertain && sharesMemory))
        {
            return;
        }

        var book = Of(parent);
        _books[child] = sharesMemory ? book : [.. book];
    }

    /// <summary>Whether a process was seen.</summary>
    public bool Knows(int process) => _books.ContainsKey(process);

    /// <summary>It executes another program; those that shared its memory go on with the old book.</summary>
    public void Execute(int process) => _books[process] = [];

    /// <summary>The first area that overlaps the range, or null.</summary>
    public Area? Find(int process, long address, long length) =>
        Of(process).Find(area => address < area.Address + area.Length && area.Address < address + length);

    /// <summary>The area that begins at the address, or null.</summary>
    public Area? At(int process, long address) => Of(process).Find(area => area.Address == address);

    /// <summary>An area is mapped, over what was there.</summary>
    public void Map(int process, long address, long length, string segment, long offset = 0)
    {
        Unmap(process, address, length);
        Of(process).Add(new Area(address, length, segment, offset));
    }

    /// <summary>A range is unmapped; what is left of an area before and behind it stays.</summary>
    public void Unmap(int process, long address, long length)
    {
        var book = Of(process);
        var end = address + Alignment.RoundUp(length, Page);
        foreach (var area in book.ToArray())
        {
            var areaEnd = area.Address + Alignment.RoundUp(area.Length, Page);
            if (address >= areaEnd || area.Address >= end)
            {
                continue;
            }

            book.Remove(area);
            if (area.Address < address)
            {
                book.Add(area with { Length = address - area.Address });
            }

            if (end < areaEnd)
            {
                book.Add(
                    area with { Address = end, Length = areaEnd - end, Offset = area.Offset + (end - area.Address) });
            }
        }
    }

    /// <summary>A whole attachment goes, whatever its length.</summary>
    public void Remove(int process, Area area) => Of(process).Remove(area);

    private List<Area> Of(int process)
    {
        if (!_books.TryGetValue(process, out var book))
        {
            // One of those that were traced from the start.
            book = [.. _first];
            _books.Add(process, book);
        }

        return book;
    }
}
