using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Tells the kernel how pages of a mapping are going to be used.</summary>
[Cmdlet(VerbsCommon.Set, "ShmAdvice", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
public sealed class SetShmAdviceCommand : MappingPagesCmdlet
{
    private bool _yesToAll;
    private bool _noToAll;

    [Parameter(Position = 1, HelpMessage = "How the pages are going to be used.")]
    [ArgumentCompleter(typeof(AdviceCompleter))]
    public ShmAdvice Advice { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override string[] OwnPositions => [nameof(Advice)];

    private protected override string[] Required => OwnPositions;

    private protected override void Serve(ShmMapping mapping, long offset, long length)
    {
        if (ShouldProcess($"{mapping}", $"Advise {Advice} {RangeText}") && MayLose(mapping))
        {
            mapping.Advise(Advice, offset, length, Cancellation);
            WriteVerbose($"madvise: {Advice} {RangeText} of {mapping}.");
        }
    }

    private bool MayLose(ShmMapping mapping) => Force || !mapping.LosesData(Advice) || ShouldContinue(
        Advice == ShmAdvice.Remove
            ? $"The bytes {RangeText} of {mapping.Segment} become 0, for every process that holds it."
            : $"What was written to {mapping} {RangeText} is lost: it is a copy-on-write mapping.",
        "Lose data",
        ref _yesToAll,
        ref _noToAll);
}
