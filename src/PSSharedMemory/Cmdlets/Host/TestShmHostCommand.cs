using System.Linq;
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
        var names = ShmHost.CheckNames.Where(wanted.Take).ToHashSet();
        // The pass over all processes takes long: only for checks that go by what it finds.
        var checks = ShmHost.ReadsProcesses(names)
            ? ScanWithProgress.Run(
                this,
                "Looking for holders",
                progress => ShmHost.Check(names, progress, Cancellation),
                Cancellation)
            : ShmHost.Check(names, cancellation: Cancellation);
        foreach (var check in checks)
        {
            WriteObject(check.WithFix(ErrorAdvice.Fix(check)));
        }

        foreach (var name in wanted.Missing)
        {
            WriteError(ErrorRecords.FromMissingName(
                name, "check", "Test-ShmHost | Select-Object Name", ShmHost.CheckNames));
        }
    });
}
