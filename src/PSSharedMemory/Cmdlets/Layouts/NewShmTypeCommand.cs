using System;
using System.Collections.Generic;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Makes a type from C declarations, or from a class.</summary>
[Cmdlet(VerbsCommon.New, "ShmType")]
[OutputType(typeof(ShmType))]
public sealed class NewShmTypeCommand : ShmCmdlet
{
    private readonly List<string> _lines = [];

    /// <summary>C declarations, as one text or line by line; or .NET types.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, HelpMessage = "C declarations, as text.")]
    [AllowEmptyString]
    [AllowEmptyCollection]
    [AllowNull]
    public object?[]? Definition { get; set; }

    /// <summary>Which of several types; the last struct or union if not given.</summary>
    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(TypeNameCompleter))]
    public string? Name { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var item in Definition ?? [])
        {
            var value = PlainObject.Of(item);
            if (value is Type type)
            {
                Attempt(type, () => WriteObject(Named(ShmType.FromType(type))));
            }
            else
            {
                _lines.Add(LanguagePrimitives.ConvertTo<string>(value));
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_lines.Count == 0)
        {
            return;
        }

        var text = string.Join('\n', _lines);
        Attempt(
            text, () => WriteObject(ShmType.Parse(text, string.IsNullOrEmpty(Name) ? null : Name, null, Cancellation)));
    }

    private ShmType Named(ShmType type) => string.IsNullOrEmpty(Name) ? type : type.WithName(Name);
}
