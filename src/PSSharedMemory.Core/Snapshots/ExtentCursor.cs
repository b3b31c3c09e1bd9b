using System;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>Walks a list of parts once, from start to end, and tells which bytes of a range are in them.</summary>
internal sealed class ExtentCursor(IReadOnlyList<ShmRun> extents)
{
    private int _index;

    /// <summary>The bytes of a range outside all parts. Ask for ranges in order.</summary>
    public void ForEachGap(long offset, long length, Action<long, long> serve)
    {
        var position = offset;
        ForEachOverlap(
            offset,
            length,
            (start, count) =>
            {
                if (start > position)
                {
                    serve(position, start - position);
                }

                position = start + count;
            });
        if (offset + length > position)
        {
            serve(position, offset + length - position);
        }
    }

    /// <summary>The bytes of a range in the parts. Ask for ranges in order.</summary>
    public void ForEachOverlap(long offset, long length, Action<long, long> serve)
    {
        var end = offset + length;
        for (; _index < extents.Count && extents[_index].Offset < end; _index++)
        {
            var extent = extents[_index];
            var start = Math.Max(extent.Offset, offset);
            var stop = Math.Min(extent.Offset + extent.Length, end);
            if (stop > start)
            {
                serve(start, stop - start);
            }

            // The rest of it belongs to the next range.
            if (extent.Offset + extent.Length > end)
            {
                return;
            }
        }
    }
}
