using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation.Runspaces;

namespace PSSharedMemory.ConsoleHost;

internal enum ConsoleTask
{
    ShowPrompt,
    RunFile,
    RunCommand,
    RunStandardInput,
    ShowHelp,
    ShowVersion,
    Refuse,
}

/// <summary>What the command line asks for. The options are those of pwsh that have a meaning here.</summary>
internal sealed class CommandLine
{
    // Each with the shortest form that pwsh takes.
    private static readonly (string Name, string Shortest)[] Options =
    [
        ("help", "h"), ("version", "v"), ("file", "f"), ("command", "c"), ("commandwithargs", "cwa"),
        ("noexit", "noe"), ("nologo", "nol"), ("noninteractive", "noni"), ("noprofile", "nop"),
    ];

    private CommandLine(ConsoleTask task) => Task = task;

    public ConsoleTask Task { get; private set; }

    /// <summary>The script's full path, the command, or why the command line is refused.</summary>
    public string Text { get; private init; } = string.Empty;

    public IReadOnlyList<CommandParameter> Arguments { get; private init; } = [];

    public bool NoExit { get; private set; }

    public bool NoLogo { get; private set; }

    public bool NonInteractive { get; private set; }

    public static CommandLine Parse(string[] arguments, bool inputIsRedirected)
    {
        bool noExit = false, noLogo = false, nonInteractive = false;
        CommandLine? found = null;
        for (var i = 0; i < arguments.Length && found is null; i++)
        {
            var rest = arguments[(i + 1)..];
            switch (OptionName(arguments[i]))
            {
                case null:
                    found = File(arguments[i], rest, inputIsRedirected);
                    break;
                case "file":
                    found = rest.Length > 0
                        ? File(rest[0], rest[1..], inputIsRedirected)
                        : Refuse("-File needs the path of a script.");
                    break;
                case "command":
                    found = Command(rest, inputIsRedirected);
                    break;
                case "commandwithargs":
                    found = rest.Length > 0
                        ? new(ConsoleTask.RunCommand) { Text = rest[0], Arguments = ScriptArguments.Parse(rest[1..]) }
                        : Refuse("-CommandWithArgs needs a command.");
                    break;
                case "help":
                    found = new(ConsoleTask.ShowHelp);
                    break;
                case "version":
                    found = new(ConsoleTask.ShowVersion);
                    break;
                case "noexit":
                    noExit = true;
                    break;
                case "nologo":
                    noLogo = true;
                    break;
                case "noninteractive":
                    nonInteractive = true;
                    break;
                case "noprofile":
                    break; // there is none
                default:
                    found = Refuse($"There is no option '{arguments[i]}', and no script of that name.");
                    break;
            }
        }

        found ??= new(inputIsRedirected ? ConsoleTask.RunStandardInput : ConsoleTask.ShowPrompt);
        found.NoExit = noExit && !inputIsRedirected;
        found.NoLogo = noLogo;
        found.NonInteractive = nonInteractive;
        return found;
    }

    /// <summary>Null: not an option. Empty: it looks like one, but there is none such.</summary>
    private static string? OptionName(string argument)
    {
        if (argument is "-?" or "/?")
        {
            return "help";
        }

        if (argument.Length < 2 || argument[0] != '-' || System.IO.File.Exists(argument))
        {
            return null;
        }

        var name = argument.TrimStart('-');
        if (name.Length == 0 || argument.Length - name.Length > 2)
        {
            return string.Empty;
        }

        return Options.FirstOrDefault(o =>
            o.Name.StartsWith(name, StringComparison.OrdinalIgnoreCase)
            && (o.Name == "commandwithargs" ? name.Length > "command".Length
                : name.StartsWith(o.Shortest, StringComparison.OrdinalIgnoreCase))
            || o.Shortest.Equals(name, StringComparison.OrdinalIgnoreCase)).Name ?? string.Empty;
    }

    private static CommandLine File(string path, string[] arguments, bool inputIsRedirected)
    {
        if (path == "-" && arguments.Length == 0)
        {
            return FromStandardInput("-File", inputIsRedirected);
        }

        if (!System.IO.File.Exists(path))
        {
            return Refuse($"There is no script file '{path}'. Check the spelling of its path.");
        }

        return new(ConsoleTask.RunFile)
        {
            Text = Path.GetFullPath(path),
            Arguments = ScriptArguments.Parse(arguments),
        };
    }

    private static CommandLine Command(string[] words, bool inputIsRedirected)
    {
        if (words.Length == 0)
        {
            return Refuse("-Command needs a command.");
        }

        if (words[0] != "-")
        {
            return new(ConsoleTask.RunCommand) { Text = string.Join(' ', words) };
        }

        return words.Length == 1
            ? FromStandardInput("-Command", inputIsRedirected)
            : Refuse("-Command - takes the commands from standard input, and no other argument.");
    }

    private static CommandLine FromStandardInput(string option, bool inputIsRedirected) =>
        inputIsRedirected
            ? new(ConsoleTask.RunStandardInput)
            : Refuse($"{option} - takes the commands from standard input, but that is a terminal.");

    private static CommandLine Refuse(string why) => new(ConsoleTask.Refuse) { Text = why };
}
