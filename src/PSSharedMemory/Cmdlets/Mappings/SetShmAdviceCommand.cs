using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Tells the kernel how pages of a mapping are going to be used.</summary>
[Cmdlet(VerbsCommon.Set, "ShmAdvice", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
public sealed class SetShmAdviceCommand : MappingPagesCmdlet
{
    private bool _yesToAll;
    private bool _noToAll;

    [Parameter(Position = 1, HelpMessage = "How the pages will be used.")]
    [Choice(typeof(ShmAdvice))]
    [ArgumentCompleter(typeof(AdviceCompleter))]
    public string Advice { get; set; } = "";

    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override string[] OwnPositions => [nameof(Advice)];

    private protected override string[] Required => OwnPositions;

    private protected override void Serve(ShmMapping mapping, long offset, long length)
    {
        var advice = ChoiceAttribute.Of<ShmAdvice>(Advice);
        if (ShouldProcess($"{mapping}", $"Advise {Advice} {RangeText}") && MayLose(mapping, advice))
        {
            mapping.Advise(advice, offset, length, Cancellation);
            WriteVerbose($"madvise: {Advice} {RangeText} of {mapping}.");
        }
    }

    private bool MayLose(ShmMapping mapping, ShmAdvice advice) => Force || !mapping.LosesData(advice) || ShouldContinue(
        advice == ShmAdvice.Remove
            ? $"The bytes {RangeText} of {mapping.Segment} become 0, for every process that holds it."
            : $"What was written to {mapping} {RangeText} is lost: it is a copy-on-write mapping.",
        "Lose data",
        ref _yesToAll,
        ref _noToAll);
}
