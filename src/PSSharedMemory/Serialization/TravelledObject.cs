using System;
using System.Globalization;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// What remoting or a job has made of an object: a bag of its properties, marked with the names of its types.
/// </summary>
internal static class TravelledObject
{
    private const string Prefix = "Deserialized.";

    /// <summary>Whether it came from elsewhere, whatever it was.</summary>
    public static bool Is(PSObject bag) => bag.TypeNames.Any(static name =>
        name.StartsWith(Prefix, StringComparison.Ordinal) && !name.EndsWith(".PSCustomObject", StringComparison.Ordinal)
            && name != Prefix + "System.Object");

    /// <summary>Whether it is a row of properties, made here or by Select-Object and the like elsewhere.</summary>
    public static bool IsRow(PSObject bag) =>
        !Is(bag) || bag.TypeNames.Contains(Prefix + typeof(PSCustomObject).FullName);

    /// <summary>Whether it was one of the type, or of one derived from it.</summary>
    public static bool Was(PSObject bag, Type type) => bag.TypeNames.Contains(Prefix + type.FullName);

    /// <summary>
    /// Whether it is what jobs and files make of a dictionary of this module: a Hashtable of its entries, whose keys
    /// aren't properties of a segment, whatever they are called.
    /// </summary>
    public static bool WasDictionary(object? input) =>
        input is not null && Was(PSObject.AsPSObject(input), typeof(ShmDictionary));

    /// <summary>
    /// The object that it was, where the module can make it again; null else. What came before the module was imported
    /// is a bag still.
    /// </summary>
    public static object? Live(PSObject bag)
    {
        foreach (var name in bag.TypeNames)
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal)
                && (typeof(ShmSegment).Assembly.GetType(name[Prefix.Length..])
                    ?? typeof(TravelledObject).Assembly.GetType(name[Prefix.Length..])) is { } type)
            {
                return Conversion.Converter(type) is { } converter && converter.CanConvertFrom(bag, type)
                    ? converter.ConvertFrom(bag, type, CultureInfo.InvariantCulture, true)
                    : null;
            }
        }

        return null;
    }
}
