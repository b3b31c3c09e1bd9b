using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;

namespace PSSharedMemory;

/// <summary>The catalogue: what was registered in this process, followed by what came with the library.</summary>
public static class ShmOrigins
{
    private const string Resource = "origins.json";

    private static readonly object Registering = new();
    private static ShmOrigin[] s_registered = [];
    private static Lazy<IReadOnlyList<ShmOrigin>> s_shipped = new(ReadResource);

    /// <summary>All entries: the registered ones, latest first, then those of the file.</summary>
    /// <exception cref="ShmException">
    /// InvalidStructure: the file that came with the library was changed, and is none.
    /// </exception>
    public static IReadOnlyList<ShmOrigin> All
    {
        get
        {
            var registered = Volatile.Read(ref s_registered);
            return registered.Length == 0 ? s_shipped.Value : [.. registered, .. s_shipped.Value
                .Where(shipped => !Array.Exists(registered, own => own.Name == shipped.Name))];
        }
    }

    /// <summary>Adds an entry to the catalogue of this process, in place of one of that name.</summary>
    /// <exception cref="ShmException">InvalidStructure: a pattern or a magic isn't possible.</exception>
    public static void Register(ShmOrigin origin)
    {
        var added = origin.Checked() with { IsRegistered = true };
        lock (Registering)
        {
            Volatile.Write(ref s_registered, [added, .. s_registered.Where(other => other.Name != added.Name)]);
        }
    }

    /// <summary>Adds the entries of a file, all or none.</summary>
    /// <returns>The origins that were added.</returns>
    /// <exception cref="ShmException">InvalidStructure.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyList<ShmOrigin> Register(string path)
    {
        var origins = OriginFile.Read(path);
        // The first of a file goes before the next.
        foreach (var origin in origins.Reverse())
        {
            Register(origin);
        }

        return origins;
    }

    /// <summary>Removes a registered entry; an entry it had replaced is back.</summary>
    /// <returns>Whether there was one.</returns>
    public static bool Unregister(string name)
    {
        lock (Registering)
        {
            var before = s_registered.Length;
            Volatile.Write(ref s_registered, [.. s_registered.Where(other => other.Name != name)]);
            return s_registered.Length < before;
        }
    }

    /// <summary>Uses the catalogue in a file instead of the library's own.</summary>
    public static void UseFile(string path) => s_shipped = new(() => OriginFile.Read(path));

    /// <summary>The entries with such a name, key or first bytes, in the order of the catalogue.</summary>
    /// <param name="name">"/name" or "memfd:label"; null for System V.</param>
    /// <param name="key">The System V key, or null.</param>
    /// <param name="start">The first bytes, read when they are first needed; null where they cannot be read.</param>
    internal static IEnumerable<(ShmOrigin Origin, ShmOriginCertainty Certainty)> Match(
        string? name, int? key, Func<byte[]?> start)
    {
        var bytes = new Lazy<byte[]?>(start, LazyThreadSafetyMode.None);
        foreach (var origin in All)
        {
            var isNamed = origin.IsNamed(name, key);
            if ((isNamed ? origin.Magic.Count > 0 : origin.IsKnownByMagicOnly) && bytes.Value is { } found
                && origin.IsBegunBy(found))
            {
                yield return (origin, ShmOriginCertainty.Magic);
            }
            else if (isNamed)
            {
                yield return (origin, origin.HasKey(key) ? ShmOriginCertainty.Key : ShmOriginCertainty.Name);
            }
        }
    }

    /// <summary>The most certain entry; the first of several.</summary>
    /// <param name="label">What the segment is called.</param>
    /// <param name="name">"/name" or "memfd:label"; null for System V.</param>
    /// <param name="key">The System V key, or null.</param>
    /// <param name="start">The first bytes, read when they are first needed; null where they cannot be read.</param>
    /// <returns>Null where nothing tells.</returns>
    public static ShmSegmentOrigin? Find(string label, string? name, int? key, Func<byte[]?> start)
    {
        ShmSegmentOrigin? best = null;
        foreach (var (origin, certainty) in Match(name, key, start))
        {
            if (best is null || (certainty == ShmOriginCertainty.Magic && best.Certainty != ShmOriginCertainty.Magic))
            {
                best = Of(origin, certainty, label);
            }
        }

        return best;
    }

    /// <summary>The entry of the program that holds memory without a name.</summary>
    /// <param name="label">What the segment is called.</param>
    /// <param name="holders">The names of the processes that hold it.</param>
    /// <returns>Null where nothing tells.</returns>
    internal static ShmSegmentOrigin? FindHeld(string label, IEnumerable<string> holders)
    {
        string[] names = [.. holders];
        return All.FirstOrDefault(origin => origin.Holders.Any(known =>
            Array.Exists(names, name => name.StartsWith(known, StringComparison.Ordinal)))) is { } origin
            ? Of(origin, ShmOriginCertainty.Holder, label)
            : null;
    }

    private static ShmSegmentOrigin Of(ShmOrigin origin, ShmOriginCertainty certainty, string label) => new()
    {
        Name = origin.Name,
        Certainty = certainty,
        Label = label,
        Description = origin.Description,
        Release = origin.Release,
        Source = origin.Source,
    };

    private static IReadOnlyList<ShmOrigin> ReadResource()
    {
        using var stream = typeof(ShmOrigins).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException("The library was built without its catalogue.");
        return OriginFile.Read(stream, Resource);
    }
}
