using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Reflection;

namespace PSSharedMemory;

/// <summary>
/// Looks into values that are to be written. This one knows dictionaries, records and plain objects; a host can derive
/// one that knows its wrappers too.
/// </summary>
public class ShmValueSource
{
    internal static readonly ShmValueSource Default = new ShmValueSource();

    /// <summary>Takes a value out of its wrapper, if it has one.</summary>
    public virtual object? Unwrap(object? value) => value;

    /// <summary>The named parts of an object; null where it isn't such an object.</summary>
    public virtual IEnumerable<KeyValuePair<string, object?>>? Members(object value) => value switch
    {
        IReadOnlyDictionary<string, object?> record => record,
        IDictionary dictionary => Entries(dictionary),
        string or System.Array => null,
        _ when value.GetType().IsPrimitive || value.GetType().IsEnum => null,
        _ => Properties(value),
    };

    private static IEnumerable<KeyValuePair<string, object?>> Entries(IDictionary dictionary)
    {
        foreach (DictionaryEntry entry in dictionary)
        {
            yield return new KeyValuePair<string, object?>(
                System.Convert.ToString(entry.Key, CultureInfo.InvariantCulture) ?? "", entry.Value);
        }
    }

    private static IEnumerable<KeyValuePair<string, object?>> Properties(object value)
    {
        const BindingFlags Public = BindingFlags.Instance | BindingFlags.Public;
        foreach (var field in value.GetType().GetFields(Public))
        {
            yield return new KeyValuePair<string, object?>(field.Name, field.GetValue(value));
        }

        foreach (var property in value.GetType().GetProperties(Public))
        {
            if (property.CanRead && property.GetIndexParameters().Length == 0)
            {
                yield return new KeyValuePair<string, object?>(property.Name, property.GetValue(value));
            }
        }
    }
}
