using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>An object without the wrapper that scripts and the pipeline hand it over in.</summary>
internal static class PlainObject
{
    /// <summary>What is in the wrapper; PSCustomObject itself for a bag of properties.</summary>
    [return: NotNullIfNotNull(nameof(value))]
    public static object? Of(object? value) => value is PSObject wrapper ? wrapper.BaseObject : value;

    /// <summary>
    /// What is in the wrapper; the wrapper itself where it's the bag of properties, or tells what has travelled.
    /// </summary>
    public static object OrBag(object value) => Of(value) is { } plain and not PSCustomObject
        && !(value is PSObject wrapper && TravelledObject.Is(wrapper)) ? plain : value;
}
