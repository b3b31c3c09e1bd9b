using System;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory;

/// <summary>
/// A program or library whose shared memory is known by name, key or magic: an entry of the catalogue. A name proves
/// nothing, so an entry never causes a removal; it may only keep memory from being called an orphan.
/// </summary>
public sealed record ShmOrigin
{
    internal ShmOrigin()
    {
    }

    /// <summary>Makes an entry. Give at least one pattern, key, magic or holder to know it by.</summary>
    /// <param name="name">The program that the memory belongs to.</param>
    /// <param name="patterns">Patterns of names.</param>
    /// <param name="keys">System V keys.</param>
    /// <param name="magic">What the memory may begin with.</param>
    /// <param name="description">What the memory is, in a sentence.</param>
    /// <param name="release">When it may go, in a sentence.</param>
    /// <param name="processes">How the names of processes begin that take it up again.</param>
    /// <param name="outlivesUsers">Whether it's made to outlive its users.</param>
    /// <param name="source">Where this is known from.</param>
    /// <param name="holders">How the names of processes begin whose shared memory without a name it is.</param>
    public ShmOrigin(
        string name, IReadOnlyList<string>? patterns = null, IReadOnlyList<ShmOriginKeys>? keys = null,
        IReadOnlyList<ShmOriginMagic>? magic = null, string description = "", string release = "",
        IReadOnlyList<string>? processes = null, bool outlivesUsers = false, string source = "",
        IReadOnlyList<string>? holders = null)
    {
        Name = name;
        // Arrays, which PowerShell can index.
        Patterns = patterns?.ToArray() ?? [];
        Keys = keys?.ToArray() ?? [];
        Magic = magic?.ToArray() ?? [];
        Description = description;
        Release = release;
        Processes = processes?.ToArray() ?? [];
        OutlivesUsers = outlivesUsers;
        Source = source;
        Holders = holders?.ToArray() ?? [];
    }

    /// <summary>Whose memory it is: "PostgreSQL".</summary>
    public string Name { get; internal init; } = "";

    /// <summary>
    /// Patterns of names: "/PostgreSQL.[0-9]+", "memfd:pulseaudio". '*' and '?' stay within one level, '[a-f0-9]' is
    /// one of a set, '[a-f0-9]+' one or more of it, '[a-f0-9]{8}' eight of it.
    /// </summary>
    public IReadOnlyList<string> Patterns { get; internal init; } = [];

    /// <summary>System V keys.</summary>
    public IReadOnlyList<ShmOriginKeys> Keys { get; internal init; } = [];

    /// <summary>Bytes it may begin with; one match is enough.</summary>
    public IReadOnlyList<ShmOriginMagic> Magic { get; internal init; } = [];

    /// <summary>What the memory is, in a sentence.</summary>
    public string Description { get; internal init; } = "";

    /// <summary>When it may go, in a sentence.</summary>
    public string Release { get; internal init; } = "";

    /// <summary>
    /// Prefixes of the names of processes that come back for memory nobody holds: while one runs as the object's owner,
    /// it isn't an orphan.
    /// </summary>
    public IReadOnlyList<string> Processes { get; internal init; } = [];

    /// <summary>
    /// Prefixes of the names of processes whose shared memory without a name it is (MAP_SHARED | MAP_ANONYMOUS).
    /// </summary>
    public IReadOnlyList<string> Holders { get; internal init; } = [];

    /// <summary>Whether it's meant to outlive its users and so is never called an orphan.</summary>
    public bool OutlivesUsers { get; internal init; }

    /// <summary>Where this is known from.</summary>
    public string Source { get; internal init; } = "";

    /// <summary>Whether it was registered in this process rather than shipped with the library.</summary>
    public bool IsRegistered { get; internal init; }

    /// <summary>Its name.</summary>
    public override string ToString() => PrintableText.Of(Name);

    /// <summary>Whether the name or the key is one of its own.</summary>
    internal bool IsNamed(string? name, int? key)
    {
        foreach (var pattern in Patterns)
        {
            if (name is not null && NamePattern.IsMatch(pattern, name))
            {
                return true;
            }
        }

        return HasKey(key);
    }

    /// <summary>Whether the key is one of its own.</summary>
    internal bool HasKey(int? key)
    {
        foreach (var keys in Keys)
        {
            if (key is { } number && keys.Contains(number))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether it is known by nothing but a magic.</summary>
    internal bool IsKnownByMagicOnly => Patterns.Count == 0 && Keys.Count == 0 && Magic.Count > 0;

    /// <summary>Whether the first bytes have one of its magics.</summary>
    internal bool IsBegunBy(ReadOnlySpan<byte> start)
    {
        foreach (var magic in Magic)
        {
            if (magic.IsIn(start))
            {
                return true;
            }
        }

        return false;
    }

    /// <exception cref="ShmException">InvalidStructure: it could never be told, or by anything.</exception>
    internal ShmOrigin Checked()
    {
        if (Name.Length == 0)
        {
            throw Invalid("it has no name");
        }

        foreach (var pattern in Patterns)
        {
            if (!(pattern.StartsWith('/') || pattern.StartsWith("memfd:", StringComparison.Ordinal))
                || !NamePattern.IsValid(pattern))
            {
                throw Invalid($"'{pattern}' isn't a pattern of names, such as /acme-* or memfd:acme");
            }
        }

        foreach (var holder in Holders)
        {
            if (holder.Length == 0)
            {
                throw Invalid("a holder without a name is every process");
            }
        }

        foreach (var magic in Magic)
        {
            if (magic.Bytes.IsEmpty || magic.Offset < 0 || magic.Offset > ShmOriginMagic.Reach - magic.Bytes.Length)
            {
                throw Invalid($"a magic has 1 byte or more and lies in the first {ShmOriginMagic.Reach} bytes");
            }
        }

        return this;
    }

    private ShmException Invalid(string why) =>
        new(ShmErrorId.InvalidStructure, $"The origin '{Name}' cannot be used: {why}.", Name);
}
