using System;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>
/// Where shared areas are in each traced process, and where they were. A thread shares its process' book, a forked
/// child gets a copy of its parent's, and an executed program an empty one.
/// </summary>
internal sealed class TracedAreas
{
    /// <summary>Former areas that a process' book keeps: the oldest go first.</summary>
    private const int MaximumGone = 256;

    private static readonly long Page = Environment.SystemPageSize;

    private readonly Dictionary<int, Book> _books = [];

    /// <summary>
    /// An area of shared memory: address and length in bytes, what is behind it, from which byte of that on, and what
    /// its pages allow (null where that is not known).
    /// </summary>
    public sealed record Area(long Address, long Length, string Segment, long Offset = 0, ShmProtection? Access = null)
    {
        /// <summary>The call that unmapped it; null while it is there.</summary>
        public string? GoneBy { get; init; }

        public long End => Address + Alignment.RoundUp(Length, Page);

        public bool Overlaps(long address, long end) => address < End && Address < end;
    }

    /// <summary>What was there before the trace began.</summary>
    public void AddFirst(int process, Area area) => Of(process).Areas.Add(area);

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
        _books[child] = sharesMemory ? book : new Book([.. book.Areas], [.. book.Gone]);
    }

    /// <summary>Whether a process was seen.</summary>
    public bool Knows(int process) => _books.ContainsKey(process);

    /// <summary>What a process has mapped.</summary>
    public IReadOnlyList<Area> All(int process) => Of(process).Areas;

    /// <summary>It executes another program; those that shared its memory go on with the old book.</summary>
    public void Execute(int process)
    {
        var book = new Book([], []);
        foreach (var area in Of(process).Areas)
        {
            book.Forget(area, "execve");
        }

        _books[process] = book;
    }

    /// <summary>The first area that overlaps the range, or null.</summary>
    public Area? Find(int process, long address, long length) =>
        Of(process).Areas.Find(area => address < area.Address + area.Length && area.Address < address + length);

    /// <summary>The area that was at an address last, where nothing has been mapped since; or null.</summary>
    public Area? FindGone(int process, long address) =>
        Of(process).Gone.FindLast(area => address >= area.Address && address < area.End);

    /// <summary>The area that ends less than a page before an address, or null.</summary>
    public Area? FindBefore(int process, long address) =>
        Of(process).Areas.Find(area => address >= area.End && address - area.End < Page);

    /// <summary>The area that begins at the address, or null.</summary>
    public Area? At(int process, long address) => Of(process).Areas.Find(area => area.Address == address);

    /// <summary>An area is mapped, over what was there.</summary>
    public void Map(int process, Area area)
    {
        Replace(process, area.Address, area.Length);
        Of(process).Areas.Add(area);
    }

    /// <summary>Something that isn't shared is mapped, over what was there.</summary>
    public void Replace(int process, long address, long length)
    {
        Change(process, address, length, static _ => null);
        var end = address + Alignment.RoundUp(length, Page);
        Of(process).Gone.RemoveAll(area => area.Overlaps(address, end));
    }

    /// <summary>
    /// A range is unmapped by a call; what is left of an area before and behind it stays, and what goes is remembered.
    /// </summary>
    public void Unmap(int process, long address, long length, string call)
    {
        var book = Of(process);
        Change(process, address, length, area =>
        {
            book.Forget(area, call);
            return null;
        });
    }

    /// <summary>The pages of a range allow something else.</summary>
    public void Protect(int process, long address, long length, ShmProtection access) =>
        Change(process, address, length, area => area with { Access = access });

    /// <summary>A whole attachment goes, whatever its length.</summary>
    public void Remove(int process, Area area, string call)
    {
        var book = Of(process);
        book.Areas.Remove(area);
        book.Forget(area, call);
    }

    /// <summary>Cuts areas at both ends of a range, and replaces what lies within by a function.</summary>
    private void Change(int process, long address, long length, Func<Area, Area?> change)
    {
        var book = Of(process).Areas;
        var end = address + Alignment.RoundUp(length, Page);
        foreach (var area in book.ToArray())
        {
            if (!area.Overlaps(address, end))
            {
                continue;
            }

            book.Remove(area);
            var (from, to) = (Math.Max(address, area.Address), Math.Min(end, area.End));
            if (area.Address < from)
            {
                book.Add(area with { Length = from - area.Address });
            }

            if (change(Part(area, from, to)) is { } changed)
            {
                book.Add(changed);
            }

            if (to < area.End)
            {
                book.Add(Part(area, to, area.End));
            }
        }
    }

    private static Area Part(Area area, long from, long to) => (from, to) == (area.Address, area.End)
        ? area
        : area with { Address = from, Length = to - from, Offset = area.Offset + (from - area.Address) };

    private Book Of(int process)
    {
        if (!_books.TryGetValue(process, out var book))
        {
            book = new Book([], []);
            _books.Add(process, book);
        }

        return book;
    }

    private sealed record Book(List<Area> Areas, List<Area> Gone)
    {
        public void Forget(Area area, string call)
        {
            Gone.Add(area with { GoneBy = call });
            if (Gone.Count > MaximumGone)
            {
                Gone.RemoveAt(0);
            }
        }
    }
}
