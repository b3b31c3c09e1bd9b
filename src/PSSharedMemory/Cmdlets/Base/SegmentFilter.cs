using System.Globalization;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>What -Owner and -Kind mean, wherever segments are listed.</summary>
internal static class SegmentFilter
{
    /// <summary>Refuses an invalid pattern once, before anything is listed.</summary>
    /// <remarks>Ends the cmdlet with InvalidName.</remarks>
    public static void CheckOwners(PSCmdlet cmdlet, string[]? owners)
    {
        foreach (var owner in (string?[])(owners ?? []))
        {
            try
            {
                // A variable that was never set comes as null.
                TargetFinder.Pattern(owner!, WildcardOptions.None);
            }
            catch (ShmException error)
            {
                cmdlet.ThrowTerminatingError(ErrorRecords.From(
                    new ShmException(
                        error.ErrorId,
                        $"'{PrintableText.Of(owner ?? "")}' isn't a valid pattern for owners. Give a user's name, its "
                            + "number, or a wildcard such as 'www*'.",
                        owner)));
            }
        }
    }

    /// <summary>
    /// Whether the segment is of one of the owners (names with wildcards, or numbers) and of one of the families.
    /// </summary>
    /// <exception cref="ShmException">InvalidName: the pattern isn't valid.</exception>
    public static bool IsOf(ShmSegment segment, string[]? owners, ShmKind[]? kinds) =>
        (kinds is null || kinds.Contains(segment.Kind))
        && (owners is null || owners.Any(owner =>
            owner == segment.UserId.ToString(CultureInfo.InvariantCulture)
            || TargetFinder.Pattern(owner, WildcardOptions.None).IsMatch(segment.Owner)));
}
