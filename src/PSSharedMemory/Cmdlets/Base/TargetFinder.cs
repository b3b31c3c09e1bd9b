using System;
using System.Collections;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Finds what people mean by a name, an id, a key, a file or an object. Text is a wildcard pattern only where a user
/// typed it; whatever an object, a file or a pipeline gives is literal.
/// </summary>
internal static partial class TargetFinder
{
    private const string IdLabel = "id ";
    private const string KeyLabel = "key ";

    /// <summary>The targets of an argument: one, or for a pattern all that match, which may be none.</summary>
    /// <param name="input">A name or an object.</param>
    /// <param name="isPattern">Whether text may be a wildcard pattern.</param>
    /// <exception cref="ShmException">SegmentNotFound, InvalidName, InvalidKey, IdentityChanged.</exception>
    /// <param name="isDeep">Whether a pattern, or a directory, also means what lies below.</param>
    public static IReadOnlyList<Target> FindAll(object? input, bool isPattern, bool isDeep = false)
    {
        if (!isPattern || PlainObject.Of(input) is not string text)
        {
            return [Find(input)];
        }

        if (WildcardPattern.ContainsWildcardCharacters(text))
        {
            return Match(text, isDeep).Select(static segment => new Target(segment)).ToArray();
        }

        var name = WildcardPattern.Unescape(text);
        return isDeep && Below(name) is { Length: > 0 } below
            ? below.Select(static segment => new Target(segment)).ToArray()
            : [Find(name)];
    }

    /// <summary>The one target of a name or an object.</summary>
    /// <exception cref="ShmException">SegmentNotFound, InvalidName, InvalidKey, IdentityChanged.</exception>
    public static Target Find(object? input) => PlainObject.Of(input) switch
    {
        null => throw Refuse("Expected a segment, got null. Is the variable spelt right?", null),
        ShmMapping mapping => new Target(mapping.Segment, mapping),
        ShmSegment segment => new Target(Check(segment)),
        ShmDataRange range => new Target(range.Segment, range.Mapping, range),
        IShmMapped one => new Target(one.GetMapping().Segment, one.GetMapping()),
        ShmAttachment attachment => new Target(OfAttachment(attachment)),
        ShmLeak leak => new Target(Check(leak.Segment ?? throw Nameless(leak, leak.Label))),
        ShmAddressRegion region => new Target(Check(region.Segment ?? throw Nameless(region, "This region"))),
        ShmMap map => new Target(Check(map.Segment)),
        ShmMutexInfo mutex => new Target(Check(mutex.Segment)),
        ShmSemaphoreInfo semaphore => new Target(Check(semaphore.Segment)),
        ShmCall call when call.IsFromElsewhere() => throw Nameless(call, $"{call}"),
        ShmCall call => new Target(ByLabel(call.Segment ?? throw Nameless(call, $"{call}"))),
        ShmSegmentSnapshot snapshot => new Target(Check(snapshot.Segment)),
        ShmProcess { Segment: { } handed } => new Target(Check(handed)),
        Process process => throw Refuse(
            $"Process {process.Id} isn't a segment. Get-ShmAttachment -ProcessId {process.Id} shows what it holds.",
            process),
        FileSystemInfo file => new Target(OfFile(file.FullName, file)),
        PathInfo path => new Target(OfFile(path.ProviderPath, path)),
        string text => new Target(ByText(text)),
        byte or sbyte or short or ushort or int or uint or long or ulong =>
            throw NumberForName(System.Convert.ToString(PlainObject.Of(input), CultureInfo.InvariantCulture)!),
        IDictionary or PSCustomObject when TravelledObject.WasDictionary(input) =>
            throw Refuse(
                "This is a copy of a dictionary's entries. Give the name of the dictionary's segment.", input),
        IDictionary table => OfBag(ToBag(table)),
        PSCustomObject => OfBag(PSObject.AsPSObject(input!)),
        // What -OutVariable gives.
        IList { Count: 1 } one => Find(one[0]),
        IList =>
            throw Refuse("Give only one here, or pipe several to the cmdlet.", input),
        { } other =>
            throw Refuse(
                $"{TypeWords.Begin(other)} isn't a segment. Give a name, a segment, a mapping, or an object that has "
                    + "one.", other),
    };

