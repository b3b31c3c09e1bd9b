namespace PSSharedMemory.ConsoleHost;

/// <summary>The exit codes that are the console's own; they are those of pwsh.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>An error that nothing caught, or a last command that failed.</summary>
    public const int Failure = 1;

    /// <summary>An option that is none, or a script that is not there (EX_USAGE).</summary>
    public const int BadCommandLine = 64;

    /// <summary>The module is not there or cannot be loaded (EX_SOFTWARE, as pwsh ends when it cannot start).</summary>
    public const int NoModule = 70;
}
