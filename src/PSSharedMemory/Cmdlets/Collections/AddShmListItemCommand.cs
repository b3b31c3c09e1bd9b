using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Adds values at the head of a list in a segment.</summary>
[Cmdlet(VerbsCommon.Add, "ShmListItem", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Mapping)]
[OutputType(typeof(ShmListItem))]
public sealed class AddShmListItemCommand : MappingTargetCmdlet
{
    // From the pipeline comes what is not on the command line: mappings to one value, or values to one mapping.
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true)]
    public object[] Value { get; set; } = [];

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override ShmProtection Need => ShmProtection.Read | ShmProtection.Write;

    private protected override void Serve(ShmMapping mapping)
    {
        var list = ShmList.Open(mapping);
        foreach (var value in Value)
        {
            Attempt(value, () => Add(list, value));
        }
    }

    private void Add(ShmList list, object value)
    {
        var number = AtomicNumber.Value<int>(value);
        if (!ShouldProcess($"{list}", $"Add {number}"))
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
