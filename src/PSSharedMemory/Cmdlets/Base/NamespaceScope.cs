using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// What -Namespace names: the places where segments are looked for instead of here. They are found and listed once;
/// what fails of one is an error record, and the others are served.
/// </summary>
internal sealed class NamespaceScope
{
    private const string Everywhere = "*";

    // A process id has seven digits at most (PID_MAX_LIMIT); more are the beginning of a container's id.
    private const int MostDigits = 7;

    private readonly Action<object?, Action> _attempt;
    private readonly Action<ErrorRecord> _writeError;
    private readonly List<ShmNamespace> _places = [];
    private readonly Dictionary<ShmNamespace, IReadOnlyList<ShmSegment>> _listed =
        new(ReferenceEqualityComparer.Instance);
    private NamespaceMap? _map;

    /// <summary>Makes an empty scope.</summary>
    /// <param name="attempt">Serves one item; its failure is a record.</param>
    /// <param name="writeError">Writes a record.</param>
    public NamespaceScope(Func<object?, Action, bool> attempt, Action<ErrorRecord> writeError)
    {
        _attempt = (target, serve) => attempt(target, serve);
        _writeError = writeError;
    }

    /// <summary>The places that were found.</summary>
    public IReadOnlyList<ShmNamespace> Places => _places;

    /// <summary>
    /// Whether some processes keep their namespaces to themselves, and so places may be missing from "*".
    /// </summary>
    public NamespaceMap Map => _map ??= NamespaceMap.Read();

    /// <summary>Whether all places were asked for.</summary>
    public bool IsEverywhere { get; private set; }

    /// <summary>All segments of all places.</summary>
    public IEnumerable<ShmSegment> Segments => _places.SelectMany(SegmentsOf);

    /// <summary>Whether a piped object stands for places, and not for a segment.</summary>
    public static bool IsPlace(object? input) => PlainObject.Of(input) is ShmNamespace
        || (input is PSObject { BaseObject: PSCustomObject } bag && TravelledObject.Was(bag, typeof(ShmNamespace)));

    /// <summary>Adds what an argument means; what it does not mean is an error record. Returns what it means.</summary>
    public IReadOnlyList<ShmNamespace> Add(object? argument)
    {
        IReadOnlyList<ShmNamespace> found = [];
        _attempt(argument, () =>
        {
            found = Resolve(argument);
            foreach (var place in found)
            {
                if (!_places.Exists(known => known.Namespace == place.Namespace))
                {
                    _places.Add(place);
                }
            }
        });
        return found;
    }

    /// <summary>The segments of one place, listed once.</summary>
    public IReadOnlyList<ShmSegment> SegmentsOf(ShmNamespace place)
    {
        if (!_listed.TryGetValue(place, out var segments))
        {
            IReadOnlyList<ShmSegment> listed = [];
            _attempt(place, () => listed = Read(() => ShmNamespaces.Segments(place)));
            _listed.Add(place, segments = listed);
        }

        return segments;
    }

    /// <summary>The segments that a name or a pattern means there; an object leads to its own.</summary>
    /// <param name="input">A name or an object.</param>
    /// <param name="isPattern">Whether text may be a wildcard pattern.</param>
    /// <param name="isDeep">Whether a pattern, or a directory, also means what lies below.</param>
    /// <exception cref="ShmException">SegmentNotFound, InvalidName.</exception>
    public IReadOnlyList<Target> FindAll(object? input, bool isPattern, bool isDeep)
    {
        if (PlainObject.Of(input) is not string text)
        {
            return TargetFinder.FindAll(input, isPattern);
        }

        if (isPattern && WildcardPattern.ContainsWildcardCharacters(text))
        {
            var pattern = new ObjectPattern(text, isDeep);
            return Named(pattern.IsMatch);
        }

        var name = TargetFinder.LiteralName(isPattern ? WildcardPattern.Unescape(text) : text);
        var folder = name.TrimEnd('/') + "/";
        return isPattern && isDeep
            && Named(found => found.StartsWith(folder, StringComparison.Ordinal)) is { Length: > 0 } below
            ? below
            : Require(segment => segment.Kind == ShmKind.Posix && segment.Name == name, $"the name {name}");
    }

