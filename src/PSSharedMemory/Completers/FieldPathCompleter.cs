using System.Collections;
using System.Collections.Generic;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>The fields of the type given to -As, and those within them.</summary>
public sealed class FieldPathCompleter : ShmCompleter
{
    private const int MaximumCount = 500;

    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters)
    {
        if (Layout(boundParameters["As"]) is not { } type)
        {
            yield break;
        }

        var count = 0;
        foreach ((var path, var field) in ShmTypeDisplay.Paths(type))
        {
            if (count++ >= MaximumCount)
            {
                yield break;
            }

            yield return (path, $"{field}, offset {field.Offset}, {field.Size} bytes");
        }
    }

    private static ShmType? Layout(object? argument)
    {
        try
        {
            return TypeArgument.Of(argument)?.Layout;
        }
        catch (PSInvalidCastException)
        {
            return null;
        }
    }
}
