using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace PSSharedMemory;

/// <summary>
/// The fields of a .NET struct that is written by its own type. They are what lies in memory, private ones too;
/// properties, which may say anything else, do not count.
/// </summary>
internal static class ClrFields
{
    private const BindingFlags All = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>Each field of the layout with its value; null where the value isn't of the layout's own type.</summary>
    [UnconditionalSuppressMessage(
        "Trimming", "IL2075", Justification = "Who made a layout of the type has been told that it needs its fields.")]
    public static IReadOnlyList<KeyValuePair<string, object?>>? Of(ShmType layout, object value)
    {
        if (layout.ClrType is not { IsValueType: true } type || type != value.GetType())
        {
            return null;
        }

        var fields = new List<KeyValuePair<string, object?>>(layout.Fields.Count);
        foreach (var field in layout.Fields)
        {
            var found = type.GetField(field.Name, All) ?? type.GetField($"<{field.Name}>k__BackingField", All);
            if (found is null)
            {
                return null;
            }

            fields.Add(new(field.Name, found.GetValue(value)));
        }

        return fields;
    }
}
