using System.Collections.Generic;
using System.Globalization;
using System.Management.Automation;
using System.Numerics;

namespace PSSharedMemory.Commands;

/// <summary>Values as scripts hand them over: in PSObject wrappers, as hashtables and as PSCustomObjects.</summary>
internal sealed class PowerShellValues : ShmValueSource
{
    public static readonly PowerShellValues Instance = new();

    public override object? Unwrap(object? value) => value switch
    {
        PSObject { BaseObject: PSCustomObject } custom => Number(custom) ?? custom,
        PSObject wrapper => wrapper.BaseObject,
        _ => value,
    };

    public override IEnumerable<KeyValuePair<string, object?>>? Members(object value) =>
        value is PSObject { BaseObject: PSCustomObject } custom ? Properties(custom) : base.Members(Unwrap(value)!);

    /// <summary>
    /// The number in what JSON and jobs make of a pointer, which is an object with its <c>Value</c>, and of an integer
    /// of 128 bits; null for any other object.
    /// </summary>
    private static object? Number(PSObject custom)
    {
        if (custom.TypeNames.Contains("Deserialized.System.Numerics.BigInteger")
            && BigInteger.TryParse(custom.ToString(), NumberStyles.Integer, CultureInfo.InvariantCulture, out var big))
        {
            return big;
        }

        object? only = null;
        foreach (var property in custom.Properties)
        {
            if (only is not null || property.Name != nameof(ShmAddress.Value))
            {
                return null;
            }

            only = property.Value is PSObject inner ? inner.BaseObject : property.Value;
        }

        return only is long or ulong or int or uint or BigInteger ? only : null;
    }

    private static IEnumerable<KeyValuePair<string, object?>> Properties(PSObject custom)
    {
        foreach (var property in custom.Properties)
        {
            yield return new KeyValuePair<string, object?>(property.Name, property.Value);
        }
    }
}
