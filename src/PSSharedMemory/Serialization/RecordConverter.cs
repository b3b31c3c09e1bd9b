using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Management.Automation;
using System.Reflection;

namespace PSSharedMemory.Commands;

/// <summary>
/// Makes plain records (limits, checks, leaks, calls, regions, holders) again from what remoting or a job brings: objects with
/// the same properties. As bags of properties their views would show blanks.
/// </summary>
public sealed class RecordConverter : PSTypeConverter
{
    /// <inheritdoc/>
    public override bool CanConvertFrom(object sourceValue, Type destinationType) =>
        sourceValue is PSObject source && TravelledObject.Was(source, destinationType);

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
                property.SetValue(record, Converted(value, property.PropertyType));
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

        return constructor.Invoke([.. parameters.Select(parameter => source.Properties[parameter.Name]?.Value is { } value
            ? Converted(value, parameter.ParameterType)
            : null)]);
    }

    private static object Converted(object value, Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            type = type.GenericTypeArguments[0].MakeArrayType();
        }

        return LanguagePrimitives.ConvertTo(value, type, CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public override bool CanConvertTo(object sourceValue, Type destinationType) => false;

    /// <inheritdoc/>
    public override object ConvertTo(
        object sourceValue, Type destinationType, IFormatProvider formatProvider, bool ignoreCase) =>
        throw new PSInvalidCastException($"A record cannot be made a {destinationType}.");
}
