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
        // The pass over all processes takes long: not for a name with a typing error.
        var checks = names.Count == 0 ? [] : ScanWithProgress.Run(
            this,
            "Looking for holders",
            progress => ShmHost.Check(progress, Cancellation),
            Cancellation);
        foreach (var check in checks.Where(check => names.Contains(check.Name)))
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
