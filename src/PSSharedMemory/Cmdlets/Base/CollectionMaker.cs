using System;
using System.Threading;

namespace PSSharedMemory.Commands;

/// <summary>Makes the segment of a queue or a dictionary, and takes it away again if that goes wrong.</summary>
internal static class CollectionMaker
{
    public static T Make<T>(string? name, KeyArgument? key, ShmCreateOptions options, Func<ShmSegment, T> create, CancellationToken cancellation)
    {
        var segment = key is null ? PosixSegments.Create(TargetFinder.NewName(name!), options, cancellation) : SysVSegments.Create(key.Value, options, cancellation);
        try
        {
            return create(segment);
        }
        catch (ShmException) when (segment.IsNew)
        {
            ShmSegments.Remove(segment);
            throw;
        }
    }
}
