using System;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// What remoting or a job has made of an object: a bag of its properties, marked with the names of its types.
/// </summary>
internal static class TravelledObject
{
    private const string Prefix = "Deserialized.";

    /// <summary>Whether it was one of the type, or of one derived from it.</summary>
    public static bool Was(PSObject bag, Type type) => bag.TypeNames.Contains(Prefix + type.FullName);
}
