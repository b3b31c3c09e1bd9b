using System;

namespace PSSharedMemory.ConsoleHost;

/// <summary>The way in: what the command line asks for is done, and its exit code given.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        var line = CommandLine.Parse(arguments, Console.IsInputRedirected);
        switch (line.Task)
        {
            case ConsoleTask.Refuse:
                Console.Error.WriteLine(line.Text);
                Console.Error.WriteLine("--help shows the usage.");
                return ExitCode.BadCommandLine;
            case ConsoleTask.ShowHelp:
                Console.Out.WriteLine(Usage.Text());
                return ExitCode.Success;
            case ConsoleTask.ShowVersion:
                Console.Out.WriteLine(Usage.Version());
                return ExitCode.Success;
        }

        var host = new EngineHost(line.NonInteractive);
        using var session = EngineSession.Open(host);
        using var interrupts = new Interrupts(session);
        if (!ModuleLocator.Import(session))
        {
            return ExitCode.NoModule;
        }

        if (!Console.IsInputRedirected)
        {
            host.NestedPrompt = () => new PromptLoop(session).RunNested();
        }

        var code = line.Task switch
        {
            ConsoleTask.RunFile => Tasks.RunFile(session, line.Text, line.Arguments),
            ConsoleTask.RunCommand => Tasks.RunCommand(session, line.Text, line.Arguments),
            ConsoleTask.RunStandardInput => Tasks.RunStandardInput(session),
            _ => ExitCode.Success,
        };
        if (host.ExitRequested is null && (line.Task == ConsoleTask.ShowPrompt || line.NoExit))
        {
            if (!line.NoLogo && line.Task == ConsoleTask.ShowPrompt)
            {
                host.UI.WriteLine(Usage.Version() + Environment.NewLine);
            }

            code = new PromptLoop(session).Run();
        }

        // A script may ask its host to end while it goes on; what it asked for stands.
        return host.ExitRequested ?? code;
    }
}
