using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Reflection;

namespace PSSharedMemory.Commands;

/// <summary>
/// Makes plain records (limits, checks, leaks, calls, regions, holders) again from what remoting or a job brings:
/// objects with the same properties, which cmdlets take as they take those made here.
/// </summary>
public sealed class RecordConverter : PSTypeConverter
{
    /// <summary>The types that the types file names this converter for.</summary>
    internal static readonly HashSet<Type> Types =
    [
        typeof(ShmAddressRegion), typeof(ShmCall), typeof(ShmDifference), typeof(ShmEvent), typeof(ShmHexLine),
        typeof(ShmHolder), typeof(ShmHostCheck), typeof(ShmLeak), typeof(ShmLimit), typeof(ShmMatch),
        typeof(ShmNamespace), typeof(ShmPlace), typeof(ShmRegion), typeof(ShmSegmentOrigin), typeof(ShmSharedRange),
    ];

    /// <inheritdoc/>
    public override bool CanConvertFrom(object sourceValue, Type destinationType) =>
        sourceValue is PSObject source && Types.Contains(destinationType)
        && TravelledObject.Was(source, destinationType);

    /// <inheritdoc/>
    public override object ConvertFrom(
        object sourceValue, Type destinationType, IFormatProvider formatProvider, bool ignoreCase)
    {
        var source = (PSObject)sourceValue;
        var record = Made(source, destinationType);
        foreach (var property in destinationType.GetProperties())
        {
            if (property.CanWrite && source.Properties[property.Name]?.Value is { } value)
            {
                property.SetValue(record, Conversion.To(value, property.PropertyType));
            }
        }

        return record;
    }

    // A record that is all in its constructor is made by it.
    private static object Made(PSObject source, Type type)
    {
        var constructors = type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Select(static constructor => (constructor, parameters: constructor.GetParameters())).ToArray();
        (var constructor, var parameters) = constructors.FirstOrDefault(static one => one.parameters.Length == 0);
        if (constructor is null)
        {
            (constructor, parameters) = constructors.First(one => one.parameters[0].ParameterType != type);
        }

        return constructor.Invoke(
            [.. parameters.Select(parameter => source.Properties[parameter.Name]?.Value is { } value
                ? Conversion.To(value, parameter.ParameterType)
                : null)]);
    }

    /// <inheritdoc/>
    public override bool CanConvertTo(object sourceValue, Type destinationType) => false;

    /// <inheritdoc/>
    public override object ConvertTo(
        object sourceValue, Type destinationType, IFormatProvider formatProvider, bool ignoreCase) =>
        throw new PSInvalidCastException($"Cannot convert a record to {destinationType}.");
}
