using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory;

/// <summary>
/// The segments of this host, and which families could not be listed: one that is missing is not one that is empty.
/// </summary>
public sealed class ShmListing
{
    private ShmListing(IReadOnlyList<ShmSegment> segments, IReadOnlyDictionary<ShmKind, ShmException> failures)
    {
        Segments = segments;
        Failures = failures;
    }

    /// <summary>What was listed, an object with several names once.</summary>
    public IReadOnlyList<ShmSegment> Segments { get; }

    /// <summary>Why a family is missing: PlatformNotSupported, AccessDenied, NativeCallFailed.</summary>
    public IReadOnlyDictionary<ShmKind, ShmException> Failures { get; }

    /// <summary>Nothing, where no list was asked for.</summary>
    internal static ShmListing None { get; } = new([], new Dictionary<ShmKind, ShmException>());

    /// <summary>Lists both families, or those that are asked for.</summary>
    /// <param name="kinds">SysV, Posix; null for both. Other kinds have no list.</param>
    /// <exception cref="ShmException">
    /// LimitReached: this process has no descriptor left, which says nothing about the host.
    /// </exception>
    public static ShmListing Read(IReadOnlyCollection<ShmKind>? kinds = null)
    {
        List<ShmSegment> segments = [];
        Dictionary<ShmKind, ShmException> failures = [];
        foreach (var family in new[] { ShmKind.SysV, ShmKind.Posix })
        {
            if (kinds?.Contains(family) == false)
            {
                continue;
            }

            try
            {
                segments.AddRange(family == ShmKind.SysV ? SysVSegments.List() : PosixSegments.List());
            }
            catch (ShmException error) when (error.ErrorId != ShmErrorId.LimitReached)
            {
                failures.Add(family, error);
            }
        }

        return new ShmListing([.. segments.Distinct()], failures);
    }
}
