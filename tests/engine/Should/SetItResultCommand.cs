using System;
using System.Management.Automation;

namespace PSSharedMemory.EngineTests.Should;

/// <summary>Ends the test it stands in as skipped or inconclusive, by an error that the runner knows.</summary>
[Cmdlet(VerbsCommon.Set, "ItResult")]
public sealed class SetItResultCommand : PSCmdlet
{
    [Parameter(Mandatory = true, ParameterSetName = nameof(Inconclusive))]
    public SwitchParameter Inconclusive { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = nameof(Skipped))]
    public SwitchParameter Skipped { get; set; }

    [Parameter]
    public string? Because { get; set; }

    protected override void EndProcessing()
    {
        var word = Skipped ? nameof(Skipped) : nameof(Inconclusive);
        var reason = string.IsNullOrWhiteSpace(Because) ? $"{word} by Set-ItResult" : Because;
        ThrowTerminatingError(new ErrorRecord(new OperationCanceledException(reason), $"PesterTest{word}",
            ErrorCategory.OperationStopped, null));
    }
}
