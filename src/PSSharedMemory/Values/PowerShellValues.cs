using System.Collections.Generic;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Values as scripts hand them over: in PSObject wrappers, as hashtables and as PSCustomObjects.</summary>
internal sealed class PowerShellValues : ShmValueSource
{
    public static readonly PowerShellValues Instance = new();

    public override object? Unwrap(object? value) =>
        value is PSObject wrapper ? (wrapper.BaseObject is PSCustomObject ? wrapper : wrapper.BaseObject) : value;

    public override IEnumerable<KeyValuePair<string, object?>>? Members(object value) =>
        value is PSObject { BaseObject: PSCustomObject } custom ? Properties(custom) : base.Members(Unwrap(value)!);

    private static IEnumerable<KeyValuePair<string, object?>> Properties(PSObject custom)
    {
        foreach (var property in custom.Properties)
        {
            yield return new KeyValuePair<string, object?>(property.Name, property.Value);
        }
    }
}
