using System;
using System.IO;

namespace PSSharedMemory;

/// <summary>Makes the segment of a collection that is asked for by name.</summary>
internal static class CollectionSegment
{
    /// <summary>Makes it and what lies in it; where that fails, nothing stays.</summary>
    /// <param name="name">"/name".</param>
    /// <param name="size">Bytes.</param>
    /// <param name="mode">The mode.</param>
    /// <param name="create">Makes the collection in it.</param>
    public static T Make<T>(string name, long size, UnixFileMode mode, Func<ShmSegment, T> create)
    {
        var segment = PosixSegments.Create(name, new ShmCreateOptions { Size = size, Mode = mode });
        try
        {
            return create(segment);
        }
        catch
        {
            ShmSegments.Remove(segment);
            throw;
        }
    }
}
