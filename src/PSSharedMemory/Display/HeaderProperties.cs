using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// What the header of a table names and no property does: a user sorts, selects and filters by what the eye sees. The
/// types file hides these, as it hides the aliases of headers that are short for one property.
/// </summary>
public static class HeaderProperties
{
    /// <summary>"rw-": what pages allow.</summary>
    public static string? Prot(PSObject row) => Column(row, "ProtectionOfPages");

    /// <summary>"rw-s": the same, with whether the pages are shared.</summary>
    public static string? ProtOfRegion(PSObject row) => Column(row, "Protection");

    /// <summary>Where a leak lies.</summary>
    public static string? At(PSObject row) => Column(row, "Place");

    /// <summary>Who made an event.</summary>
    public static string? By(PSObject row) => Column(row, "By");

    /// <summary>What an origin is known by.</summary>
    public static string? KnownBy(PSObject row) => Column(row, "KnownBy");

    /// <summary>The bytes that a search has found.</summary>
    public static string? Bytes(PSObject row) => Column(row, "Found");

    // Never by way of a format string: that may name a property, which may be this one.
    private static string? Column(PSObject row, string name) => ShmDisplay.Column(ShownRow.Live(row), name);
}
