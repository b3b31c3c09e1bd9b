using System;
using System.Globalization;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Makes plain records (limits, checks, leaks, calls, regions) again from what remoting or a job brings: objects with
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
        var record = Activator.CreateInstance(destinationType)!;
        foreach (var property in destinationType.GetProperties())
        {
            if (property.CanWrite && source.Properties[property.Name]?.Value is { } value)
            {
                property.SetValue(record, LanguagePrimitives.ConvertTo(
                    value, Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType,
                    CultureInfo.InvariantCulture));
            }
        }

        return record;
    }

    /// <inheritdoc/>
    public override bool CanConvertTo(object sourceValue, Type destinationType) => false;

    /// <inheritdoc/>
    public override object ConvertTo(
        object sourceValue, Type destinationType, IFormatProvider formatProvider, bool ignoreCase) =>
        throw new PSInvalidCastException($"A record cannot be made a {destinationType}.");
}
