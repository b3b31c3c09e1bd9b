using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Adds values at the head of a list in a segment.</summary>
[Cmdlet(VerbsCommon.Add, "ShmListItem", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmListItem))]
public sealed class AddShmListItemCommand : MappingTargetCmdlet
{
    [Parameter(Position = 1, HelpMessage = "Integers of 32 bits.")]
    [AllowNull]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object?[]? Value { get; set; } = [];

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override string[] OwnPositions => [nameof(Value)];

    private protected override string[] Required => [nameof(Value)];

    private protected override bool TakesValues => true;

    private protected override ShmProtection Need => ShmProtection.Read | ShmProtection.Write;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        // From the pipeline comes what is not on the command line: targets for one value, or values for one target.
        Arrange(IsPipedTarget(InputObject, Name, IsBound(nameof(Value))));
        if (IsValuePiped)
        {
            Value = [InputObject];
        }

        base.ProcessRecord();
    }

    private protected override void Serve(ShmMapping mapping)
    {
        var list = ShmList.Open(mapping);
        foreach (var value in Value ?? [null])
        {
            Attempt(value, () => Add(list, value));
        }
    }

    private void Add(ShmList list, object? value)
    {
        var number = AtomicNumber.Value<int>(value);
        if (!ShouldProcess($"list of {list.Segment}", $"Add {number}"))
        {
            return;
        }

        var item = list.Add(number);
        if (PassThru)
        {
            WriteObject(item);
        }
    }
}
