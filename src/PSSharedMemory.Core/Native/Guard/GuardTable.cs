using System.Collections.Generic;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Threading;

namespace PSSharedMemory.Native;

/// <summary>
/// The ranges that the handler takes care of. The handler reads the table without a lock, in any thread and at any
/// instant: an entry is whole before its start is written, and is reused for another range only after a moment without
/// a running handler.
/// </summary>
/// <param name="data">What the handler works with; lives as long as the process.</param>
internal sealed unsafe class GuardTable(GuardData* data)
{
    private const int EntriesPerBlock = 1023;
    private const int PagesInEntry = 64;

    private readonly object _lock = new();
    private readonly Stack<nint> _free = new();
    private readonly List<nint> _retired = [];
    private GuardBlock* _last;

    /// <summary>Guards a range from now on.</summary>
    /// <param name="start">Its first address, that of a page.</param>
    /// <param name="length">Bytes, in whole pages.</param>
    /// <param name="pageSize">Bytes of one page: a power of 2.</param>
    /// <param name="protection">What the zero pages allow.</param>
    public GuardEntry* Add(nint start, long length, long pageSize, int protection)
    {
        var shift = BitOperations.Log2((ulong)pageSize);
        var pages = length >> shift;
        var lost = pages <= PagesInEntry
            ? null
            : (ulong*)NativeMemory.AllocZeroed((nuint)((pages + 63) / 64), sizeof(ulong));
        using (FirmLock.Enter(_lock))
        {
            var entry = Take();
            entry->End = start + (nint)length;
            entry->PageShift = shift;
            entry->Protection = protection;
            entry->OwnLost = 0;
            entry->Lost = lost is null ? &entry->OwnLost : lost;
            entry->HowLost = 0;
            entry->Hits = 0;
            Volatile.Write(ref entry->Start, start);
            return entry;
        }
    }

    /// <summary>No handler that begins from now on finds it.</summary>
    public static void Unlist(GuardEntry* entry) => Interlocked.Exchange(ref entry->Start, 0);

    /// <summary>Gives back what is unlisted, for another range.</summary>
    public void Retire(GuardEntry* entry)
    {
        using (FirmLock.Enter(_lock))
        {
            _retired.Add((nint)entry);
        }
    }

    /// <summary>An entry that no handler can be looking at.</summary>
    private GuardEntry* Take()
    {
        Reclaim();
        if (_free.TryPop(out var entry))
        {
            return (GuardEntry*)entry;
        }

        if (_last is null || _last->Count == EntriesPerBlock)
        {
            AddBlock();
        }

        var added = (GuardEntry*)((byte*)_last + GuardBlock.HeaderSize) + _last->Count;
        Volatile.Write(ref _last->Count, _last->Count + 1);
        return added;
    }

    private void AddBlock()
    {
        const nuint Size = GuardBlock.HeaderSize + (EntriesPerBlock * 64);
        var block = (GuardBlock*)NativeMemory.AlignedAlloc(Size, GuardBlock.HeaderSize);
        NativeMemory.Clear(block, Size);
        Thread.MemoryBarrier();
        if (_last is null)
        {
            data->FirstBlock = block;
        }
        else
        {
            _last->Next = block;
        }

        _last = block;
    }

    /// <summary>
    /// A handler that began after an entry's start was cleared does not find it; so none is looking at it now.
    /// </summary>
    private void Reclaim()
    {
        if (_retired.Count == 0 || Interlocked.Read(ref data->Active) != 0)
        {
            return;
        }

        foreach (var address in _retired)
        {
            var entry = (GuardEntry*)address;
            if (entry->Lost != &entry->OwnLost)
            {
                NativeMemory.Free(entry->Lost);
            }

            entry->Lost = &entry->OwnLost;
            _free.Push(address);
        }

        _retired.Clear();
    }
}
