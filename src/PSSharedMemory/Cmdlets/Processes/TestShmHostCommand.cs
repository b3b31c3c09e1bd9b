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
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing() => Attempt(null, () =>
    {
        var patterns = Name?.Select(static name => WildcardPattern.Get(name, WildcardOptions.IgnoreCase)).ToArray();
        var scan = ProcessPass.Run(
            this,
            "Looking for holders",
            progress => ShmAttachments.Scan(null, null, withUsage: false, progress, Cancellation),
            Cancellation);
        foreach (var check in HostChecks.Run(HostFacts.Read(scan)))
        {
            if (patterns is null || patterns.Any(pattern => pattern.IsMatch(check.Name)))
            {
                WriteObject(check);
            }
        }
    });
}
