using System;
using System.Collections.Generic;
using System.IO;
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

        var given = string.Join('\n', _lines);
        Attempt(given, () =>
        {
            var text = IsPath(given) ? File.ReadAllText(FileSystemPath(given)) : given;
            WriteObject(ShmType.Parse(text, string.IsNullOrEmpty(Name) ? null : Name, null, Cancellation));
        });
    }

    // No declaration begins as a path does, or ends as the name of a header.
    private static bool IsPath(string text) => !text.AsSpan().ContainsAny("\n;{")
        && (text is ['/', not '/' and not '*', ..] or ['.' or '~', '/', ..] or ['.', '.', '/', ..]
            || text.EndsWith(".h", StringComparison.Ordinal) || text.EndsWith(".hpp", StringComparison.Ordinal));

    private ShmType Named(ShmType type) => string.IsNullOrEmpty(Name) ? type : type.WithName(Name);
}
