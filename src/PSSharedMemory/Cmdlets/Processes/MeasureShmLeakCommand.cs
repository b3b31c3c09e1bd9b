using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Runtime.ExceptionServices;

namespace PSSharedMemory.Commands;

/// <summary>Tells what a script block or a program left behind.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "ShmLeak", DefaultParameterSetName = BlockSet)]
[OutputType(typeof(ShmLeak))]
public sealed class MeasureShmLeakCommand : ShmCmdlet
{
    private const string BlockSet = "ScriptBlock";
    private const string CommandSet = "Command";

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = BlockSet, HelpMessage = "The script block to run.")]
    public ScriptBlock ScriptBlock { get; set; } = null!;

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = CommandSet, HelpMessage = "The program to run.")]
    public string FilePath { get; set; } = "";

    [Parameter(Position = 1, ParameterSetName = CommandSet)]
    public string[] ArgumentList { get; set; } = [];

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        ExceptionDispatchInfo? failure = null;
        ShmLeakBaseline? before = null;
        IReadOnlyList<ShmLeak> leaks = [];
        Attempt(null, () =>
        {
            before = ShmLeakBaseline.Take();
            using var watch = new DescendantWatch();
            try
            {
                foreach (var item in Run())
                {
                    // What it writes is not what is measured.
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
            WriteRow(leak);
        }

        if (before is not null)
        {
            TellFailures(before.Unlisted);
        }

        failure?.Throw();
    }

    // A block runs in the caller's own scope, as with Measure-Command. A command is found and run as PowerShell does
    // it.
    private Collection<PSObject> Run() => ParameterSetName == BlockSet
        ? InvokeCommand.InvokeScript(useLocalScope: false, ScriptBlock, null, null)
        : InvokeCommand.InvokeScript(
            useLocalScope: true, ScriptBlock.Create("param($FilePath, $ArgumentList) & $FilePath @ArgumentList"), null,
            FilePath, ArgumentList);
}
