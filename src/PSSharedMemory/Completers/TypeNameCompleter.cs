using System.Collections;
using System.Collections.Generic;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>The types that the declarations given to -Definition define.</summary>
public sealed class TypeNameCompleter : ShmCompleter
{
    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters)
    {
        if (boundParameters["Definition"] is not { } definition)
        {
            yield break;
        }

        var text = LanguagePrimitives.ConvertTo<string>(definition);
        foreach (var type in ShmType.TypesIn(text))
        {
            yield return (type.Name, $"{type.Kind}, {type.Size} bytes");
        }
    }
}
