using System;
using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Takes owners as they are asked for: names with wildcards, or numbers. A name that no account of this host has owns
/// nothing, and is a slip of the pen.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OwnerPatternAttribute : ArgumentTransformationAttribute
{
    private static readonly UserIdAttribute Users = new();

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var input = PlainObject.Of(inputData);
        foreach (var one in input is IList list ? list : new[] { input })
        {
            var owner = Convert.ToString(PlainObject.Of(one), CultureInfo.InvariantCulture);
            if (!string.IsNullOrEmpty(owner) && !WildcardPattern.ContainsWildcardCharacters(owner))
            {
                Users.Transform(engineIntrinsics, owner);
            }
        }

        return inputData;
    }
}
