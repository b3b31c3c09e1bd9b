using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Reflection;

namespace PSSharedMemory.ConsoleHost;

/// <summary>What <c>--help</c> and <c>-Version</c> say.</summary>
internal static class Usage
{
    public static string Version()
    {
        var console = typeof(Usage).Assembly.GetName().Version!.ToString(3);
        var engine = typeof(PSObject).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        return $"PSSharedMemory console {console} (PowerShell engine {engine.Split(' ', '+')[0]})";
    }

    public static string Text()
    {
        const string text = """
            A console that embeds the PowerShell engine, with the module PSSharedMemory loaded.

            usage: PSSharedMemory.Console [options] [[-File] script.ps1 [arguments]]
                   PSSharedMemory.Console [options] -Command { - | command }
                   PSSharedMemory.Console [options] -CommandWithArgs command [arguments]
                   PSSharedMemory.Console [options] < script

            Without a script or command: a prompt, or the script on standard input if that is no terminal.

              -File, -f            run a script; what follows are its arguments (-Name value, -Switch, -Name:value)
              -Command, -c         run the rest of the line as a command; - takes commands from standard input
              -CommandWithArgs     run one command; what follows is its $args
              -NoExit              show a prompt afterwards
              -NoLogo              begin the prompt without a greeting
              -NonInteractive      never ask: what would prompt is an error
              -NoProfile           taken for the sake of pwsh's users: there is no profile
              -Version, -v         show the versions of the console and of the engine
              -Help, -h, -?        show this

            The exit code is the script's (exit N), else 1 where an error ended it or the last command of
            -Command failed, else 0; 64 where the command line is wrong or the script is not there.
            """;
        var pwsh = FindPwsh();
        return pwsh is null
            ? text
            : text + Environment.NewLine + Environment.NewLine
                + $"PowerShell itself is here too ({pwsh}): Import-Module {ModuleLocator.Find() ?? "PSSharedMemory"}";
    }

    private static string? FindPwsh() =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Join(folder, "pwsh"))
            .FirstOrDefault(File.Exists);
}
