using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Checks whether this host is fit for shared memory.</summary>
[Cmdlet(VerbsDiagnostic.Test, "ShmHost")]
[OutputType(typeof(ShmHostCheck))]
public sealed class TestShmHostCommand : ShmCmdlet
{
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CheckNameCompleter))]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing() => Attempt(null, () =>
    {
        var wanted = new NamePatterns(Name);
        var checks = ScanWithProgress.Run(
            this,
            "Looking for holders",
            progress => ShmHost.Check(progress, Cancellation),
            Cancellation);
        foreach (var check in checks)
        {
            if (wanted.Take(check.Name))
            {
                WriteObject(check with { Fix = ErrorAdvice.Fix(check) });
            }
        }

        foreach (var name in wanted.Missing)
        {
            WriteError(ErrorRecords.FromMissingName(name, "check", "Test-ShmHost | Select-Object Name"));
        }
    });
}