    /// <summary>The segments that have an id there.</summary>
    /// <exception cref="ShmException">SegmentNotFound.</exception>
    public IReadOnlyList<Target> ById(int id) =>
        Require(
            segment => segment.Kind == ShmKind.SysV && segment.Id == id,
            $"id {id.ToString(CultureInfo.InvariantCulture)}");

    /// <summary>The segments that have a key there.</summary>
    /// <exception cref="ShmException">SegmentNotFound, InvalidKey.</exception>
    public IReadOnlyList<Target> ByKey(int key) => key == 0
        ? [new Target(SysVSegments.FromKey(key))]
        : Require(segment => segment.Kind == ShmKind.SysV && segment.Key == key, $"key {SysVKey.ToText(key)}");

    private Target[] Named(Func<string, bool> isMeant) =>
        [.. Segments.Where(segment => segment.Kind == ShmKind.Posix && isMeant(segment.Name!))
            .Select(static segment => new Target(segment))];

    private Target[] Require(Func<ShmSegment, bool> isWanted, string what)
    {
        var found = Segments.Where(isWanted).Select(static segment => new Target(segment)).ToArray();
        return found.Length > 0 ? found : throw new ShmException(
            ShmErrorId.SegmentNotFound,
            $"No segment in {Words.List(_places.Select(static place => $"{place}"))} has {what}.", what);
    }

    /// <summary>What a place gives; of everywhere, what has ended since the pass is no longer part of it.</summary>
    public IReadOnlyList<T> Read<T>(Func<IReadOnlyList<T>> read)
    {
        try
        {
            return read();
        }
        catch (ShmException error) when (IsEverywhere && error.ErrorId == ShmErrorId.SegmentNotFound)
        {
            return [];
        }
    }

    private IReadOnlyList<ShmNamespace> Resolve(object? argument)
    {
        var plain = PlainObject.Of(argument);
        switch (plain)
        {
            case ShmNamespace place:
                return [Map.Find(place)];
            case ShmAttachment attachment:
                return OfProcess(attachment.ProcessId, (ulong)attachment.ProcessStartTicks);
            case Process process:
                return OfProcess(process.Id);
            case ShmSegment { Namespace: { } name }:
                return Named(name);
            case PSCustomObject when argument is PSObject bag && IsPlace(bag):
                return [Map.Find(Conversion.To<ShmNamespace>(bag))];
            case Everywhere:
                IsEverywhere = true;
                return Map.All;
            case string text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && text.Length <= MostDigits:
                return OfProcess(id);
            case string text:
                return Named(text);
            default:
                return LanguagePrimitives.TryConvertTo<int>(plain, CultureInfo.InvariantCulture, out var number)
                    && plain is not null and not char
                    ? OfProcess(number)
                    : TargetFinder.ProcessIdOf(argument) is { } processId ? OfProcess(processId)
                    : throw new ShmException(
                        ShmErrorId.InvalidName,
                        $"'{argument}' isn't a namespace. Give a process id, a container id or its beginning, a pod "
                            + "name, or '*'.",
                        argument);
        }
    }

    private IReadOnlyList<ShmNamespace> OfProcess(int id, ulong? start = null)
    {
        var found = Map.OfProcess(id, start);
        if (found.Count == 0)
        {
            _writeError(ErrorRecords.FromMissingProcess(id));
        }

        return found;
    }

    private IReadOnlyList<ShmNamespace> Named(string text)
    {
        var found = Map.Find(text);
        if (found.Count == 0)
        {
            _writeError(ErrorRecords.FromMissingName(text, "namespace, container or pod", "Get-ShmNamespace"));
        }

        return found;
    }
}
