using System;
using System.Collections.Generic;
using System.IO;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;

namespace PSSharedMemory.ConsoleHost;

/// <summary>What runs without a prompt: a script file, a command, the script on standard input.</summary>
internal static class Tasks
{
    public static int RunFile(EngineSession session, string path, IReadOnlyList<CommandParameter> arguments)
    {
        // Only a .ps1 is a script to the engine's command search; what has a #! and another name is run as text.
        var isText = !path.EndsWith(".ps1", StringComparison.OrdinalIgnoreCase);
        var script = new Command(isText ? File.ReadAllText(path) : path, isText, useLocalScope: false);
        foreach (var argument in arguments)
        {
            script.Parameters.Add(argument);
        }

        var readsInput = UsesInput(Parser.ParseFile(path, out _, out _));
        var outcome = session.Run(script, readsInput, isFile: true);
        if (session.Host.ExitRequested is int code)
        {
            return code;
        }

        // The engine takes `exit N` of a script file as that of a called one: it leaves N in $LASTEXITCODE.
        return outcome switch
        {
            Outcome.Failed => ExitCode.Failure,
            Outcome.Completed when session.FileFailed => session.LastExitCode(),
            _ => ExitCode.Success,
        };
    }

    public static int RunCommand(EngineSession session, string text, IReadOnlyList<CommandParameter> arguments)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return ExitCode.Success;
        }

        var command = new Command(text, isScript: true, useLocalScope: false);
        foreach (var argument in arguments)
        {
            command.Parameters.Add(argument);
        }

        Ast ast = Parser.ParseInput(text, out _, out _);
        return CodeOf(session, session.Run(command, readsInput: UsesInput(ast), historyText: text));
    }

    public static int RunStandardInput(EngineSession session)
    {
        var statements = new StatementReader(session.Host.Input);
        var code = ExitCode.Success;
        while (session.Host.ExitRequested is null && statements.Next() is string statement)
        {
            var command = new Command(statement, isScript: true, useLocalScope: false);
            code = CodeOf(session, session.Run(command, historyText: statement));
        }

        return code;
    }

    private static int CodeOf(EngineSession session, Outcome outcome) =>
        session.Host.ExitRequested
        ?? (outcome == Outcome.Completed && session.LastCommandSucceeded() ? ExitCode.Success : ExitCode.Failure);

    // Standard input goes to $input only where the script uses it; else it stays for what the script asks for.
    private static bool UsesInput(Ast ast) =>
        Console.IsInputRedirected
        && ast.Find(node => node is VariableExpressionAst variable
            && variable.VariablePath.UserPath.Equals("input", StringComparison.OrdinalIgnoreCase), true) is not null;
}
