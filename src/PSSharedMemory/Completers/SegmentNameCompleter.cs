using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation.Language;

namespace PSSharedMemory.Commands;

/// <summary>Completes names of POSIX segments, typed with or without '/', or as a path in /dev/shm.</summary>
public class SegmentNameCompleter : ShmCompleter
{
    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters) =>
        PosixSegments.List()
            .OrderBy(static segment => segment.Name, StringComparer.Ordinal)
            .Select(static segment => (
                segment.Name!,
                $"{segment.Name}, {ShmDisplay.Size(segment.Size)}, {ModeArgument.ToText(segment.Mode)} "
                    + $"{segment.Owner}"));

    private protected override bool IsMeant(string text, string typed) =>
        base.IsMeant(text, typed) || base.IsMeant(text, PosixName.ParsePattern(
            typed.StartsWith("./", StringComparison.Ordinal) ? typed[2..] : typed));

    // After a piped target, the first position is the cmdlet's own.
    private protected override ShmCompleter? Instead(string commandName, string parameterName, CommandAst commandAst) =>
        parameterName == "Name" && IsPipedInto(commandAst) ? commandName switch
        {
            "Read-ShmData" => new DataTypeCompleter(),
            "Set-ShmSegment" => new ModeCompleter(),
            "Resize-ShmSegment" => new SizeCompleter(),
            _ => null,
        }
        : null;

    private static bool IsPipedInto(CommandAst? command) =>
        command?.Parent is PipelineAst pipeline && pipeline.PipelineElements[0] != command
        && !command.CommandElements.OfType<CommandParameterAst>()
            .Any(static one => one.ParameterName.Equals("Name", StringComparison.OrdinalIgnoreCase));
}