    /// <summary>The object of a literal name, in any form that people use.</summary>
    /// <exception cref="ShmException">SegmentNotFound, InvalidName.</exception>
    public static ShmSegment ByName(string name) => PosixSegments.FromName(PosixName.Parse(name));

    /// <summary>The name that a text means, taken as it is.</summary>
    /// <exception cref="ShmException">InvalidName.</exception>
    public static string LiteralName(string text) => IsNumber(text) ? throw NumberForName(text) : PosixName.Parse(text);

    /// <summary>POSIX objects that a pattern matches, in the order of their names.</summary>
    /// <exception cref="ShmException">InvalidName: no valid pattern.</exception>
    public static IReadOnlyList<ShmSegment> Match(string pattern, bool isDeep = false)
    {
        var wildcard = new ObjectPattern(pattern, isDeep);
        return Listed(segment => wildcard.IsMatch(segment.Name!));
    }

    // What a directory has in it, itself and below; nothing where the name is an object's, or no name of one.
    private static ShmSegment[] Below(string text) => IsIdLabel(text, out _) || IsNumber(text) ? []
        : PosixName.Parse(text.TrimEnd('/'))
            + "/" is var folder ? Listed(segment => segment.Name!.StartsWith(folder, StringComparison.Ordinal)) : [];

    private static ShmSegment[] Listed(Func<ShmSegment, bool> isMeant) =>
        PosixSegments.List().Where(isMeant).OrderBy(static segment => segment.Name, StringComparer.Ordinal).ToArray();

    /// <summary>A pattern, checked now: PowerShell finds out about a bad one at the first match only.</summary>
    /// <exception cref="ShmException">InvalidName.</exception>
    public static WildcardPattern Pattern(string? pattern, WildcardOptions options)
    {
        if (pattern is null)
        {
            throw Refuse("Expected a name, got null. Is the variable spelt right?", null);
        }

        var made = WildcardPattern.Get(pattern, options);
        IsMatch(made, "");
        return made;
    }

    /// <summary>A pattern of names, with or without the leading slash.</summary>
    /// <exception cref="ShmException">InvalidName.</exception>
    public static WildcardPattern NamePattern(string? text) =>
        Pattern(text is null ? null : PosixName.ParsePattern(text), WildcardOptions.None);

    /// <summary>The name for a new object.</summary>
    /// <exception cref="ShmException">InvalidName.</exception>
    public static string NewName(string text) => IsNumber(text)
        ? throw Refuse(
            $"'{text}' isn't the name of a segment. Did you mean -Key {text}? For an object of that name, say "
                + $"'/{text}'.", text)
        : PosixName.Parse(text);

    /// <summary>The live mappings of this session that a name, a mapping or another object means.</summary>
    /// <exception cref="ShmException">SegmentNotFound, InvalidName, MappingDismounted.</exception>
    public static IReadOnlyList<ShmMapping> FindMappings(object? input, bool isPattern)
    {
        var plain = PlainObject.Of(input);
        if (plain is string text)
        {
            var isWild = isPattern && WildcardPattern.ContainsWildcardCharacters(text);
            var name = isWild ? null : PosixName.Parse(isPattern ? WildcardPattern.Unescape(text) : text);
            var pattern = isWild ? new ObjectPattern(text) : null;
            var label = IsIdLabel(text, out var id) ? id : (int?)null;
            // A name or an id alone is of here.
            var found = LiveMappings.All.Where(static mapping => mapping.Segment.Namespace is null)
                .Where(mapping => label is not null ? mapping.Segment.Id == label
                    : mapping.Segment.Kind == ShmKind.Posix
                        && (pattern is null ? mapping.Segment.Name == name : pattern.IsMatch(mapping.Segment.Name!)))
                            .ToArray();
            return found.Length > 0 || isWild ? found : throw NotMounted(text);
        }

        var target = Find(input);
        if (target.Mapping is { } live)
        {
            return [live];
        }

        var mounted = LiveMappings.All.Where(mapping => mapping.Segment.IsSame(target.Segment)).ToArray();
        return mounted.Length > 0 ? mounted : throw NotMounted($"{target.Segment}");
    }

