using System.Collections.Generic;
using System.Management.Automation;
using System.Runtime.ExceptionServices;

namespace PSSharedMemory.Commands;

/// <summary>Tells what a script block left behind.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "ShmLeak")]
[OutputType(typeof(ShmLeak))]
public sealed class MeasureShmLeakCommand : ShmCmdlet
{
    [Parameter(Mandatory = true, Position = 0)]
    public ScriptBlock ScriptBlock { get; set; } = null!;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        ExceptionDispatchInfo? failure = null;
        IReadOnlyList<ShmLeak> leaks = [];
        Attempt(null, () =>
        {
            var before = ShmSnapshot.Take();
            using var watch = new DescendantWatch();
            try
            {
                // In the caller's own scope, as Measure-Command does; what it writes is not what is measured.
                foreach (var item in InvokeCommand.InvokeScript(useLocalScope: false, ScriptBlock, null, null))
                {
                    WriteDebug($"{item}");
                }
            }
            catch (RuntimeException error)
            {
                // What a block leaves behind when it fails is asked for above all.
                failure = ExceptionDispatchInfo.Capture(error);
            }

            leaks = before.FindLeaks(watch.Stop(), Cancellation);
        });
        foreach (var leak in leaks)
        {
            WriteObject(leak);
        }

        failure?.Throw();
    }
}