    /// <summary>Whether piped input can be nothing but a target, and so never a value to write.</summary>
    public static bool IsTargetObject(object? input) => PlainObject.Of(input)
        is ShmMapping or ShmSegment or ShmDataRange or ShmAttachment or ShmLeak or ShmAddressRegion or ShmMap
            or ShmSegmentSnapshot
        or ShmMutex or ShmSemaphore or ShmMutexInfo or ShmSemaphoreInfo or ShmCall or ShmQueue or ShmDictionary
        or ShmArena or ShmList or FileSystemInfo or PathInfo
        || (PlainObject.Of(input) is PSCustomObject && IsBagOfSegment(PSObject.AsPSObject(input!)));

    /// <summary>The id of the process that an object stands for, if it stands for one.</summary>
    public static int? ProcessIdOf(object? input)
    {
        switch (PlainObject.Of(input))
        {
            case Process live:
                return live.Id;
            case ShmProcess started:
                return started.Id;
        }

        if (input is not PSObject bag || IsBagOfSegment(bag))
        {
            return null;
        }

        var value = bag.Properties["ProcessId"]?.Value ?? bag.Properties["PID"]?.Value
            ?? (IsProcessLike(bag) ? bag.Properties["Id"]?.Value : null);
        return LanguagePrimitives.TryConvertTo<int>(value, out var id) && id > 0 ? id : null;
    }

    private static ShmSegment Check(ShmSegment segment) => segment is { Kind: ShmKind.Posix, Name: null }
        or { Kind: ShmKind.SysV, Id: null }
        ? throw Refuse("This segment has neither a name nor an id.", segment)
        : ForeignHost.Refuse(segment);

    private static ShmSegment ByText(string text)
    {
        if (IsIdLabel(text, out var id))
        {
            return SysVSegments.FromId(id);
        }

        return IsNumber(text) ? throw NumberForName(text) : ByName(text);
    }

    /// <summary>
    /// The name of an object that plain text means; null for all else, and where the text is refused.
    /// </summary>
    /// <exception cref="ShmException">InvalidName.</exception>
    public static string? NameIn(object? input) =>
        PlainObject.Of(input) is string text && !IsIdLabel(text, out _) && !IsNumber(text)
            ? PosixName.Parse(text)
            : null;

    // As a trace names what a call was about.
    private static ShmSegment ByLabel(string label) => label.StartsWith(KeyLabel, StringComparison.Ordinal)
        ? SysVSegments.FromKey(KeyArgument.Parse(label[KeyLabel.Length..]))
        : label.StartsWith('/') || IsIdLabel(label, out _) ? ByText(label) : throw Nameless(label, label);

    private static bool IsIdLabel(string text, out int id)
    {
        id = 0;
        return text.StartsWith(IdLabel, StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(IdLabel.Length), NumberStyles.None, CultureInfo.InvariantCulture, out id);
    }

    private static bool IsNumber(string text) => text.Length > 0 && SysVKey.TryParse(text, out _);

    private static ShmSegment OfFile(string path, object target) =>
        path.StartsWith("/dev/shm/", StringComparison.Ordinal) ? ByName(path)
            : PosixSegments.FromFile(path)
                ?? throw Refuse($"'{path}' isn't a shared memory object: those are files in /dev/shm.", target);

    // What no name leads to is reached by the process that holds it.
    private static ShmSegment OfAttachment(ShmAttachment attachment) => Check(HeldSegments.Of(attachment));

    private static bool IsMatch(WildcardPattern pattern, string text)
    {
        try
        {
            return pattern.IsMatch(text);
        }
        catch (WildcardPatternException)
        {
            throw Refuse(
                "The wildcard pattern isn't valid. Use -LiteralName for a name that has '[' or '*' in it.", null);
        }
    }

    private static ShmException NumberForName(string number) => Refuse(
        $"'{number}' isn't the name of a segment. Did you mean -Id {number} or -Key {AsKey(number)}? An object of "
            + $"that name is '/{number}'.", number);

    // PowerShell has made a number of what was typed; keys are known by their hexadecimal form.
    private static string AsKey(string number) => number.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        || !SysVKey.TryParse(number, out var key) ? number : FormattableString.Invariant($"0x{key:x}");

    private static ShmException NotMounted(string what) => new(
        ShmErrorId.SegmentNotFound, $"This session has no mapping of '{what}'.", what);

    private static ShmException Nameless(object target, string label) => new(
        ShmErrorId.SegmentNotFound,
        $"'{label}' has no segment that can be reached from here: it has no name, or belongs to another namespace.",
        target);

    private static ShmException Refuse(string message, object? target) => new(ShmErrorId.InvalidName, message, target);
}
